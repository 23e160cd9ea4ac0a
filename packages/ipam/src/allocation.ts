import type { Family } from './address.ts';
import type { Pool } from './pool.ts';
import type { Families, Refusal } from './refusal.ts';
import type { Sharing } from './sharing.ts';

/** What one owner holds. */
export interface Allocation {
  readonly pool: string;
  /** One address, or one of each family. */
  readonly addresses: readonly string[];
  readonly sharing: Sharing | undefined;
}

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
