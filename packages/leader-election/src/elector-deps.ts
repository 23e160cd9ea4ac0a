import type { LeaseLock, LeaseRecord } from './lease-lock.ts';
import type { Term } from './term.ts';

/** The time an elector lives in. */
export interface Clock {
  /** Milliseconds that never step and never stand still: monotonic, and on machines that suspend counting the sleep too. */
  nowMs(): number;
  /** Milliseconds since the epoch, for the times that people read in the Lease. */
  wallMs(): number;
  /** Runs `fire` once after `ms`, never twice, and not after it was disposed. */
  timer(ms: number, fire: () => void): Disposable;
}

/** Where an elector reports what happens. Texts are constant; what varies is in the fields. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What an elector counts. */
export interface LeaderElectionMetrics {
  /** Called at each change, and once with `false` at the start. */
  masterStatus(leading: boolean): void;
  /** A request to the lock failed or timed out; a conflict is no failure. */
  requestFailed(request: 'get' | 'create' | 'update'): void;
}

/** What an elector runs on. */
export interface LeaderElectorDeps {
  readonly lock: LeaseLock;
  readonly clock: Clock;
  /** Numbers in [0, 1), for jitter. */
  readonly random: () => number;
  /** Default: silent. */
  readonly log?: Logger;
  readonly metrics?: LeaderElectionMetrics;
  /**
   * Whether the process that holds this record is *known* to have ended, so that nothing of it runs any more: then its lease is taken at once
   * instead of waited for. Asked at each look at a lease that another holds. Default: nobody is ever known to be dead.
   *
   * It must never say so of a process that may only be frozen, cut off or slow, nor where two processes may share an identity: then two would
   * lead. Resolve within milliseconds; a rejection counts as `false`.
   */
  readonly knownDead?: (record: LeaseRecord) => Promise<boolean>;
}

/** What a leader does; `LeaderElector.run` says how it is called. */
export type Lead = (term: Term) => Promise<void> | void;
