import {
  explainRefusal,
  explainVerdict,
  type Ipam,
  type PoolVerdict,
  type Refusal,
  type Wish,
} from '@picluster/ipam';
import { reasonOf } from './condition-reason.ts';
import type { PoolPolicy } from './pool-policy.ts';
import type { ServiceView } from './service-view.ts';

/** Why a Service got nothing: one word for programs, one sentence for people. */
export interface WhyNot {
  /** The reason of the condition. */
  readonly reason: string;
  readonly why: string;
}

/** A sentence names so many pools. */
const POOLS_NAMED_MAX = 8;

/** Those that come nearest to helping are named first. */
const WEIGHT = {
  fits: 0,
  full: 1,
  'family-missing': 2,
  'auto-assign-off': 3,
  'not-eligible': 4,
} as const satisfies Record<PoolVerdict['code'], number>;

const REASON = {
  fits: 'Unknown',
  full: 'PoolFull',
  'family-missing': 'FamilyMissing',
  'auto-assign-off': 'AutoAssignOff',
  'not-eligible': 'NoEligiblePool',
} as const satisfies Record<PoolVerdict['code'], string>;

/** What the words depend on. */
export interface WhyContext {
  readonly service: ServiceView;
  readonly policy: PoolPolicy;
  readonly ipam: Ipam;
}

/** A refusal of what a Service asked for by address or by pool. */
export function whyRefused({ service, policy }: WhyContext, reason: Refusal): WhyNot {
  const why = explainRefusal(reason, (pool) => policy.objection(pool, service));
  return { reason: reasonOf(reason.code), why: why + refusedPools(policy) };
}

/** Why no pool at all had an address for `wish`: each pool that was considered, and why it was passed over. */
export function whyNone(context: WhyContext, wish: Wish, reason: Refusal): WhyNot {
  const { service, policy, ipam } = context;
  const verdicts = ipam.explain(wish).toSorted((a, b) => WEIGHT[a.code] - WEIGHT[b.code]);
  const [first] = verdicts;
  if (first === undefined || reason.code === 'pool-not-allowed') return whyRefused(context, reason);
  const clauses = verdicts
    .slice(0, POOLS_NAMED_MAX)
    .map((each) => explainVerdict(each, (pool) => policy.objection(pool, service)));
  const rest = verdicts.length - clauses.length;
  if (rest > 0) clauses.push(`and ${rest} more`);
  const why = `no available IPs: ${clauses.join('; ')}`;
  return { reason: REASON[first.code], why: why + refusedPools(policy) };
}

/** A pool of which nothing is in force may be the one that was meant. */
function refusedPools({ notInForce }: PoolPolicy): string {
  return notInForce
    .slice(0, POOLS_NAMED_MAX)
    .map((pool) => `; pool ${pool} is refused as it is written: see its events`)
    .join('');
}
