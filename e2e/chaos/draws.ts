import { seededRandom, type Random } from '@picluster/testkit';

/** Choices from a seed. The same seed makes the same choices in the same order. */
export class Draws {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Choices of their own for one purpose: what happens elsewhere does not shift them. */
  static of(seed: number, purpose: string = ''): Draws {
    let mixed = seed >>> 0;
    for (const letter of purpose)
      mixed = Math.imul(mixed ^ (letter.codePointAt(0) ?? 0), 16_777_619);
    return new Draws(seededRandom(mixed));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** A whole number from `low` to `high`, both possible. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  /** One of them; throws where there is none. */
  pick<T>(among: readonly T[]): T {
    const index = this.between(0, among.length - 1);
    if (index < 0) throw new Error('nothing to pick from');
    return among[index] as T;
  }

  /** Those that a coin with this probability falls for, in their order. */
  some<T>(among: readonly T[], probability: number): readonly T[] {
    return among.filter(() => this.chance(probability));
  }
}
