/** Whether `/readyz` of a daemon must say yes, must say no, or may say either. */
export type Expectation = 'ready' | 'not ready' | 'either';

/** A daemon without any sign of life from the API server for so long must say so: docs promise 120 s, and it may take 5 s to notice. */
export const SAID_AFTER_MS = 125_000;
/** A daemon that nothing has disturbed for so long must be ready: the longest pause between two tries is 15 s, and then it reads its lists. */
export const BACK_AFTER_MS = 20_000;

/** What is done to a daemon's way to the API server, and what its readiness may be for that. */
export class Reach {
  readonly #nowMs: () => number;
  #disturbances = 0;
  #quietSinceMs: number;
  #cuts = 0;
  #cutSinceMs = 0;

  /** Begins now, as after a disturbance. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#quietSinceMs = nowMs();
  }

  /** Something is done to the daemon that may make it unready, until the result is disposed of. */
  disturb(): Disposable {
    this.#disturbances += 1;
    return {
      [Symbol.dispose]: () => {
        this.#disturbances -= 1;
        this.#quietSinceMs = this.#nowMs();
      },
    };
  }

  /** Nothing reaches it from the API server, until the result is disposed of. */
  cut(): Disposable {
    const disturbance = this.disturb();
    if (this.#cuts === 0) this.#cutSinceMs = this.#nowMs();
    this.#cuts += 1;
    return {
      [Symbol.dispose]: () => {
        this.#cuts -= 1;
        disturbance[Symbol.dispose]();
      },
    };
  }

  /** What `/readyz` must say now. */
  get expectation(): Expectation {
    const nowMs = this.#nowMs();
    if (this.#cuts > 0 && nowMs - this.#cutSinceMs > SAID_AFTER_MS) return 'not ready';
    if (this.#disturbances === 0 && nowMs - this.#quietSinceMs > BACK_AFTER_MS) return 'ready';
    return 'either';
  }
}
