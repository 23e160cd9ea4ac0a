/** The time a daemon lives in. {@link systemClock} is the real one; simulations bring their own. */
export interface Clock {
  /** Milliseconds that never step back; only differences mean something. */
  nowMs(): number;
  /** Milliseconds since the epoch, for times that people read. May step. */
  wallMs(): number;
  /** Runs `fire` once after `ms`, and not after it was disposed. */
  timer(ms: number, fire: () => void): Disposable;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A source of numbers in [0, 1), with the shape of `Math.random`. */
export type Random = () => number;
