import { formatAddress, parseAddress, type Address, type Family } from './address.ts';
import { PoolTable } from './pool-table.ts';
import type { Pool, PoolProblem } from './pool.ts';
import type { Families, Refusal } from './refusal.ts';
import type { Sharing } from './sharing.ts';
import { SortedMap } from './sorted-map.ts';
import { SpaceUse } from './space-use.ts';

/** What one owner holds. */
export interface Allocation {
  readonly pool: string;
  /** One address, or one of each family. */
  readonly addresses: readonly string[];
  readonly sharing: Sharing | undefined;
}

/** What a step gives: the next value and what the owner now holds, or the reason why nothing changed. */
export type Outcome =
  | {
      readonly ok: true;
      readonly next: Ipam;
      readonly addresses: readonly string[];
      readonly pool: string;
    }
  | { readonly ok: false; readonly reason: Refusal };

/** What an owner wants when it leaves the choice of the address to us. */
export interface Wish {
  readonly families: Families;
  /** Under `prefer-dual`, the family to take where only one can be had. Default IPv4. */
  readonly preferred?: Family;
  /** Only from this pool, even where it has `autoAssign: false`. */
  readonly pool?: string;
  /** Without `pool`: which pools may be used. Default: all that have `autoAssign`, which is required in any case. */
  readonly eligible?: ((pool: Pool) => boolean) | undefined;
  readonly sharing?: Sharing | undefined;
}

/** What an owner wants when it names the addresses. */
export interface Claim {
  readonly sharing?: Sharing | undefined;
  /** Whether the pool that has the addresses may be used. Default: any; `autoAssign` does not matter here. */
  readonly eligible?: ((pool: Pool) => boolean) | undefined;
}

/** Who is known to hold what, from before a restart. */
export interface KnownHolder extends Claim {
  readonly owner: string;
  readonly addresses: readonly string[];
}

/** Who could not be given what it was known to hold. */
export interface RefusedHolder {
  readonly owner: string;
  readonly reason: Refusal;
}

/** Use of one family of a pool. */
export interface FamilyUsage {
  /** Usable addresses; a /64 has 2⁶⁴ of them. */
  readonly capacity: bigint;
  /** Addresses in use; a shared one counts once. */
  readonly used: bigint;
}

interface Held {
  readonly allocation: Allocation;
  readonly places: readonly Place[];
}

/** One address, as its pool numbers it. */
interface Place {
  readonly family: Family;
  readonly number: bigint;
}

type PoolUse = Readonly<Record<Family, SpaceUse>>;

/**
 * Who holds which address of which pool. An immutable value: every step returns the next one, and the old one stays good.
 *
 * An owner (any text, such as `namespace/name`) holds at most one allocation: one address, or one of each family from one pool. The least free address is
 * given first, ranges in the order in which the pool lists them; an owner with a sharing key takes the least address that it can have, be it shared or free.
 * Each step is O(log n) in what is in use and does not depend on the size of the pools.
 */
export class Ipam {
  readonly #table: PoolTable;
  readonly #uses: SortedMap<string, PoolUse>;
  readonly #held: SortedMap<string, Held>;

  private constructor(
    table: PoolTable,
    uses: SortedMap<string, PoolUse>,
    held: SortedMap<string, Held>,
  ) {
    this.#table = table;
    this.#uses = uses;
    this.#held = held;
  }

  /** Nothing in use. Refuses two pools of one name, and pools that overlap. */
  static create(
    pools: readonly Pool[],
  ):
    | { readonly ok: true; readonly ipam: Ipam }
    | { readonly ok: false; readonly problem: PoolProblem } {
    const made = PoolTable.create(pools);
    if (!made.ok) return made;
    let uses = SortedMap.empty<string, PoolUse>();
    for (const { name, spaces } of pools) {
      uses = uses.with(name, { ipv4: SpaceUse.of(spaces.ipv4), ipv6: SpaceUse.of(spaces.ipv6) });
    }
    return { ok: true, ipam: new Ipam(made.table, uses, SortedMap.empty()) };
  }

  /** The pools in the order in which they are tried: priority, then name. */
  get pools(): readonly Pool[] {
    return this.#table.ordered;
  }

  /** What `owner` holds. */
  allocationOf(owner: string): Allocation | undefined {
    return this.#held.get(owner)?.allocation;
  }

  /** All that is held, in order of the owner's name. */
  *allocations(): IterableIterator<readonly [owner: string, allocation: Allocation]> {
    for (const [owner, { allocation }] of this.#held) yield [owner, allocation];
  }

  /** The pool that has `address` as a usable one. */
  poolOf(address: string): Pool | undefined {
    const parsed = parseAddress(address);
    if (!parsed.ok) return undefined;
    const pool = this.#table.containing(parsed.address);
    return pool?.spaces[parsed.address.family].numberOf(parsed.address.value) === undefined
      ? undefined
      : pool;
  }

  /** Capacity and use of a pool, or `undefined` where there is no such pool. */
  usage(pool: string): Readonly<Record<Family, FamilyUsage>> | undefined {
    const use = this.#uses.get(pool);
    return use === undefined ? undefined : { ipv4: usageOf(use.ipv4), ipv6: usageOf(use.ipv6) };
  }

  /**
   * Gives `owner` the least address that fits its wish, from the first pool that has one. Both addresses of a dual-stack owner are of one pool; under
   * `prefer-dual` a later pool with both families beats an earlier one with a single family.
   *
   * An owner that holds something keeps it: the answer is what it holds, under the wish's sharing terms.
   */
  allocate(owner: string, wish: Wish): Outcome {
    const held = this.#held.get(owner);
    if (held !== undefined) return this.request(owner, held.allocation.addresses, wish);
    const pools = this.#candidates(wish);
    if ('code' in pools) return { ok: false, reason: pools };
    for (const families of familyChoices(wish)) {
      for (const pool of pools) {
        const places = this.#firstPlaces(pool, families, wish.sharing);
        if (places !== undefined) return this.#give(owner, pool, places, wish.sharing);
      }
    }
    return { ok: false, reason: exhausted(pools, wish.families) };
  }

  /**
   * Gives `owner` exactly these addresses (one, or one of each family, all of one pool), in place of what it holds. Asking again for what it holds
   * changes nothing but the sharing terms. A refusal leaves it what it has.
   */
  request(owner: string, addresses: readonly string[], claim: Claim = {}): Outcome {
    const found = this.#locate(addresses);
    if ('code' in found) return { ok: false, reason: found };
    if (claim.eligible?.(found.pool) === false) {
      return { ok: false, reason: { code: 'pool-not-allowed', pool: found.pool.name } };
    }
    for (const [at, { family, number }] of found.places.entries()) {
      const conflict = this.#useOf(found.pool.name)[family].conflict(number, owner, claim.sharing);
      if (conflict !== undefined)
        return { ok: false, reason: { ...conflict, address: found.texts[at] ?? '' } };
    }
    return this.release(owner).#give(owner, found.pool, found.places, claim.sharing);
  }

  /**
   * Gives an owner of one address one of the other family too, from the same pool. What it holds comes first in the result. An owner of both keeps them.
   */
  extend(owner: string, sharing?: Sharing): Outcome {
    const held = this.#held.get(owner);
    if (held === undefined) return { ok: false, reason: { code: 'nothing-held', owner } };
    const { pool: name, addresses } = held.allocation;
    const pool = this.#table.byName(name);
    const [place] = held.places;
    if (pool === undefined || place === undefined) throw new Error(`"${owner}" is in no pool`);
    if (held.places.length > 1) return { ok: true, next: this, addresses, pool: name };
    const family = place.family === 'ipv4' ? 'ipv6' : 'ipv4';
    const more = this.#firstPlaces(pool, [family], sharing);
    if (more === undefined) return { ok: false, reason: exhausted([pool], family) };
    const all = [...addresses, ...more.map((each) => textOf(pool, each))];
    return this.request(owner, all, { sharing });
  }

  /** Takes away what `owner` holds; the same value where that is nothing. */
  release(owner: string): Ipam {
    const held = this.#held.get(owner);
    if (held === undefined) return this;
    const { pool } = held.allocation;
    const rest = updated(this.#useOf(pool), held.places, (use, number) => use.drop(number, owner));
    return new Ipam(this.#table, this.#uses.with(pool, rest), this.#held.without(owner));
  }

  /**
   * Requests for many owners what they are known to have, in the given order: the replay at a start. Who is refused holds nothing and is listed.
   */
  reserve(known: Iterable<KnownHolder>): {
    readonly next: Ipam;
    readonly refused: readonly RefusedHolder[];
  } {
    return reserveAll(this, known);
  }

  /**
   * The same holders over other pools: each keeps its addresses where one new pool has them all, whatever that pool is called; the others are dropped
   * and listed. O(n log n).
   */
  withPools(pools: readonly Pool[]):
    | {
        readonly ok: true;
        readonly next: Ipam;
        readonly dropped: readonly RefusedHolder[];
      }
    | { readonly ok: false; readonly problem: PoolProblem } {
    const made = Ipam.create(pools);
    if (!made.ok) return made;
    const known = [...this.#held].map(([owner, { allocation }]) => ({
      owner,
      addresses: allocation.addresses,
      sharing: allocation.sharing,
    }));
    const { next, refused } = made.ipam.reserve(known);
    return { ok: true, next, dropped: refused };
  }

  #useOf(pool: string): PoolUse {
    const use = this.#uses.get(pool);
    if (use === undefined) throw new Error(`there is no pool ${pool}`);
    return use;
  }

  #candidates(wish: Wish): readonly Pool[] | Refusal {
    if (wish.pool !== undefined) {
      const pool = this.#table.byName(wish.pool);
      if (pool === undefined) return { code: 'pool-unknown', pool: wish.pool };
      return wish.eligible?.(pool) === false
        ? { code: 'pool-not-allowed', pool: pool.name }
        : [pool];
    }
    if (this.pools.length === 0) return { code: 'no-pools' };
    const eligible = this.pools.filter((pool) => wish.eligible?.(pool) ?? true);
    if (eligible.length === 0) return { code: 'no-eligible-pool' };
    const open = eligible.filter((pool) => pool.autoAssign);
    return open.length > 0
      ? open
      : { code: 'auto-assign-off', pools: eligible.map((pool) => pool.name) };
  }

  /** The least place of each family, or `undefined` when one family has none. */
  #firstPlaces(
    pool: Pool,
    families: readonly Family[],
    sharing: Sharing | undefined,
  ): readonly Place[] | undefined {
    const places: Place[] = [];
    for (const family of families) {
      const number = this.#useOf(pool.name)[family].firstFor(sharing);
      if (number === undefined) return undefined;
      places.push({ family, number });
    }
    return places;
  }

  #locate(
    texts: readonly string[],
  ):
    | { readonly pool: Pool; readonly places: readonly Place[]; readonly texts: readonly string[] }
    | Refusal {
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
    const pool = this.#table.containing(address);
    if (pool === undefined) return { code: 'not-in-any-pool', address: formatAddress(address) };
    const number = pool.spaces[address.family].numberOf(address.value);
    if (number === undefined)
      return { code: 'address-avoided', address: formatAddress(address), pool: pool.name };
    return { pool, place: { family: address.family, number } };
  }

  /** `places` must be free of conflict, and `owner` must hold nothing. */
  #give(
    owner: string,
    pool: Pool,
    places: readonly Place[],
    sharing: Sharing | undefined,
  ): Outcome {
    const use = updated(this.#useOf(pool.name), places, (each, number) =>
      each.hold(number, owner, sharing),
    );
    const addresses = places.map((place) => textOf(pool, place));
    const held = { allocation: { pool: pool.name, addresses, sharing }, places };
    const next = new Ipam(
      this.#table,
      this.#uses.with(pool.name, use),
      this.#held.with(owner, held),
    );
    return { ok: true, next, addresses, pool: pool.name };
  }
}

function reserveAll(
  start: Ipam,
  known: Iterable<KnownHolder>,
): { readonly next: Ipam; readonly refused: readonly RefusedHolder[] } {
  let next = start;
  const refused: RefusedHolder[] = [];
  for (const holder of known) {
    const outcome = next.request(holder.owner, holder.addresses, holder);
    if (outcome.ok) next = outcome.next;
    else refused.push({ owner: holder.owner, reason: outcome.reason });
  }
  return { next, refused };
}

/** `use` with each of `places` changed. */
function updated(
  use: PoolUse,
  places: readonly Place[],
  change: (use: SpaceUse, number: bigint) => SpaceUse,
): PoolUse {
  const next = { ipv4: use.ipv4, ipv6: use.ipv6 };
  for (const { family, number } of places) next[family] = change(next[family], number);
  return next;
}

function textOf(pool: Pool, { family, number }: Place): string {
  return formatAddress({ family, value: pool.spaces[family].addressAt(number) });
}

function usageOf(use: SpaceUse): FamilyUsage {
  return { capacity: use.space.capacity, used: BigInt(use.used) };
}

/** The sets of families that would do, best first. */
function familyChoices({ families, preferred }: Wish): readonly (readonly Family[])[] {
  if (families === 'dual') return [['ipv4', 'ipv6']];
  if (families !== 'prefer-dual') return [[families]];
  const alone: Family[] = preferred === 'ipv6' ? ['ipv6', 'ipv4'] : ['ipv4', 'ipv6'];
  return [['ipv4', 'ipv6'], ...alone.map((family) => [family])];
}

function exhausted(pools: readonly Pool[], families: Families): Refusal {
  const names = pools.map((pool) => pool.name);
  const has = (pool: Pool): boolean =>
    familyChoices({ families }).some((choice) =>
      choice.every((family) => pool.spaces[family].capacity > 0n),
    );
  return pools.some(has)
    ? { code: 'pool-full', pools: names, families }
    : { code: 'family-missing', pools: names, families };
}
