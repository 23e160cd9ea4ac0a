import { SortedMap } from './sorted-map.ts';

/**
 * The free numbers of `0 … capacity−1`, kept as runs: an empty /64 is one run, and the least free number is the start of the first one. Immutable; every operation is
 * O(log runs), and there is never more than one run more than numbers taken.
 */
export class FreeSet {
  /** First number of a run → its last. */
  readonly #runs: SortedMap<bigint, bigint>;

  private constructor(runs: SortedMap<bigint, bigint>) {
    this.#runs = runs;
  }

  /** Everything from 0 up to, and not including, `capacity` is free. */
  static of(capacity: bigint): FreeSet {
    const none = SortedMap.empty<bigint, bigint>();
    return new FreeSet(capacity > 0n ? none.with(0n, capacity - 1n) : none);
  }

  /** The least free number. */
  first(): bigint | undefined {
    return this.#runs.first()?.[0];
  }

  /** Whether `number` is free. */
  has(number: bigint): boolean {
    const run = this.#runs.floor(number);
    return run !== undefined && number <= run[1];
  }

  /** This set without `number`, which must be free. */
  take(number: bigint): FreeSet {
    const run = this.#runs.floor(number);
    if (run === undefined || number > run[1]) throw new Error(`number ${number} is not free`);
    const [start, end] = run;
    let runs = start < number ? this.#runs.with(start, number - 1n) : this.#runs.without(start);
    if (number < end) runs = runs.with(number + 1n, end);
    return new FreeSet(runs);
  }

  /** This set with `number`, which must not be free yet. */
  give(number: bigint): FreeSet {
    const before = this.#runs.floor(number);
    if (before !== undefined && number <= before[1])
      throw new Error(`number ${number} is free already`);
    const endAfter = this.#runs.get(number + 1n);
    const start = before !== undefined && before[1] === number - 1n ? before[0] : number;
    const runs = endAfter === undefined ? this.#runs : this.#runs.without(number + 1n);
    return new FreeSet(runs.with(start, endAfter ?? number));
  }
}
