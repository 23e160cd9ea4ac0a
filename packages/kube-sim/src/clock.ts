/** The time the simulator needs: of day for timestamps, and timers for bookmarks, timeouts and delays. */
export interface Clock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** Calls `fire` once after `ms`, unless disposed before. */
  timer(ms: number, fire: () => void): Disposable;
}
