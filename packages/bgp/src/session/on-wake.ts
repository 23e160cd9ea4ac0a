import { NOTIFICATION } from '../codec/notification-codes.ts';
import { notificationOf } from '../codec/notification.ts';
import type { Connection } from './session-state.ts';
import { dial, end, notify, sendKeepalive, sendOpen, set, type Turn } from './session-turn.ts';

/** Events 9 to 13, and the timers of RFC 4724 and 9687: does all that is due. `begin` leaves Idle. */
export function onWake(turn: Turn, begin: () => void): void {
  set(turn, { wakeAtMs: undefined });
  for (const connection of turn.state.connections) wakeConnection(turn, connection);
  const { retryAtMs, idleUntilMs, stale, restartingUntilMs } = turn.state;
  if (isDue(turn, stale?.untilMs)) {
    turn.effects.push({ kind: 'flush-stale', families: stale?.families ?? [] });
    set(turn, { stale: undefined });
  }
  if (isDue(turn, restartingUntilMs)) set(turn, { restartingUntilMs: undefined });
  if (isDue(turn, retryAtMs)) onRetry(turn);
  if (isDue(turn, idleUntilMs)) {
    set(turn, { idleUntilMs: undefined });
    begin();
  }
}

function isDue(turn: Turn, atMs: number | undefined): boolean {
  return atMs !== undefined && atMs <= turn.at.nowMs;
}

function wakeConnection(turn: Turn, connection: Connection): void {
  if (isDue(turn, connection.holdAtMs)) {
    notify(turn, connection, notificationOf(NOTIFICATION.HOLD_TIMER_EXPIRED), 'idle-hold');
  } else if (isDue(turn, connection.sendHoldAtMs)) {
    notify(turn, connection, notificationOf(NOTIFICATION.SEND_HOLD_TIMER_EXPIRED), 'idle-hold');
  } else if (isDue(turn, connection.openAtMs)) {
    sendOpen(turn, connection);
  } else if (isDue(turn, connection.keepaliveAtMs)) {
    sendKeepalive(turn, connection);
  }
}

/** Event 9: the attempt has lasted too long, or the next is due. */
function onRetry(turn: Turn): void {
  const attempt = turn.state.connections.find(({ stage }) => stage === 'dialing');
  set(turn, { retryAtMs: undefined });
  if (attempt !== undefined) {
    end(turn, attempt, { kind: 'connect-timeout' }, 'nothing');
    set(turn, { failures: turn.state.failures + 1 });
  }
  if (turn.state.connections.length === 0) dial(turn);
}
