import { createClientMetrics, type ClientMetrics, type Metrics } from '@picluster/daemon';
import type { Family, FamilyUsage } from '@picluster/ipam';

/** How much of a pool is in use, by family. */
export type PoolUsage = Readonly<Record<Family, FamilyUsage>>;

/** What the controller counts. Names and labels are MetalLB's where MetalLB has them. */
export interface ControllerMetrics extends ClientMetrics {
  /** The state of a pool, with the number of Services that have addresses of it; `undefined`: there is no such pool any more. */
  pool(name: string, usage: PoolUsage | undefined, services: number): void;
  /** So many Services do not have what they ask for, by the reason of their condition; 0: none any more. */
  refused(reason: string, services: number): void;
}

/** Makes the controller's metrics in the registry of the daemon. */
export function createControllerMetrics(metrics: Metrics): ControllerMetrics {
  const gauge = (name: string, help: string) =>
    metrics.gauge(`metallb_allocator_${name}`, help, ['pool']);
  const gauges = {
    total: gauge('addresses_total', 'Usable addresses of the pool.'),
    totalIPv4: gauge('ipv4_addresses_total', 'Usable IPv4 addresses of the pool.'),
    totalIPv6: gauge('ipv6_addresses_total', 'Usable IPv6 addresses of the pool.'),
    used: gauge('addresses_in_use_total', 'Addresses of the pool in use.'),
    usedIPv4: gauge('ipv4_addresses_in_use_total', 'IPv4 addresses of the pool in use.'),
    usedIPv6: gauge('ipv6_addresses_in_use_total', 'IPv6 addresses of the pool in use.'),
    services: gauge('services_allocated_total', 'Services that have addresses of the pool.'),
  };
  const client = createClientMetrics(metrics, {
    loaded: '1 once the pools were read.',
    stale: '1 while a pool is refused as it is written.',
  });
  const refused = metrics.gauge(
    'picluster_services_refused',
    'Services that do not have what they ask for, by the reason of their condition.',
    ['reason'],
  );
  return {
    ...client,
    pool: (pool, usage, services) => {
      if (usage === undefined) {
        for (const each of Object.values(gauges)) each.remove({ pool });
        return;
      }
      const { ipv4, ipv6 } = usage;
      gauges.total.set(Number(ipv4.capacity + ipv6.capacity), { pool });
      gauges.totalIPv4.set(Number(ipv4.capacity), { pool });
      gauges.totalIPv6.set(Number(ipv6.capacity), { pool });
      gauges.used.set(Number(ipv4.used + ipv6.used), { pool });
      gauges.usedIPv4.set(Number(ipv4.used), { pool });
      gauges.usedIPv6.set(Number(ipv6.used), { pool });
      gauges.services.set(services, { pool });
    },
    refused: (reason, count) => {
      if (count > 0) refused.set(count, { reason });
      else refused.remove({ reason });
    },
  };
}
