import type { Family } from '../codec/family.ts';
import type {
  KeepaliveMessage,
  NotificationMessage,
  OpenMessage,
  RouteRefreshMessage,
} from '../codec/messages.ts';
import type { SessionTerms } from './judge-open.ts';
import type { SessionSettings } from './session-options.ts';

/** The states of RFC 4271 §8.2.2. */
export type SessionPhase =
  | 'Idle'
  | 'Connect'
  | 'Active'
  | 'OpenSent'
  | 'OpenConfirm'
  | 'Established';

/** All of them, from the lowest on. */
export const SESSION_PHASES: readonly SessionPhase[] = [
  'Idle',
  'Connect',
  'Active',
  'OpenSent',
  'OpenConfirm',
  'Established',
];

/** Who began a connection: it decides a collision (RFC 4271 §6.8). */
export type ConnectionSide = 'outgoing' | 'incoming';

/** What the shell adds to every input: the machine has no clock and no dice of its own. */
export interface Moment {
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  /** A fresh number in [0, 1), for jitter. */
  readonly random: number;
}

/**
 * What can happen to a session. The numbers are the events of RFC 4271 §8.1. An input about a connection that the machine has closed
 * already changes nothing.
 */
export type SessionInput = { readonly at: Moment } & SessionHappening;

/** A {@link SessionInput} without its moment. */
export type SessionHappening =
  /**
   * Events 1 and 3 to 7; active or passive by the options. `restarted`: this process takes the place of one that the peer had a session with,
   * whose routes it keeps (RFC 4724 §4.1).
   */
  | { readonly kind: 'start'; readonly restarted?: boolean }
  /**
   * Event 2. Ends all connections and stays in Idle until the next start. `shutdown` tells the peer the reason (RFC 9003); `restart` says
   * nothing to the peer, so that it keeps our routes while we restart (RFC 4724 §4).
   */
  | { readonly kind: 'stop'; readonly how: 'shutdown' | 'restart'; readonly message?: string }
  /** Event 8: something outside (a limit, a BFD session, changed options) ends the connections; they come back after the idle hold. */
  | { readonly kind: 'reset'; readonly notification: NotificationMessage }
  /** Delays that begin from now on are these; nothing that stands, or that is waited for, changes. */
  | { readonly kind: 'retry-times'; readonly connectRetryMs: number; readonly retryFirstMs: number }
  /** Events 9 to 13: a time that a `wake` named has come. */
  | { readonly kind: 'wake' }
  /** Event 17, after 14: the peer has connected to us. The answer is `adopt` or `refuse`. */
  | { readonly kind: 'accepted' }
  /** Event 16: what `dial` began has succeeded. */
  | { readonly kind: 'connected'; readonly connection: number }
  /** Event 18: the connection failed, or never came about, or the peer closed it. */
  | { readonly kind: 'disconnected'; readonly connection: number; readonly error?: string }
  /** Events 19 and 20. */
  | { readonly kind: 'open'; readonly connection: number; readonly open: OpenMessage }
  /** Event 26. */
  | { readonly kind: 'keepalive'; readonly connection: number }
  /** Event 27: an UPDATE came, malformed or not, that does not end the session. */
  | { readonly kind: 'update'; readonly connection: number }
  /** An UPDATE that says that the peer has told everything of a family (RFC 4724 §2). It comes after its `update`. */
  | { readonly kind: 'end-of-rib'; readonly connection: number; readonly family: Family }
  /** Events 24 and 25. */
  | {
      readonly kind: 'notification';
      readonly connection: number;
      readonly notification: NotificationMessage;
    }
  /** RFC 2918 and 7313: the peer wants to hear everything of a family again, or marks the beginning or end of such a telling. */
  | {
      readonly kind: 'route-refresh';
      readonly connection: number;
      readonly message: RouteRefreshMessage;
    }
  /** Events 21, 22 and 28: what came cannot be read; the answer to it. */
  | {
      readonly kind: 'fault';
      readonly connection: number;
      readonly notification: NotificationMessage;
    }
  /** The peer takes nothing any more: its window is closed, and our buffer is full (RFC 9687). */
  | { readonly kind: 'stalled'; readonly connection: number }
  /** It takes something again. */
  | { readonly kind: 'flowing'; readonly connection: number }
  /** All that we have to say after a restart has been said to this peer, with the end-of-RIB marks. */
  | { readonly kind: 'told-everything' };

/** Why a connection ended. */
export type EndReason =
  /** `open`: the OPEN of the peer that it refuses. */
  | {
      readonly kind: 'notification-sent';
      readonly notification: NotificationMessage;
      readonly open?: OpenMessage;
    }
  | { readonly kind: 'notification-received'; readonly notification: NotificationMessage }
  /** It failed, or the peer closed it without a word. */
  | { readonly kind: 'disconnected'; readonly error: string | undefined }
  /** There was no connection yet, and it is no longer wanted. */
  | { readonly kind: 'given-up' }
  /** There was no answer to our attempt in time. */
  | { readonly kind: 'connect-timeout' }
  /** We close without a word, for a restart. */
  | { readonly kind: 'restart' }
  /** The peer has restarted and connected anew (RFC 4724 §5). */
  | { readonly kind: 'replaced' };

/** What the shell must do, in this order. */
export type SessionEffect =
  /** Connect to the peer; answered by `connected` or `disconnected`. */
  | { readonly kind: 'dial'; readonly connection: number }
  /** The connection of the `accepted` that is being answered is ours from here on, under this number. */
  | { readonly kind: 'adopt'; readonly connection: number }
  /** It is not: tell why, and close it. */
  | { readonly kind: 'refuse'; readonly notification: NotificationMessage }
  | {
      readonly kind: 'send';
      readonly connection: number;
      readonly message: OpenMessage | KeepaliveMessage | NotificationMessage;
    }
  /**
   * Close it after what was sent, and say nothing of it any more. For a `dial` that has no answer yet: give it up. `abort`: the peer takes
   * nothing, so do not wait for it.
   */
  | { readonly kind: 'close'; readonly connection: number; readonly abort: boolean }
  /** The session is there: tell the peer all routes, in these terms. */
  | { readonly kind: 'established'; readonly connection: number; readonly terms: SessionTerms }
  /** The UPDATE that was the input counts. */
  | { readonly kind: 'deliver' }
  /** The peer wants to hear everything of this family again. */
  | { readonly kind: 'refresh'; readonly family: Family }
  /**
   * A connection is over. `established`: so is the session, and all routes of the peer with it, but for those of the families in
   * `retained`: these stay, marked as stale, until `flush-stale` or until the peer tells them again (RFC 4724 §4.2).
   */
  | {
      readonly kind: 'ended';
      readonly connection: number;
      readonly side: ConnectionSide;
      readonly reason: EndReason;
      readonly established: boolean;
      readonly retained: readonly Family[];
    }
  /** Routes of these families that are still marked as stale go. */
  | { readonly kind: 'flush-stale'; readonly families: readonly Family[] }
  /** The state has changed. */
  | { readonly kind: 'phase'; readonly from: SessionPhase; readonly to: SessionPhase }
  /** The next `wake` is due at this time, in place of the one before; `undefined`: none is. */
  | { readonly kind: 'wake-at'; readonly atMs: number | undefined };

/** One TCP connection with the peer, or the attempt at one. */
export interface Connection {
  readonly id: number;
  readonly side: ConnectionSide;
  /** `dialing`: no TCP connection yet. `delaying`: there is one, but we wait with our OPEN (DelayOpen, RFC 4271 §8.1.1). */
  readonly stage: 'dialing' | 'delaying' | 'OpenSent' | 'OpenConfirm' | 'Established';
  /** DelayOpenTimer. */
  readonly openAtMs: number | undefined;
  /** HoldTimer. */
  readonly holdAtMs: number | undefined;
  /** KeepaliveTimer. */
  readonly keepaliveAtMs: number | undefined;
  /** SendHoldTimer (RFC 9687): set while the peer takes nothing. */
  readonly sendHoldAtMs: number | undefined;
  readonly establishedAtMs: number | undefined;
  /** What the OPENs agree on, from OpenConfirm on. */
  readonly terms: SessionTerms | undefined;
}

/** Everything that a session knows. Plain data. */
export interface SessionState {
  readonly settings: SessionSettings;
  /** Between `start` and `stop`. */
  readonly running: boolean;
  /** At most one dialed and one accepted. */
  readonly connections: readonly Connection[];
  /** How many connections there were; the last one's number. */
  readonly made: number;
  /** ConnectRetryTimer: in Connect until when the attempt may last, in Active when the next begins. */
  readonly retryAtMs: number | undefined;
  /** IdleHoldTimer. */
  readonly idleUntilMs: number | undefined;
  /** ConnectRetryCounter: how often it went wrong since a session stood for a while. */
  readonly failures: number;
  /** Routes of a peer that restarts, as far as they stay. */
  readonly stale: { readonly families: readonly Family[]; readonly untilMs: number } | undefined;
  /** Until when our OPEN says that we have restarted. */
  readonly restartingUntilMs: number | undefined;
  /** The last `wake-at`. */
  readonly wakeAtMs: number | undefined;
}

/** A session that was not started yet. */
export function initialSession(settings: SessionSettings): SessionState {
  return {
    settings,
    running: false,
    connections: [],
    made: 0,
    retryAtMs: undefined,
    idleUntilMs: undefined,
    failures: 0,
    stale: undefined,
    restartingUntilMs: undefined,
    wakeAtMs: undefined,
  };
}

/** The state as RFC 4271 names it: that of the connection that has come farthest. */
export function phaseOf(state: SessionState): SessionPhase {
  if (!state.running || state.idleUntilMs !== undefined) return 'Idle';
  let highest: SessionPhase = 'Idle';
  for (const connection of state.connections) {
    const phase = phaseOfConnection(connection);
    if (SESSION_PHASES.indexOf(phase) > SESSION_PHASES.indexOf(highest)) highest = phase;
  }
  return highest === 'Idle' ? 'Active' : highest;
}

function phaseOfConnection({ stage, side }: Connection): SessionPhase {
  if (stage === 'dialing') return 'Connect';
  if (stage === 'delaying') return side === 'outgoing' ? 'Connect' : 'Active';
  return stage;
}
