import type { UpdateError } from '../codec/fault.ts';
import type { Family } from '../codec/family.ts';
import type { BgpMessage, UpdateMessage } from '../codec/messages.ts';
import type { Address } from '../codec/path-attribute.ts';
import type { SessionTerms } from '../session/judge-open.ts';
import type { EndReason, SessionPhase } from '../session/session-state.ts';
import type { Dialer } from './transport.ts';

/** The time that sessions live in. */
export interface Clock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /**
   * Runs `fire` once after `ms`, never after it was disposed, and best after the connections have delivered what waits: else a process that was held up may
   * take a peer for dead whose KEEPALIVE it has not read yet.
   */
  timer(ms: number, fire: () => void): Disposable;
}

/** Where sessions report what happens. Texts are constant; what varies is in the fields. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** A session that is established. */
export interface PeerSession extends SessionTerms {
  /** Our address of the connection: the next hop, where nothing else was said. */
  readonly localAddress: Address | undefined;
  readonly remoteAddress: Address | undefined;
}

/** What a peer tells its owner. All calls are synchronous. */
export interface PeerListener {
  phase?(from: SessionPhase, to: SessionPhase): void;
  /** Called before the first route is told: what depends on the session, as a next hop that is its address, may still be changed. */
  established?(session: PeerSession): void;
  /** The routes of the UPDATE count; what was wrong with it, and could be mended by RFC 7606, is in `errors`. */
  update?(update: UpdateMessage, errors: readonly UpdateError[]): void;
  endOfRib?(family: Family): void;
  /** The session is over, and all routes of the peer with it, but for the families in `retained`: they are stale until `flushStale`. */
  down?(reason: EndReason, retained: readonly Family[]): void;
  /** A connection, or an attempt at one, is over that was no session yet. Retries go on by themselves, and each that ends so is told. */
  failed?(reason: EndReason): void;
  flushStale?(families: readonly Family[]): void;
}

/** What a peer counts. */
export interface PeerMetrics {
  sent(type: BgpMessage['type']): void;
  received(type: BgpMessage['type']): void;
  /** A message that could not be used, or an UPDATE that had to be mended; see `MessageFaultReason`. */
  faulty(reason: string): void;
}

/** What a peer runs on. */
export interface BgpPeerDeps {
  readonly dialer: Dialer;
  readonly clock: Clock;
  /** Numbers in [0, 1), for jitter. */
  readonly random: () => number;
  readonly listener?: PeerListener;
  readonly log?: Logger;
  readonly metrics?: PeerMetrics;
}
