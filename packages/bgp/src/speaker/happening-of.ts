import type { SessionHappening } from '../session/session-state.ts';
import type { Received } from './message-channel.ts';

/** What it means for the session that this was read of a connection. */
export function happeningOf(connection: number, received: Received): SessionHappening {
  if ('fault' in received) return { kind: 'fault', connection, notification: received.fault };
  const { message } = received;
  switch (message.type) {
    case 'OPEN':
      return { kind: 'open', connection, open: message };
    case 'KEEPALIVE':
      return { kind: 'keepalive', connection };
    case 'NOTIFICATION':
      return { kind: 'notification', connection, notification: message };
    case 'ROUTE-REFRESH':
      return { kind: 'route-refresh', connection, message };
    case 'UPDATE':
      return { kind: 'update', connection };
  }
}
