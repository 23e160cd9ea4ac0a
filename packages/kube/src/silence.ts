import type { Clock } from './clock.ts';
import { KubeError } from './kube-error.ts';

/**
 * Ends a stream that has gone silent: a peer that died without a word, a connection that a firewall forgot. Its signal aborts when the outer
 * one does, or when nothing was heard for the limit (asked anew each time, so that it may change).
 */
export class Silence implements Disposable {
  readonly #clock: Pick<Clock, 'nowMs' | 'timer'>;
  readonly #outer: AbortSignal;
  readonly #limitMs: () => number;
  readonly #abort = new AbortController();
  readonly #onOuterAbort = (): void => this.#abort.abort(this.#outer.reason);
  #heardMs = 0;
  #tooLong = false;
  #timer: Disposable | undefined;

  constructor(clock: Pick<Clock, 'nowMs' | 'timer'>, outer: AbortSignal, limitMs: () => number) {
    this.#clock = clock;
    this.#outer = outer;
    this.#limitMs = limitMs;
    outer.addEventListener('abort', this.#onOuterAbort, { once: true });
    if (outer.aborted) this.#onOuterAbort();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something was heard. The first call starts the count. */
  broken(): void {
    this.#heardMs = this.#clock.nowMs();
    // One timer looks again when it fires; a busy stream would otherwise make one for each chunk.
    this.#timer ??= this.#clock.timer(this.#limitMs(), () => this.#look());
  }

  /** The error that the silence was, or `undefined` where it was not the reason. */
  fault(request: string): KubeError | undefined {
    if (!this.#tooLong) return undefined;
    return new KubeError('timeout', `nothing was heard for ${this.#limitMs()} ms`, { request });
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#outer.removeEventListener('abort', this.#onOuterAbort);
  }

  #look(): void {
    const leftMs = this.#heardMs + this.#limitMs() - this.#clock.nowMs();
    if (leftMs > 0) {
      this.#timer = this.#clock.timer(leftMs, () => this.#look());
    } else {
      this.#tooLong = true;
      this.#abort.abort();
    }
  }
}
