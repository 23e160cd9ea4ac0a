/**
 * What went wrong, or why a term ended.
 *
 * - `bad-options`: the options contradict each other or themselves; `details.problems` lists every one.
 * - `already-running`: `run` was called again before the last call was over.
 * - `expired`: the renew deadline passed without a successful renewal. A reason of {@link Term.signal}.
 * - `taken`: the record names someone else although the term was not over: somebody edited the Lease, or clocks drift by more than is
 *   tolerated. A reason of {@link Term.signal}.
 * - `stopped`: the elector was told to stop. A reason of {@link Term.signal}.
 */
export type LeaderElectionErrorCode =
  | 'bad-options'
  | 'already-running'
  | 'expired'
  | 'taken'
  | 'stopped';

/** The one error class of this package; match on `code`. */
export class LeaderElectionError extends Error {
  override readonly name = 'LeaderElectionError';
  readonly code: LeaderElectionErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: LeaderElectionErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
