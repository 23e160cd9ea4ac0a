import { explainNotification } from '../codec/notification.ts';
import type { EndReason } from '../session/session-state.ts';

/** Why a connection ended, in a line for people. Safe to print whatever the peer sent. */
export function explainEnd(reason: EndReason): string {
  switch (reason.kind) {
    case 'notification-sent':
      return `we said: ${explainNotification(reason.notification)}`;
    case 'notification-received':
      return `the peer said: ${explainNotification(reason.notification)}`;
    case 'disconnected':
      return reason.error === undefined
        ? 'the peer closed the connection'
        : `the connection failed: ${reason.error}`;
    case 'connect-timeout':
      return 'no answer in time';
    case 'given-up':
      return 'the attempt was no longer wanted';
    case 'restart':
      return 'we restart';
    case 'replaced':
      return 'the peer has connected anew';
  }
}
