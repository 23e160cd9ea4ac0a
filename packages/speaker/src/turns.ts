/** What turns are waited for with. */
export interface TurnsDeps {
  readonly clock: { nowMs(): number };
}

/**
 * A clock for what is worth doing now and then and not worth waking for: its timers run in the first turn of an election that ends after their time,
 * at most a heartbeat later. Without an election they do not run.
 */
export class Turns {
  readonly #deps: TurnsDeps;
  readonly #waiting = new Set<{ readonly atMs: number; readonly fire: () => void }>();

  constructor(deps: TurnsDeps) {
    this.#deps = deps;
  }

  nowMs(): number {
    return this.#deps.clock.nowMs();
  }

  /** To be called after each turn of any election. */
  turned(): void {
    const nowMs = this.nowMs();
    for (const one of Array.from(this.#waiting)) {
      // One that ran before may have cancelled it.
      if (nowMs < one.atMs || !this.#waiting.delete(one)) continue;
      one.fire();
    }
  }

  timer(ms: number, fire: () => void): Disposable {
    const one = { atMs: this.nowMs() + ms, fire };
    this.#waiting.add(one);
    return { [Symbol.dispose]: () => void this.#waiting.delete(one) };
  }

  /** Rejects with the signal's reason where that aborts. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    using _timer = this.timer(ms, resolve);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', onAbort));
  }
}
