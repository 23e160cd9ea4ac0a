import { hardReset, shutdownNotification } from '../codec/notification.ts';
import type { NotificationMessage } from '../codec/messages.ts';
import { CEASE } from '../codec/notification-codes.ts';
import { cease } from './notifications.ts';
import {
  onEndOfRib,
  onFault,
  onKeepalive,
  onNotification,
  onOpen,
  onRouteRefresh,
  onUpdate,
} from './on-message.ts';
import { onWake } from './on-wake.ts';
import {
  type Connection,
  phaseOf,
  type SessionEffect,
  type SessionInput,
  type SessionState,
} from './session-state.ts';
import {
  adopt,
  beginTurn,
  change,
  connectionOf,
  dial,
  end,
  finishTurn,
  greet,
  notify,
  sendKeepalive,
  set,
  type Turn,
  yieldTo,
} from './session-turn.ts';

/** The state machine's signature. */
export type SessionStep = (
  state: SessionState,
  input: SessionInput,
) => [SessionState, readonly SessionEffect[]];

/**
 * One session with one peer as a pure machine: RFC 4271 §8, with both connections that two peers may have for a moment in one state, so that a collision is
 * decided where all is known.
 *
 * Where it differs from the letter of §8.2.2, which leaves this to the implementation or is silent:
 * - An attempt that fails, and a session whose TCP connection just broke, lead to Active with a growing, jittered delay: we listen, and dial again after it.
 *   Only an error in the protocol, or a NOTIFICATION, leads to a rest in Idle (IdleHoldTimer, DampPeerOscillations), which grows in the same way.
 * - An incoming connection beside an established session is refused at once, not tracked until its OPEN. It may mean that the peer has restarted and we
 *   have not heard yet: the KEEPALIVE that is sent on the old connection then finds out.
 * - A second incoming connection takes the place of the first, while neither is established: no peer means both.
 * - A NOTIFICATION may be sent before our OPEN (SendNOTIFICATIONwithoutOPEN).
 */
export const sessionStep: SessionStep = (before, input) => {
  const turn = beginTurn(before, input.at);
  react(turn, input);
  return finishTurn(turn);
};

function react(turn: Turn, input: SessionInput): void {
  switch (input.kind) {
    case 'start':
      return onStart(turn, input.restarted ?? false);
    case 'stop':
      return onStop(turn, input.how, input.message ?? '');
    case 'reset':
      return onReset(turn, input.notification);
    case 'retry-times': {
      const { connectRetryMs, retryFirstMs } = input;
      const { settings } = turn.state;
      return set(turn, { settings: { ...settings, connectRetryMs, retryFirstMs } });
    }
    case 'wake':
      return onWake(turn, () => begin(turn));
    case 'accepted':
      return onAccepted(turn);
    case 'told-everything':
      return set(turn, { restartingUntilMs: undefined });
    default: {
      const connection = connectionOf(turn, input.connection);
      if (connection !== undefined) onConnection(turn, connection, input);
    }
  }
}

type OfConnection = Extract<SessionInput, { readonly connection: number }>;

function onConnection(turn: Turn, connection: Connection, input: OfConnection): void {
  switch (input.kind) {
    case 'connected':
      if (connection.stage === 'dialing') greet(turn, connection);
      return;
    case 'disconnected':
      return end(turn, connection, { kind: 'disconnected', error: input.error }, 'retry');
    default:
      // Nothing can be said before there is a connection: then it is the shell's mistake, and means nothing.
      if (connection.stage !== 'dialing') onTraffic(turn, connection, input);
  }
}

function onTraffic(turn: Turn, connection: Connection, input: OfConnection): void {
  switch (input.kind) {
    case 'stalled':
      return onStalled(turn, connection);
    case 'flowing':
      change(turn, connection, { sendHoldAtMs: undefined });
      return;
    case 'open':
      return onOpen(turn, connection, input.open);
    case 'keepalive':
      return onKeepalive(turn, connection);
    case 'update':
      return onUpdate(turn, connection);
    case 'end-of-rib':
      return onEndOfRib(turn, connection, input.family);
    case 'route-refresh':
      return onRouteRefresh(turn, connection, input.message);
    case 'notification':
      return onNotification(turn, connection, input.notification);
    case 'fault':
      return onFault(turn, connection, input.notification);
    default:
  }
}

function onStalled(turn: Turn, connection: Connection): void {
  if (connection.sendHoldAtMs !== undefined) return;
  change(turn, connection, { sendHoldAtMs: turn.at.nowMs + turn.state.settings.sendHoldMs });
}

function onStart(turn: Turn, restarted: boolean): void {
  if (turn.state.running) return;
  const { gracefulRestart } = turn.state.settings;
  const restartingUntilMs =
    restarted && gracefulRestart !== undefined
      ? turn.at.nowMs + gracefulRestart.restartTimeS * 1000
      : undefined;
  set(turn, { running: true, failures: 0, restartingUntilMs });
  begin(turn);
}

/** From Idle to Connect, or to Active where the peer is to connect. */
function begin(turn: Turn): void {
  if (turn.state.settings.mode !== 'passive') dial(turn);
}

function onStop(turn: Turn, how: 'shutdown' | 'restart', message: string): void {
  for (const connection of turn.state.connections) {
    if (how === 'restart') {
      end(turn, connection, { kind: 'restart' }, 'nothing');
    } else {
      const notification = shutdownNotification(message);
      // A peer that would keep our routes after a NOTIFICATION is told that we do not come back.
      const survives = connection.terms?.negotiated.restartOnNotification === true;
      notify(turn, connection, survives ? hardReset(notification) : notification, 'nothing');
    }
  }
  const { stale } = turn.state;
  if (stale !== undefined) turn.effects.push({ kind: 'flush-stale', families: stale.families });
  set(turn, {
    running: false,
    retryAtMs: undefined,
    idleUntilMs: undefined,
    restartingUntilMs: undefined,
    stale: undefined,
  });
}

function onReset(turn: Turn, notification: NotificationMessage): void {
  for (const connection of turn.state.connections) {
    notify(turn, connection, notification, 'idle-hold');
  }
}

/** The peer has connected to us. */
function onAccepted(turn: Turn): void {
  const { settings, connections } = turn.state;
  if (settings.mode === 'active' || phaseOf(turn.state) === 'Idle') {
    refuse(turn, CEASE.CONNECTION_REJECTED);
    return;
  }
  const established = connections.find(({ stage }) => stage === 'Established');
  if (established !== undefined) {
    const restart = established.terms?.negotiated.gracefulRestart;
    if (restart === undefined || restart.families.length === 0) {
      sendKeepalive(turn, established);
      refuse(turn, CEASE.CONNECTION_COLLISION_RESOLUTION);
      return;
    }
    end(turn, established, { kind: 'replaced' }, 'nothing');
  }
  const first = connections.find(
    ({ side, stage }) => side === 'incoming' && stage !== 'Established',
  );
  if (first !== undefined) yieldTo(turn, first);
  adopt(turn);
}

function refuse(turn: Turn, subcode: number): void {
  turn.effects.push({ kind: 'refuse', notification: cease(subcode) });
}
