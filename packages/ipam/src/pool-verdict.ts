import {
  explainRefusal,
  FAMILY_NAMES,
  type Families,
  type Objection,
  type Refusal,
} from './refusal.ts';

/** What prevents an owner from joining an address that is shared under its key. */
export type SharingObstacle = Extract<
  Refusal,
  { code: 'address-in-use' | 'sharing-conflict' | 'port-in-use' }
>;

/** What a pool has to offer for a wish: an address, or the reason why it is passed over. */
export type PoolVerdict =
  | { readonly pool: string; readonly code: 'fits' | 'not-eligible' | 'auto-assign-off' }
  | { readonly pool: string; readonly code: 'family-missing'; readonly families: Families }
  | {
      readonly pool: string;
      readonly code: 'full';
      readonly families: Families;
      /** Where others share an address under the same key: why that one cannot be had either. */
      readonly obstacle?: SharingObstacle;
    };

/** A verdict as one English clause that names the pool. `objection` says more of a pool that is not eligible. */
export function explainVerdict(verdict: PoolVerdict, objection?: Objection): string {
  const pool = `pool ${verdict.pool}`;
  switch (verdict.code) {
    case 'fits':
      return `${pool} has an address`;
    case 'not-eligible':
      return `${pool} ${objection?.(verdict.pool) ?? 'is not open to this service'}`;
    case 'auto-assign-off':
      return `${pool} gives addresses only on request (autoAssign is false)`;
    case 'family-missing':
      return `${pool} has no ${FAMILY_NAMES[verdict.families]} addresses`;
    case 'full': {
      const { obstacle, families } = verdict;
      const full = `${pool} has no free ${FAMILY_NAMES[families]} address`;
      return obstacle === undefined ? full : `${full} (${explainRefusal(obstacle)})`;
    }
  }
}
