import type { Family } from '../codec/family.ts';
import type { NotificationMessage, OpenMessage } from '../codec/messages.ts';
import { CEASE } from '../codec/notification-codes.ts';
import { retentionOf } from './graceful-restart.ts';
import { cease } from './notifications.ts';
import { openOf } from './our-open.ts';
import {
  type Connection,
  type ConnectionSide,
  type EndReason,
  type Moment,
  phaseOf,
  type SessionEffect,
  type SessionPhase,
  type SessionState,
} from './session-state.ts';

/** One turn of the machine: the state so far, what is to be done so far, and the moment it happens at. */
export interface Turn {
  readonly at: Moment;
  readonly phaseBefore: SessionPhase;
  state: SessionState;
  readonly effects: SessionEffect[];
}

export function beginTurn(state: SessionState, at: Moment): Turn {
  return { at, phaseBefore: phaseOf(state), state, effects: [] };
}

/** Adds what follows from the state alone: its change, and when to wake. */
export function finishTurn(turn: Turn): [SessionState, readonly SessionEffect[]] {
  const phase = phaseOf(turn.state);
  if (phase !== turn.phaseBefore) {
    turn.effects.push({ kind: 'phase', from: turn.phaseBefore, to: phase });
  }
  const wakeAtMs = earliest(turn.state);
  if (wakeAtMs !== turn.state.wakeAtMs) {
    set(turn, { wakeAtMs });
    turn.effects.push({ kind: 'wake-at', atMs: wakeAtMs });
  }
  return [turn.state, turn.effects];
}

function earliest(state: SessionState): number | undefined {
  const { retryAtMs, idleUntilMs, stale, restartingUntilMs, connections } = state;
  let first = Infinity;
  const consider = (atMs: number | undefined): void => {
    if (atMs !== undefined && atMs < first) first = atMs;
  };
  for (const atMs of [retryAtMs, idleUntilMs, stale?.untilMs, restartingUntilMs]) consider(atMs);
  for (const { openAtMs, holdAtMs, keepaliveAtMs, sendHoldAtMs } of connections) {
    for (const atMs of [openAtMs, holdAtMs, keepaliveAtMs, sendHoldAtMs]) consider(atMs);
  }
  return first === Infinity ? undefined : first;
}

/** Changes the state. */
export function set(turn: Turn, by: Partial<SessionState>): void {
  turn.state = { ...turn.state, ...by };
}

/** The connection of that number, unless it is over. */
export function connectionOf(turn: Turn, id: number): Connection | undefined {
  return turn.state.connections.find((connection) => connection.id === id);
}

/** Changes one connection; gives it as it is then. */
export function change(turn: Turn, before: Connection, by: Partial<Connection>): Connection {
  const after = { ...before, ...by };
  const connections = turn.state.connections.map((each) => (each.id === before.id ? after : each));
  set(turn, { connections });
  return after;
}

/** A new connection, under the next number. */
function addConnection(turn: Turn, side: ConnectionSide): Connection {
  const id = turn.state.made + 1;
  const connection: Connection = {
    id,
    side,
    stage: 'dialing',
    openAtMs: undefined,
    holdAtMs: undefined,
    keepaliveAtMs: undefined,
    sendHoldAtMs: undefined,
    establishedAtMs: undefined,
    terms: undefined,
  };
  set(turn, { made: id, connections: [...turn.state.connections, connection] });
  return connection;
}

/** Begins an attempt; ConnectRetryTimer says how long it may last. */
export function dial(turn: Turn): void {
  const { id } = addConnection(turn, 'outgoing');
  set(turn, { retryAtMs: turn.at.nowMs + turn.state.settings.connectTimeoutMs });
  turn.effects.push({ kind: 'dial', connection: id });
}

/** Takes the connection that the peer began. */
export function adopt(turn: Turn): void {
  const connection = addConnection(turn, 'incoming');
  turn.effects.push({ kind: 'adopt', connection: connection.id });
  greet(turn, connection);
}

/** There is a TCP connection: sends the OPEN, or waits for the peer's. */
export function greet(turn: Turn, connection: Connection): void {
  const { delayOpenMs } = turn.state.settings;
  // What waited for the next attempt, or watched over this one, has its end; another attempt that is under way keeps its own.
  const dialing = turn.state.connections.some(
    ({ id, stage }) => stage === 'dialing' && id !== connection.id,
  );
  if (!dialing) set(turn, { retryAtMs: undefined });
  if (delayOpenMs === 0) sendOpen(turn, connection);
  else change(turn, connection, { stage: 'delaying', openAtMs: turn.at.nowMs + delayOpenMs });
}

/** Sends our OPEN; the peer has a while to send its own. */
export function sendOpen(turn: Turn, connection: Connection): Connection {
  const { settings, restartingUntilMs } = turn.state;
  const open = openOf(settings, restartingUntilMs !== undefined);
  turn.effects.push({ kind: 'send', connection: connection.id, message: open });
  return change(turn, connection, {
    stage: 'OpenSent',
    openAtMs: undefined,
    holdAtMs: turn.at.nowMs + settings.openHoldMs,
  });
}

/** Sends a KEEPALIVE and sets the time of the next, jittered so that many sessions do not fall into step (RFC 4271 §10). */
export function sendKeepalive(turn: Turn, connection: Connection): Connection {
  turn.effects.push({ kind: 'send', connection: connection.id, message: { type: 'KEEPALIVE' } });
  const intervalMs = connection.terms?.keepaliveMs ?? 0;
  const keepaliveAtMs = intervalMs === 0 ? undefined : turn.at.nowMs + jittered(turn, intervalMs);
  return change(turn, connection, { keepaliveAtMs });
}

/** Something came from the peer: it lives (HoldTimer). */
export function heard(turn: Turn, connection: Connection): Connection {
  const holdMs = connection.terms?.holdMs ?? 0;
  return change(turn, connection, { holdAtMs: holdMs === 0 ? undefined : turn.at.nowMs + holdMs });
}

/** Between three quarters and the whole (RFC 4271 §10). */
function jittered(turn: Turn, ms: number): number {
  return ms * (0.75 + 0.25 * turn.at.random);
}

// --- ends ------------------------------------------------------------------------------------------------------------------------

/** What an end leads to when no connection is left: another attempt, or a rest in Idle first. */
export type Aftermath = 'retry' | 'idle-hold' | 'nothing';

/** Ends a connection with a word to the peer; an attempt, which has nobody to say it to, is given up. `open`: see `EndReason`. */
export function notify(
  turn: Turn,
  connection: Connection,
  notification: NotificationMessage,
  aftermath: Aftermath,
  open?: OpenMessage,
): void {
  if (connection.stage === 'dialing') {
    end(turn, connection, { kind: 'given-up' }, aftermath);
    return;
  }
  turn.effects.push({ kind: 'send', connection: connection.id, message: notification });
  const refused = open === undefined ? {} : { open };
  end(turn, connection, { kind: 'notification-sent', notification, ...refused }, aftermath);
}

/** The other connection with the same peer stays (RFC 4271 §6.8). */
export function yieldTo(turn: Turn, loser: Connection): void {
  notify(turn, loser, cease(CEASE.CONNECTION_COLLISION_RESOLUTION), 'nothing');
}

/** Ends a connection. */
export function end(
  turn: Turn,
  connection: Connection,
  reason: EndReason,
  aftermath: Aftermath,
): void {
  const { id, side, stage, establishedAtMs, sendHoldAtMs } = connection;
  const established = stage === 'Established';
  turn.effects.push({ kind: 'close', connection: id, abort: sendHoldAtMs !== undefined });
  set(turn, { connections: turn.state.connections.filter((each) => each.id !== id) });
  const retained = established ? retain(turn, connection, reason) : [];
  turn.effects.push({ kind: 'ended', connection: id, side, reason, established, retained });
  const { settings } = turn.state;
  if (establishedAtMs !== undefined && turn.at.nowMs - establishedAtMs >= settings.stableMs) {
    set(turn, { failures: 0 });
  }
  if (stage === 'dialing') set(turn, { retryAtMs: undefined });
  if (aftermath !== 'nothing' && turn.state.connections.length === 0) goOn(turn, aftermath);
}

function goOn(turn: Turn, aftermath: 'retry' | 'idle-hold'): void {
  const { failures, settings } = turn.state;
  const { retryFirstMs, connectRetryMs, mode } = settings;
  const waitMs = jittered(turn, Math.min(connectRetryMs, retryFirstMs * 2 ** failures));
  const atMs = turn.at.nowMs + waitMs;
  set(turn, { failures: failures + 1 });
  if (aftermath === 'idle-hold') set(turn, { idleUntilMs: atMs });
  else if (mode !== 'passive') set(turn, { retryAtMs: atMs });
}

/** Which routes of the peer stay as stale. Those that were stale before do not: they had their chance (RFC 4724 §4.2). */
function retain(turn: Turn, connection: Connection, reason: EndReason): readonly Family[] {
  const retention = retentionOf(connection.terms, reason);
  const { stale } = turn.state;
  if (stale !== undefined && retention !== undefined) {
    turn.effects.push({ kind: 'flush-stale', families: stale.families });
  }
  set(turn, {
    stale:
      retention === undefined
        ? undefined
        : { families: retention.families, untilMs: turn.at.nowMs + retention.restartMs },
  });
  return retention?.families ?? [];
}
