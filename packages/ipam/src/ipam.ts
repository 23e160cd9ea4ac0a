import { formatAddress, parseAddress, type Address, type Family } from './address.ts';
import { exhausted, familyChoices, hasFamilies } from './families.ts';
import { Holds, type Hold, type Place } from './holds.ts';
import { PoolTable } from './pool-table.ts';
import type { PoolVerdict } from './pool-verdict.ts';
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
  readonly #holds: Holds;

  private constructor(
    table: PoolTable,
    uses: SortedMap<string, PoolUse>,
    held: SortedMap<string, Held>,
    holds: Holds,
  ) {
    this.#table = table;
    this.#uses = uses;
    this.#held = held;
    this.#holds = holds;
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
    return { ok: true, ipam: new Ipam(made.table, uses, SortedMap.empty(), Holds.empty()) };
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

  /** The addresses that are kept for `owner` since it gave them back, and until when. */
  holdOf(
    owner: string,
  ): { readonly addresses: readonly string[]; readonly untilMs: number } | undefined {
    const hold = this.#holds.get(owner);
    return hold === undefined ? undefined : { addresses: hold.addresses, untilMs: hold.untilMs };
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
   * An owner that holds something keeps it: the answer is what it holds, under the wish's sharing terms. One for which addresses are kept gets
   * those, where they still fit.
   */
  allocate(owner: string, wish: Wish): Outcome {
    const held = this.#held.get(owner);
    if (held !== undefined) return this.request(owner, held.allocation.addresses, wish);
    const again = this.reclaim(owner, wish);
    if (again !== undefined) return again;
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

  /**
   * Gives `owner` the addresses that are kept for it, from whichever pool; `undefined` where there are none, or they do not fit the wish, or
   * somebody has them by now.
   */
  reclaim(owner: string, wish: Wish): Outcome | undefined {
    const hold = this.#holds.get(owner);
    if (hold === undefined || this.#held.has(owner)) return undefined;
    const pools = this.#candidates(wish);
    const pool = 'code' in pools ? undefined : pools.find(({ name }) => name === hold.pool);
    if (pool === undefined) return undefined;
    const fits = familyChoices(wish).some(
      (choice) =>
        choice.length === hold.places.length &&
        hold.places.every(({ family }) => choice.includes(family)),
    );
    const use = this.#useOf(pool.name);
    const isFree = hold.places.every(
      ({ family, number }) => use[family].conflict(number, owner, wish.sharing) === undefined,
    );
    return fits && isFree ? this.#give(owner, pool, hold.places, wish.sharing) : undefined;
  }

  /**
   * Says of each pool why `allocate` passes it over, or that it fits: of all pools in the order in which they are tried, or of the one that is
   * named. Empty where there is none. O(pools · log n).
   */
  explain(wish: Wish): readonly PoolVerdict[] {
    const named = this.pools.filter(({ name }) => wish.pool === undefined || name === wish.pool);
    return named.map((pool) => this.#verdict(pool, wish));
  }

  /**
   * Takes away what `owner` holds; the same value where that is nothing. With `keepUntilMs`, on the caller's clock, its addresses are kept for it
   * until then: others get one of them only by asking for it, or when its pool has no other left.
   */
  release(owner: string, keepUntilMs?: number): Ipam {
    const held = this.#held.get(owner);
    if (held === undefined) return this;
    const { pool, addresses } = held.allocation;
    const rest = updated(this.#useOf(pool), held.places, (use, number) => use.drop(number, owner));
    const freed = new Ipam(
      this.#table,
      this.#uses.with(pool, rest),
      this.#held.without(owner),
      this.#holds,
    );
    if (keepUntilMs === undefined) return freed;
    return freed.#keep(owner, { pool, addresses, places: held.places, untilMs: keepUntilMs });
  }

  /** Ends the holds whose time is over at `nowMs`. The same value where there is none. O(log n) for each that ends. */
  expire(nowMs: number): Ipam {
    const owner = this.#holds.expired(nowMs);
    return owner === undefined ? this : Ipam.#expireFrom(this, owner, nowMs);
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
    return { ok: true, next: Ipam.#keepAll(next, this.#holds), dropped: refused };
  }

  static #expireFrom(start: Ipam, first: string, nowMs: number): Ipam {
    let next = start;
    for (let owner: string | undefined = first; owner !== undefined;) {
      next = next.#unkeep(owner);
      owner = next.#holds.expired(nowMs);
    }
    return next;
  }

  /** Keeps for each owner what was kept for it, where a pool has it. */
  static #keepAll(start: Ipam, holds: Holds): Ipam {
    let next = start;
    for (const [owner, { addresses, untilMs }] of holds) {
      const found = next.#locate(addresses);
      if ('code' in found) continue;
      next = next.#keep(owner, { pool: found.pool.name, addresses, places: found.places, untilMs });
    }
    return next;
  }

  #keep(owner: string, hold: Hold): Ipam {
    const { pool, places } = hold;
    const base = this.#unkeep(owner);
    const use = updated(base.#useOf(pool), places, (each, number) => each.keep(number));
    return new Ipam(
      this.#table,
      base.#uses.with(pool, use),
      this.#held,
      base.#holds.with(owner, hold),
    );
  }

  #unkeep(owner: string): Ipam {
    const hold = this.#holds.get(owner);
    if (hold === undefined) return this;
    const { pool, places } = hold;
    const use = updated(this.#useOf(pool), places, (each, number) => each.unkeep(number));
    return new Ipam(
      this.#table,
      this.#uses.with(pool, use),
      this.#held,
      this.#holds.without(owner),
    );
  }

  #verdict(pool: Pool, wish: Wish): PoolVerdict {
    const { families, sharing } = wish;
    const { name } = pool;
    if (wish.eligible?.(pool) === false) return { pool: name, code: 'not-eligible' };
    if (wish.pool === undefined && !pool.autoAssign) return { pool: name, code: 'auto-assign-off' };
    const choices = familyChoices(wish);
    if (choices.some((each) => this.#firstPlaces(pool, each, sharing) !== undefined))
      return { pool: name, code: 'fits' };
    if (!hasFamilies(pool, families)) return { pool: name, code: 'family-missing', families };
    for (const family of ['ipv4', 'ipv6'] as const) {
      if (!choices.some((each) => each.includes(family))) continue;
      const use = this.#useOf(name)[family];
      const obstacle = use.firstFor(sharing) === undefined ? use.obstacle(sharing) : undefined;
      if (obstacle === undefined) continue;
      const address = textOf(pool, { family, number: obstacle.number });
      return { pool: name, code: 'full', families, obstacle: { ...obstacle.conflict, address } };
    }
    return { pool: name, code: 'full', families };
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
    const base = this.#unkeep(owner);
    const use = updated(base.#useOf(pool.name), places, (each, number) =>
      each.hold(number, owner, sharing),
    );
    const addresses = places.map((place) => textOf(pool, place));
    const held = { allocation: { pool: pool.name, addresses, sharing }, places };
    const next = new Ipam(
      this.#table,
      base.#uses.with(pool.name, use),
      this.#held.with(owner, held),
      base.#holds,
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
