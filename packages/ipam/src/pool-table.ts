import { formatAddress, parseAddress, type Address, type Family } from './address.ts';
import type { Wish } from './allocation.ts';
import type { Place } from './holds.ts';
import { comparePools, findOverlap, type Pool, type PoolProblem } from './pool.ts';
import type { Refusal } from './refusal.ts';

interface Stretch {
  readonly first: bigint;
  readonly last: bigint;
  readonly pool: Pool;
}

/** Addresses as their pool numbers them. */
export interface Located {
  readonly pool: Pool;
  readonly places: readonly Place[];
  /** The addresses in their canonical spelling. */
  readonly texts: readonly string[];
}

/** A fixed set of pools that do not overlap: in their order, by name, and by address. */
export class PoolTable {
  /** Priority first, then name. */
  readonly ordered: readonly Pool[];
  readonly #byName: ReadonlyMap<string, Pool>;
  readonly #places: Readonly<Record<Family, readonly Stretch[]>>;

  private constructor(pools: readonly Pool[]) {
    this.ordered = pools.toSorted(comparePools);
    this.#byName = new Map(pools.map((pool) => [pool.name, pool]));
    const places = (family: Family): Stretch[] =>
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

  /** The pools that may be asked for a free address, in their order; or why there is none. */
  candidates(wish: Wish): readonly Pool[] | Refusal {
    if (wish.pool !== undefined) {
      const pool = this.byName(wish.pool);
      if (pool === undefined) return { code: 'pool-unknown', pool: wish.pool };
      return wish.eligible?.(pool) === false
        ? { code: 'pool-not-allowed', pool: pool.name }
        : [pool];
    }
    if (this.ordered.length === 0) return { code: 'no-pools' };
    const eligible = this.ordered.filter((pool) => wish.eligible?.(pool) ?? true);
    if (eligible.length === 0) return { code: 'no-eligible-pool' };
    const open = eligible.filter((pool) => pool.autoAssign);
    return open.length > 0
      ? open
      : { code: 'auto-assign-off', pools: eligible.map((pool) => pool.name) };
  }

  /** The one pool that has these addresses (one, or one of each family), and where; or why there is none. */
  locate(texts: readonly string[]): Located | Refusal {
    const addresses: Address[] = [];
    for (const text of texts) {
      const parsed = parseAddress(text);
      if (!parsed.ok) return { code: 'invalid-address', problem: parsed.problem };
      addresses.push(parsed.address);
    }
    const canonical = addresses.map(formatAddress);
    if (addresses.length > 2) return { code: 'too-many-addresses', addresses: canonical };
    if (addresses.length === 2 && addresses[0]?.family === addresses[1]?.family) {
      return { code: 'same-family', addresses: canonical };
    }
    const located: { pool: Pool; place: Place }[] = [];
    for (const address of addresses) {
      const place = this.#place(address);
      if ('code' in place) return place;
      located.push(place);
    }
    const [first] = located;
    if (first === undefined) return { code: 'no-address' };
    if (located.some(({ pool }) => pool !== first.pool)) {
      return {
        code: 'different-pools',
        addresses: canonical,
        pools: located.map(({ pool }) => pool.name),
      };
    }
    return { pool: first.pool, places: located.map(({ place }) => place), texts: canonical };
  }

  #place(address: Address): { readonly pool: Pool; readonly place: Place } | Refusal {
    const pool = this.containing(address);
    if (pool === undefined) return { code: 'not-in-any-pool', address: formatAddress(address) };
    const number = pool.spaces[address.family].numberOf(address.value);
    if (number === undefined)
      return { code: 'address-avoided', address: formatAddress(address), pool: pool.name };
    return { pool, place: { family: address.family, number } };
  }
}
