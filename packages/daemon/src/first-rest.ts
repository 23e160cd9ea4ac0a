import { isCalm } from './calm.ts';

/** So many looks in a row must find it calm: a start goes through several bursts, and between two of them nothing happens either. */
const CALM_LOOKS = 3;

/** Finds the moment when all that a start brings with it is over. `look` is to be called every few seconds. */
export class FirstRest {
  readonly #usedBytes: () => number;
  #before = Number.NaN;
  #calmLooks = 0;

  /** `usedBytes`: how much of the engine's heap is in use. */
  constructor(usedBytes: () => number) {
    this.#usedBytes = usedBytes;
  }

  /** Whether it has come. */
  look(): boolean {
    const used = this.#usedBytes();
    this.#calmLooks = isCalm(this.#before, used) ? this.#calmLooks + 1 : 0;
    this.#before = used;
    return this.#calmLooks >= CALM_LOOKS;
  }
}
