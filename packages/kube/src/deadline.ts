import type { Clock } from './clock.ts';

/** A signal that aborts with the caller's, or when time is up; {@link Deadline.passed} tells which. */
export class Deadline implements Disposable {
  readonly #abort = new AbortController();
  readonly #outer: readonly AbortSignal[];
  readonly #timer: Disposable;
  readonly #onAbort = (): void => this.#abort.abort();
  #passed = false;

  constructor(clock: Pick<Clock, 'timer'>, ms: number, outer: readonly AbortSignal[]) {
    this.#outer = outer;
    this.#timer = clock.timer(ms, () => {
      this.#passed = true;
      this.#abort.abort();
    });
    for (const signal of outer) {
      if (signal.aborted) this.#onAbort();
      else signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Time was up. */
  get passed(): boolean {
    return this.#passed;
  }

  /** Ends the count, but goes on listening to the caller's signal. */
  met(): void {
    this.#timer[Symbol.dispose]();
  }

  /** Settles like `work`, or rejects as soon as the signal aborts, for work that does not listen to one. */
  async over<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(new Error('aborted'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  [Symbol.dispose](): void {
    this.met();
    for (const signal of this.#outer) signal.removeEventListener('abort', this.#onAbort);
  }
}
