import type { Clock } from './elector-deps.ts';
import type { Term } from './term.ts';

/** The term as the shell holds it: with the timer that ends it, and the means to move that on. */
export class RunningTerm implements Term {
  readonly token: number;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #onOver: () => void;
  #untilMs: number;
  #timer: Disposable;

  constructor(clock: Clock, token: number, untilMs: number, onOver: () => void) {
    this.#clock = clock;
    this.token = token;
    this.#untilMs = untilMs;
    this.#onOver = onOver;
    this.#timer = clock.timer(untilMs - clock.nowMs(), onOver);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  untilMs(): number {
    return this.#untilMs;
  }

  valid(): boolean {
    return !this.#abort.signal.aborted && this.#clock.nowMs() < this.#untilMs;
  }

  extend(untilMs: number): void {
    this.#untilMs = untilMs;
    this.#timer[Symbol.dispose]();
    this.#timer = this.#clock.timer(untilMs - this.#clock.nowMs(), this.#onOver);
  }

  end(reason: Error): void {
    this.#timer[Symbol.dispose]();
    this.#abort.abort(reason);
  }
}
