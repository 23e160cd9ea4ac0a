import type { Family } from './address.ts';
import type {
  Allocation,
  Claim,
  FamilyUsage,
  KnownHolder,
  RefusedHolder,
  Wish,
} from './allocation.ts';
import { exhausted, familyChoices } from './families.ts';
import { Holds, type Hold, type Place } from './holds.ts';
import { PoolTable } from './pool-table.ts';
import { PoolUses, textOf } from './pool-uses.ts';
import type { PoolVerdict } from './pool-verdict.ts';
import type { Pool, PoolProblem } from './pool.ts';
import type { Refusal } from './refusal.ts';
import type { Sharing } from './sharing.ts';
import { SortedMap } from './sorted-map.ts';

/** What a step gives: the next value and what the owner now holds, or the reason why nothing changed. */
export type Outcome =
  | {
      readonly ok: true;
      readonly next: Ipam;
      readonly addresses: readonly string[];
      readonly pool: string;
    }
  | { readonly ok: false; readonly reason: Refusal };

interface Held {
  readonly allocation: Allocation;
  readonly places: readonly Place[];
}

/** What changes from step to step. */
interface State {
  readonly uses: PoolUses;
  readonly held: SortedMap<string, Held>;
  readonly holds: Holds;
}

/**
 * Who holds which address of which pool. An immutable value: every step returns the next one, and the old one stays good.
 *
 * An owner (any text, such as `namespace/name`) holds at most one allocation: one address, or one of each family from one pool. The least free address is
 * given first, ranges in the order in which the pool lists them; an owner with a sharing key takes the least address that it can have, be it shared or free.
 * Each step is O(log n) in what is in use and does not depend on the size of the pools.
 */
export class Ipam {
  readonly #table: PoolTable;
  readonly #uses: PoolUses;
  readonly #held: SortedMap<string, Held>;
  readonly #holds: Holds;

  private constructor(table: PoolTable, { uses, held, holds }: State) {
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
    const nothing = {
      uses: PoolUses.of(pools),
      held: SortedMap.empty<string, Held>(),
      holds: Holds.empty(),
    };
    return { ok: true, ipam: new Ipam(made.table, nothing) };
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
    const found = this.#table.locate([address]);
    return 'code' in found ? undefined : found.pool;
  }

  /** Capacity and use of a pool, or `undefined` where there is no such pool. */
  usage(pool: string): Readonly<Record<Family, FamilyUsage>> | undefined {
    return this.#uses.usage(pool);
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
    const pools = this.#table.candidates(wish);
    if ('code' in pools) return { ok: false, reason: pools };
    for (const families of familyChoices(wish)) {
      for (const pool of pools) {
        const places = this.#uses.firstPlaces(pool, families, wish.sharing);
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
    const found = this.#table.locate(addresses);
    if ('code' in found) return { ok: false, reason: found };
    if (claim.eligible?.(found.pool) === false) {
      return { ok: false, reason: { code: 'pool-not-allowed', pool: found.pool.name } };
    }
    for (const [at, place] of found.places.entries()) {
      const conflict = this.#uses.conflict(found.pool.name, place, owner, claim.sharing);
      if (conflict !== undefined)
        return { ok: false, reason: { ...conflict, address: found.texts[at] ?? '' } };
    }
    const { pool, places, texts } = found;
    return this.release(owner).#give(owner, pool, places, claim.sharing, texts);
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
    const more = this.#uses.firstPlaces(pool, [family], sharing);
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
    const pools = this.#table.candidates(wish);
    const pool = 'code' in pools ? undefined : pools.find(({ name }) => name === hold.pool);
    if (pool === undefined) return undefined;
    const fits = familyChoices(wish).some(
      (choice) =>
        choice.length === hold.places.length &&
        hold.places.every(({ family }) => choice.includes(family)),
    );
    const isFree = hold.places.every(
      (place) => this.#uses.conflict(pool.name, place, owner, wish.sharing) === undefined,
    );
    return fits && isFree ? this.#give(owner, pool, hold.places, wish.sharing) : undefined;
  }

  /**
   * Says of each pool why `allocate` passes it over, or that it fits: of all pools in the order in which they are tried, or of the one that is
   * named. Empty where there is none. O(pools · log n).
   */
  explain(wish: Wish): readonly PoolVerdict[] {
    const named = this.pools.filter(({ name }) => wish.pool === undefined || name === wish.pool);
    return named.map((pool) => this.#uses.verdict(pool, wish));
  }

  /**
   * Takes away what `owner` holds; the same value where that is nothing. With `keepUntilMs`, on the caller's clock, its addresses are kept for it
   * until then: others get one of them only by asking for it, or when its pool has no other left.
   */
  release(owner: string, keepUntilMs?: number): Ipam {
    const held = this.#held.get(owner);
    if (held === undefined) return this;
    const { pool, addresses } = held.allocation;
    const freed = this.#with({
      uses: this.#uses.drop(pool, held.places, owner),
      held: this.#held.without(owner),
    });
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
      const found = next.#table.locate(addresses);
      if ('code' in found) continue;
      next = next.#keep(owner, { pool: found.pool.name, addresses, places: found.places, untilMs });
    }
    return next;
  }

  #with(changed: Partial<State>): Ipam {
    const now = { uses: this.#uses, held: this.#held, holds: this.#holds };
    return new Ipam(this.#table, { ...now, ...changed });
  }

  #keep(owner: string, hold: Hold): Ipam {
    const { pool, places } = hold;
    const base = this.#unkeep(owner);
    return base.#with({
      uses: base.#uses.keep(pool, places),
      holds: base.#holds.with(owner, hold),
    });
  }

  #unkeep(owner: string): Ipam {
    const hold = this.#holds.get(owner);
    if (hold === undefined) return this;
    const { pool, places } = hold;
    return this.#with({
      uses: this.#uses.unkeep(pool, places),
      holds: this.#holds.without(owner),
    });
  }

  /** `places` must be free of conflict, and `owner` must hold nothing. `addresses` are their texts. */
  #give(
    owner: string,
    pool: Pool,
    places: readonly Place[],
    sharing: Sharing | undefined,
    addresses: readonly string[] = places.map((place) => textOf(pool, place)),
  ): Outcome {
    const base = this.#unkeep(owner);
    const held = { allocation: { pool: pool.name, addresses, sharing }, places };
    const next = base.#with({
      uses: base.#uses.hold(pool.name, places, owner, sharing),
      held: base.#held.with(owner, held),
    });
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
