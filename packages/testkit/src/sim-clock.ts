interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * A clock that moves only when a test says so. It has the shape of every `Clock` interface of our libraries.
 *
 * Timers fire in the order of their deadlines, and in the order of their making where deadlines are equal. Between two of
 * them all promise callbacks run, so what one timer starts is seen by the next.
 */
export class SimClock {
  readonly #wallStartMs: number;
  #nowMs = 0;
  #made = 0;
  readonly #timers = new Set<Timer>();

  constructor(wallStartMs: number = 1_750_000_000_000) {
    this.#wallStartMs = wallStartMs;
  }

  /** Monotonic milliseconds since the clock was made. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** Wall-clock milliseconds since the epoch; never steps. */
  wallMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  /** How many timers wait; a test that expects rest asserts 0. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Runs `fire` once after `ms`; disposing before that cancels it. */
  timer(ms: number, fire: () => void): Disposable {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, ms), order: this.#made++, fire };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(asError(signal.reason));
        return;
      }
      const onAbort = (): void => {
        timer[Symbol.dispose]();
        reject(asError(signal?.reason));
      };
      const timer = this.timer(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Moves time on by `ms`, fires what falls due on the way, and lets promise callbacks settle. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.fire();
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** Advances in steps until `condition` holds; fails when `limitMs` passed, or when nothing is left to wait for. */
  async until(condition: () => boolean, limitMs: number = 600_000): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!condition()) {
      const next = this.#next(endMs);
      if (next === undefined) {
        throw new Error(
          this.#timers.size === 0
            ? 'the test waits, but no timer is set: nothing can ever happen'
            : `the condition did not hold within ${limitMs} simulated ms`,
        );
      }
      await this.advance(next.dueMs - this.#nowMs);
    }
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.order < first.order)
      ) {
        first = timer;
      }
    }
    return first;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

/** Lets every promise callback that is ready run, whatever the depth of the chain it is on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
