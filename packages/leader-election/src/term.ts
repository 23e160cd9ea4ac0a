/**
 * One uninterrupted time as leader.
 *
 * Two guards, and careful work uses both. The signal stops what runs; but a process that was frozen, or whose event loop is busy, runs its
 * timers late. So ask {@link Term.valid} again directly before each action that only a leader may do.
 */
export interface Term {
  /**
   * Aborts when the term is over: at the latest at {@link Term.untilMs}, which comes before any other elector can lead. Its reason is a
   * {@link LeaderElectionError} with the code `expired`, `taken` or `stopped`.
   */
  readonly signal: AbortSignal;
  /**
   * The fencing token: the lease's transitions. It grows whenever the lease changes hands, so a store that refuses smaller tokens than it
   * has seen is safe from old leaders. A process that leads again and nobody led in between has the same token again.
   */
  readonly token: number;
  /** Until when we may act, on the clock's monotonic milliseconds; each renewal moves it on, by the time it was *sent*. */
  untilMs(): number;
  /** Whether we may act now: the signal has not aborted, and the clock has not reached {@link Term.untilMs}. */
  valid(): boolean;
}
