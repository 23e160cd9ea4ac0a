import type { ElectorSettings } from './elector-options.ts';
import type { LeaseRecord, VersionedLeaseRecord } from './lease-lock.ts';

/** What the shell adds to every input: the machine has no clock and no dice of its own. */
export interface Moment {
  /** Monotonic milliseconds, on this machine's clock. */
  readonly nowMs: number;
  /** Wall-clock milliseconds, written into records for people to read; never compared. */
  readonly wallMs: number;
  /** A fresh number in [0, 1), for jitter. */
  readonly random: number;
}

/** What can happen to an elector. */
export type ElectorInput = { readonly at: Moment } & (
  | { readonly kind: 'start' }
  /** The answer to `get`; `holderDead`: who holds what was found is known to have ended. */
  | {
      readonly kind: 'read';
      readonly found: VersionedLeaseRecord | undefined;
      readonly holderDead?: boolean;
    }
  /** `create` or `update` succeeded. */
  | { readonly kind: 'written'; readonly version: string }
  /** `create` or `update` came too late: somebody else wrote. */
  | { readonly kind: 'conflict' }
  /** The request failed or took too long; what it should have written may be there or not. */
  | { readonly kind: 'failed' }
  /** The time of the last `wait` has come. */
  | { readonly kind: 'wake' }
  /** The term's time is over. */
  | { readonly kind: 'term-over' }
  /** What `lead` started has ended. */
  | { readonly kind: 'work-done' }
  | { readonly kind: 'stop' }
);

/** Why a term ended; see `LeaderElectionErrorCode`. */
export type LossReason = 'expired' | 'taken' | 'stopped';

/** What the shell must do. At most one request or wait is under way: a new one replaces the last. */
export type ElectorEffect =
  | { readonly kind: 'get'; readonly deadlineMs: number }
  | { readonly kind: 'create'; readonly record: LeaseRecord; readonly deadlineMs: number }
  | {
      readonly kind: 'update';
      readonly record: LeaseRecord;
      readonly version: string;
      readonly deadlineMs: number;
    }
  /** Give up the request under way; its answer no longer counts. */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'wait'; readonly atMs: number }
  | { readonly kind: 'lead'; readonly token: number; readonly untilMs: number }
  | { readonly kind: 'extend'; readonly untilMs: number }
  | { readonly kind: 'lost'; readonly reason: LossReason }
  | { readonly kind: 'observed'; readonly holder: string }
  | { readonly kind: 'finished'; readonly outcome: 'released' | 'kept' | 'still-working' };

/** The record as we last knew it. */
export interface Seen {
  readonly record: LeaseRecord;
  /** `undefined`: must be read before it can be written, or it is gone. */
  readonly version: string | undefined;
  /** From when on it is known to stand unchanged; `undefined` after a failure, when that must be observed anew. */
  readonly sinceMs: number | undefined;
}

/** A write under way, and when it was sent: the right to lead counts from there. */
export interface PendingWrite {
  readonly record: LeaseRecord;
  readonly sentMs: number;
}

/** Everything an elector knows. Plain data. */
export interface ElectorState {
  readonly settings: ElectorSettings;
  readonly startedMs: number;
  readonly seen: Seen | undefined;
  /**
   * The last acquisition that this process tried. A record is ours if it has this identity, time and token; a record that merely bears
   * our name was written by another process that uses it too.
   */
  readonly acquisition:
    | { readonly acquireTime: string; readonly leaseTransitions: number }
    | undefined;
  readonly term: { readonly token: number; readonly untilMs: number } | undefined;
  /** Whether what `lead` started still runs; it can outlive the term. */
  readonly working: boolean;
  readonly request: 'get' | PendingWrite | undefined;
  /** Set by `stop`: until when to wait for the work to end, then until when to try to release. */
  readonly stoppingByMs: number | undefined;
  readonly reportedHolder: string | undefined;
  readonly finished: boolean;
}

/** An elector that knows nothing yet. */
export function initialState(settings: ElectorSettings): ElectorState {
  return {
    settings,
    startedMs: 0,
    seen: undefined,
    acquisition: undefined,
    term: undefined,
    working: false,
    request: undefined,
    stoppingByMs: undefined,
    reportedHolder: undefined,
    finished: false,
  };
}
