import type { Family } from './address.ts';
import { SortedMap } from './sorted-map.ts';

/** One address, as its pool numbers it. */
export interface Place {
  readonly family: Family;
  readonly number: bigint;
}

/** Addresses that are free, but kept for the owner that gave them back. */
export interface Hold {
  readonly pool: string;
  readonly addresses: readonly string[];
  readonly places: readonly Place[];
  /** On the caller's clock. */
  readonly untilMs: number;
}

/** What is kept for whom, and until when. Immutable; every operation is O(log n). */
export class Holds {
  readonly #byOwner: SortedMap<string, Hold>;
  /** The deadline in digits, then the owner → the owner: the next to expire comes first. */
  readonly #byDeadline: SortedMap<string, string>;

  private constructor(byOwner: SortedMap<string, Hold>, byDeadline: SortedMap<string, string>) {
    this.#byOwner = byOwner;
    this.#byDeadline = byDeadline;
  }

  /** Nothing is kept. */
  static empty(): Holds {
    return new Holds(SortedMap.empty(), SortedMap.empty());
  }

  /** What is kept for `owner`. */
  get(owner: string): Hold | undefined {
    return this.#byOwner.get(owner);
  }

  /** All holds in order of the owner's name. */
  [Symbol.iterator](): IterableIterator<readonly [owner: string, hold: Hold]> {
    return this.#byOwner[Symbol.iterator]();
  }

  /** An owner whose hold ends at or before `nowMs`. */
  expired(nowMs: number): string | undefined {
    const [first] = this.#byDeadline;
    if (first === undefined) return undefined;
    const hold = this.#byOwner.get(first[1]);
    return hold !== undefined && hold.untilMs <= nowMs ? first[1] : undefined;
  }

  /** With this hold; `owner` must have none yet. */
  with(owner: string, hold: Hold): Holds {
    return new Holds(
      this.#byOwner.with(owner, hold),
      this.#byDeadline.with(deadlineKey(owner, hold), owner),
    );
  }

  /** Without the hold of `owner`. */
  without(owner: string): Holds {
    const hold = this.#byOwner.get(owner);
    if (hold === undefined) return this;
    return new Holds(
      this.#byOwner.without(owner),
      this.#byDeadline.without(deadlineKey(owner, hold)),
    );
  }
}

/** Whole milliseconds are enough for the order; `expired` looks at the exact deadline. */
function deadlineKey(owner: string, { untilMs }: Hold): string {
  return `${String(Math.ceil(untilMs)).padStart(16, '0')} ${owner}`;
}
