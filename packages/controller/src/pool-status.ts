import type { IPAddressPoolStatus } from '@picluster/api';
import type { PoolUsage } from './controller-metrics.ts';

/** JSON numbers are exact up to here; a pool of more free addresses says this. */
const COUNT_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** What the status of a pool shall say. */
export function poolStatus({ ipv4, ipv6 }: PoolUsage): IPAddressPoolStatus {
  return {
    assignedIPv4: Number(ipv4.used),
    assignedIPv6: Number(ipv6.used),
    availableIPv4: clamped(ipv4.capacity - ipv4.used),
    availableIPv6: clamped(ipv6.capacity - ipv6.used),
  };
}

/** Whether a status says so already; a pool without a status says that nothing is used and nothing free. */
export function samePoolStatus(
  one: IPAddressPoolStatus | undefined,
  other: IPAddressPoolStatus,
): boolean {
  const fields = ['assignedIPv4', 'assignedIPv6', 'availableIPv4', 'availableIPv6'] as const;
  return fields.every((field) => one?.[field] === other[field]);
}

function clamped(count: bigint): number {
  return Number(count < COUNT_MAX ? count : COUNT_MAX);
}
