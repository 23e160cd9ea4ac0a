import { CONDITION, type Condition, type IPAddressPoolStatus } from '@picluster/api';
import { nextConditions, type Verdict } from '@picluster/api';
import type { PoolUsage } from './controller-metrics.ts';
import type { RefusedPool } from './pool-book.ts';
import type { PoolView } from './pool-view.ts';

/** JSON numbers are exact up to here; a pool of more free addresses says this. */
const COUNT_MAX = BigInt(Number.MAX_SAFE_INTEGER);
const COUNTERS = ['assignedIPv4', 'assignedIPv6', 'availableIPv4', 'availableIPv6'] as const;

/** What the status of a pool shall say, where it does not say so yet. `usage` is `undefined` of a pool of which nothing is in force. `now` is RFC 3339. */
export function poolStatus(
  pool: PoolView,
  usage: PoolUsage | undefined,
  refused: RefusedPool | undefined,
  now: string,
): IPAddressPoolStatus | undefined {
  const { status, generation } = pool;
  const counters = countersOf(usage);
  const said = nextConditions(pool.conditions, CONDITION.ACCEPTED, poolVerdict(refused), {
    generation,
    now,
  });
  const same = COUNTERS.every((field) => status?.[field] === counters[field]);
  // A pool that is in force and says nothing of it is not written to only for that.
  const goesWithout = refused === undefined && ownCondition(pool) === undefined;
  if (same && (said === undefined || goesWithout)) return undefined;
  return said === undefined ? counters : { ...counters, conditions: [...said] };
}

/** Whether the pool object says already what there is to say of its refusal. */
export function saysRefusal(pool: PoolView, refused: RefusedPool): boolean {
  const own = ownCondition(pool);
  return own?.status === 'False' && own.message === poolVerdict(refused).message;
}

/** What is to be said of a pool, refused or not. */
export function poolVerdict(refused: RefusedPool | undefined): Verdict {
  if (refused === undefined) {
    return { status: 'True', reason: 'Accepted', message: 'in force as it is written' };
  }
  const { problem, lastGoodStays } = refused;
  const rest = lastGoodStays ? 'its last good version stays in force' : 'it is not in use';
  return { status: 'False', reason: 'ConfigurationError', message: `${problem}; ${rest}` };
}

function ownCondition({ conditions }: PoolView): Condition | undefined {
  return conditions.find(({ type }) => type === CONDITION.ACCEPTED);
}

function countersOf(usage: PoolUsage | undefined): Omit<IPAddressPoolStatus, 'conditions'> {
  if (usage === undefined) {
    return { assignedIPv4: 0, assignedIPv6: 0, availableIPv4: 0, availableIPv6: 0 };
  }
  const { ipv4, ipv6 } = usage;
  return {
    assignedIPv4: Number(ipv4.used),
    assignedIPv6: Number(ipv6.used),
    availableIPv4: clamped(ipv4.capacity - ipv4.used),
    availableIPv6: clamped(ipv6.capacity - ipv6.used),
  };
}

function clamped(count: bigint): number {
  return Number(count < COUNT_MAX ? count : COUNT_MAX);
}
