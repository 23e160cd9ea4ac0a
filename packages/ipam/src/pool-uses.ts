import { formatAddress, type Family } from './address.ts';
import type { FamilyUsage, Wish } from './allocation.ts';
import { familyChoices, hasFamilies } from './families.ts';
import type { Place } from './holds.ts';
import type { PoolVerdict } from './pool-verdict.ts';
import type { Pool } from './pool.ts';
import type { Sharing } from './sharing.ts';
import { SortedMap } from './sorted-map.ts';
import { SpaceUse, type HoldConflict } from './space-use.ts';

type PoolUse = Readonly<Record<Family, SpaceUse>>;

/** What is in use of each pool, and by whom. Immutable; every change is O(log n) for each address. Pools are named, and must be there. */
export class PoolUses {
  readonly #uses: SortedMap<string, PoolUse>;

  private constructor(uses: SortedMap<string, PoolUse>) {
    this.#uses = uses;
  }

  /** Nothing in use. */
  static of(pools: readonly Pool[]): PoolUses {
    let uses = SortedMap.empty<string, PoolUse>();
    for (const { name, spaces } of pools) {
      uses = uses.with(name, { ipv4: SpaceUse.of(spaces.ipv4), ipv6: SpaceUse.of(spaces.ipv6) });
    }
    return new PoolUses(uses);
  }

  /** Capacity and use of a pool, or `undefined` where there is no such pool. */
  usage(pool: string): Readonly<Record<Family, FamilyUsage>> | undefined {
    const use = this.#uses.get(pool);
    return use === undefined ? undefined : { ipv4: usageOf(use.ipv4), ipv6: usageOf(use.ipv6) };
  }

  /** Why `owner` cannot hold a place on these terms, or `undefined` when it can. */
  conflict(
    pool: string,
    { family, number }: Place,
    owner: string,
    sharing: Sharing | undefined,
  ): HoldConflict | undefined {
    return this.#of(pool)[family].conflict(number, owner, sharing);
  }

  /** With `places` held by `owner`, who must be free of conflict there. */
  hold(
    pool: string,
    places: readonly Place[],
    owner: string,
    sharing: Sharing | undefined,
  ): PoolUses {
    return this.#with(pool, places, (use, number) => use.hold(number, owner, sharing));
  }

  /** Without `owner` at these places. */
  drop(pool: string, places: readonly Place[], owner: string): PoolUses {
    return this.#with(pool, places, (use, number) => use.drop(number, owner));
  }

  /** With `places` kept for one more owner. */
  keep(pool: string, places: readonly Place[]): PoolUses {
    return this.#with(pool, places, (use, number) => use.keep(number));
  }

  /** With `places` kept for one owner less. */
  unkeep(pool: string, places: readonly Place[]): PoolUses {
    return this.#with(pool, places, (use, number) => use.unkeep(number));
  }

  /** The least place of each family, or `undefined` when one family has none. */
  firstPlaces(
    pool: Pool,
    families: readonly Family[],
    sharing: Sharing | undefined,
  ): readonly Place[] | undefined {
    const places: Place[] = [];
    for (const family of families) {
      const number = this.#of(pool.name)[family].firstFor(sharing);
      if (number === undefined) return undefined;
      places.push({ family, number });
    }
    return places;
  }

  /** What the pool has to offer for a wish. */
  verdict(pool: Pool, wish: Wish): PoolVerdict {
    const { families, sharing } = wish;
    const { name } = pool;
    if (wish.eligible?.(pool) === false) return { pool: name, code: 'not-eligible' };
    if (wish.pool === undefined && !pool.autoAssign) return { pool: name, code: 'auto-assign-off' };
    const choices = familyChoices(wish);
    if (choices.some((each) => this.firstPlaces(pool, each, sharing) !== undefined))
      return { pool: name, code: 'fits' };
    if (!hasFamilies(pool, families)) return { pool: name, code: 'family-missing', families };
    for (const family of ['ipv4', 'ipv6'] as const) {
      if (!choices.some((each) => each.includes(family))) continue;
      const use = this.#of(name)[family];
      const obstacle = use.firstFor(sharing) === undefined ? use.obstacle(sharing) : undefined;
      if (obstacle === undefined) continue;
      const address = textOf(pool, { family, number: obstacle.number });
      return { pool: name, code: 'full', families, obstacle: { ...obstacle.conflict, address } };
    }
    return { pool: name, code: 'full', families };
  }

  #of(pool: string): PoolUse {
    const use = this.#uses.get(pool);
    if (use === undefined) throw new Error(`there is no pool ${pool}`);
    return use;
  }

  #with(
    pool: string,
    places: readonly Place[],
    change: (use: SpaceUse, number: bigint) => SpaceUse,
  ): PoolUses {
    const { ipv4, ipv6 } = this.#of(pool);
    const next = { ipv4, ipv6 };
    for (const { family, number } of places) next[family] = change(next[family], number);
    return new PoolUses(this.#uses.with(pool, next));
  }
}

/** The address at a place of a pool. */
export function textOf(pool: Pool, { family, number }: Place): string {
  return formatAddress({ family, value: pool.spaces[family].addressAt(number) });
}

function usageOf(use: SpaceUse): FamilyUsage {
  return { capacity: use.space.capacity, used: BigInt(use.used) };
}
