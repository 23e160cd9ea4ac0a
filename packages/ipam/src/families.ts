import type { Family } from './address.ts';
import type { Pool } from './pool.ts';
import type { Families, Refusal } from './refusal.ts';

/** The sets of families that would do, best first. */
export function familyChoices({
  families,
  preferred,
}: {
  readonly families: Families;
  readonly preferred?: Family;
}): readonly (readonly Family[])[] {
  if (families === 'dual') return [['ipv4', 'ipv6']];
  if (families !== 'prefer-dual') return [[families]];
  const alone: Family[] = preferred === 'ipv6' ? ['ipv6', 'ipv4'] : ['ipv4', 'ipv6'];
  return [['ipv4', 'ipv6'], ...alone.map((family) => [family])];
}

/** Whether a pool has addresses of these families at all, in use or not. */
export function hasFamilies(pool: Pool, families: Families): boolean {
  return familyChoices({ families }).some((choice) =>
    choice.every((family) => pool.spaces[family].capacity > 0n),
  );
}

/** Why none of these pools has an address: it is full, or lacks the family. */
export function exhausted(pools: readonly Pool[], families: Families): Refusal {
  const names = pools.map((pool) => pool.name);
  return pools.some((pool) => hasFamilies(pool, families))
    ? { code: 'pool-full', pools: names, families }
    : { code: 'family-missing', pools: names, families };
}
