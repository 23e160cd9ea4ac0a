import type { Address, Family } from './address.ts';
import { comparePools, findOverlap, type Pool, type PoolProblem } from './pool.ts';

interface Place {
  readonly first: bigint;
  readonly last: bigint;
  readonly pool: Pool;
}

/** A fixed set of pools that do not overlap: in their order, by name, and by address. */
export class PoolTable {
  /** Priority first, then name. */
  readonly ordered: readonly Pool[];
  readonly #byName: ReadonlyMap<string, Pool>;
  readonly #places: Readonly<Record<Family, readonly Place[]>>;

  private constructor(pools: readonly Pool[]) {
    this.ordered = pools.toSorted(comparePools);
    this.#byName = new Map(pools.map((pool) => [pool.name, pool]));
    const places = (family: Family): Place[] =>
      pools
        .flatMap((pool) => pool.ranges.map((range) => ({ ...range, pool })))
        .filter((range) => range.family === family)
        .sort((a, b) => (a.first < b.first ? -1 : 1));
    this.#places = { ipv4: places('ipv4'), ipv6: places('ipv6') };
  }

  /** The table, or the first thing that is wrong with the set. */
  static create(
    pools: readonly Pool[],
  ):
    | { readonly ok: true; readonly table: PoolTable }
    | { readonly ok: false; readonly problem: PoolProblem } {
    const seen = new Set<string>();
    for (const { name } of pools) {
      if (seen.has(name)) {
        const message = `duplicate definition of pool "${name}": give each pool a name of its own`;
        return { ok: false, problem: { code: 'duplicate-name', pool: name, message } };
      }
      seen.add(name);
    }
    const problem = findOverlap(pools);
    return problem === undefined
      ? { ok: true, table: new PoolTable(pools) }
      : { ok: false, problem };
  }

  /** The pool of this name. */
  byName(name: string): Pool | undefined {
    return this.#byName.get(name);
  }

  /** The pool that has this address in one of its ranges, left out or not. O(log entries). */
  containing({ family, value }: Address): Pool | undefined {
    const places = this.#places[family];
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const place = places[middle];
      if (place !== undefined && place.first <= value) low = middle + 1;
      else high = middle;
    }
    const place = places[low - 1];
    return place !== undefined && value <= place.last ? place.pool : undefined;
  }
}
