import type { AddressRange } from './range.ts';

interface Span {
  readonly first: bigint;
  readonly last: bigint;
  /** Number of the span's first usable address. */
  readonly offset: bigint;
}

/**
 * The usable addresses of one family of a pool, numbered from 0 in the order in which a pool gives them: ranges as written, addresses ascending.
 *
 * Numbers and addresses are turned into one another by arithmetic, so nothing is stored for an address, and what is left out has no number. O(log ranges).
 */
export class AddressSpace {
  /** How many usable addresses there are. */
  readonly capacity: bigint;
  readonly #ordered: readonly Span[];
  readonly #byAddress: readonly Span[];
  readonly #avoidEnds: boolean;

  /** `ranges` are of one family and do not overlap. `avoidEnds` leaves out the IPv4 addresses that end in .0 or .255. */
  constructor(ranges: readonly AddressRange[], avoidEnds: boolean) {
    this.#avoidEnds = avoidEnds;
    const ordered: Span[] = [];
    let offset = 0n;
    for (const { first, last } of ranges) {
      ordered.push({ first, last, offset });
      offset += this.#usableBelow(last + 1n) - this.#usableBelow(first);
    }
    this.capacity = offset;
    this.#ordered = ordered;
    this.#byAddress = ordered.toSorted((a, b) => (a.first < b.first ? -1 : 1));
  }

  /** The number of an address, or `undefined` where it is outside or left out. */
  numberOf(value: bigint): bigint | undefined {
    const span = lastAtOrBelow(this.#byAddress, value, (each) => each.first);
    if (span === undefined || value > span.last || !this.#usable(value)) return undefined;
    return span.offset + this.#usableBelow(value) - this.#usableBelow(span.first);
  }

  /** Whether the address lies in a range, left out or not. */
  contains(value: bigint): boolean {
    const span = lastAtOrBelow(this.#byAddress, value, (each) => each.first);
    return span !== undefined && value <= span.last;
  }

  /** The address with this number, which must be below `capacity`. */
  addressAt(number: bigint): bigint {
    const span = lastAtOrBelow(this.#ordered, number, (each) => each.offset);
    if (span === undefined || number >= this.capacity)
      throw new Error(`there is no number ${number}`);
    const rank = number - span.offset + this.#usableBelow(span.first);
    return this.#avoidEnds ? (rank / USABLE_OF_256) * 256n + (rank % USABLE_OF_256) + 1n : rank;
  }

  #usable(value: bigint): boolean {
    return !this.#avoidEnds || (value % 256n !== 0n && value % 256n !== 255n);
  }

  /** How many usable addresses are below `value`, counted from address 0. */
  #usableBelow(value: bigint): bigint {
    if (!this.#avoidEnds) return value;
    const inBlock = value % 256n === 0n ? 0n : (value % 256n) - 1n;
    return (value / 256n) * USABLE_OF_256 + inBlock;
  }
}

const USABLE_OF_256 = 254n;

/** The last span whose key is at or below `wanted`; `spans` are in order of `key`. An empty span may share its offset with the next, which then wins. */
function lastAtOrBelow(
  spans: readonly Span[],
  wanted: bigint,
  key: (span: Span) => bigint,
): Span | undefined {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const span = spans[middle];
    if (span !== undefined && key(span) <= wanted) low = middle + 1;
    else high = middle;
  }
  return spans[low - 1];
}
