import type { Ipam } from '@picluster/ipam';
import { claimOf } from './converge.ts';
import type { PoolPolicy } from './pool-policy.ts';
import { byAge, keyOfService, type ServiceView } from './service-view.ts';

/**
 * Takes over from the status of the Services who has which address, before anything is given away. Where two show the same one, and may not
 * share it, the older Service has it (then the one whose key comes first); the other is dealt with when it is looked at.
 */
export function replay(ipam: Ipam, policy: PoolPolicy, services: Iterable<ServiceView>): Ipam {
  const known = byAge(services)
    .map((service) => ({
      service,
      addresses: service.ingress.filter(({ ip }) => ip !== '').map(({ ip }) => ip),
    }))
    .filter(({ service, addresses }) => service.type === 'LoadBalancer' && addresses.length > 0)
    .map(({ service, addresses }) => {
      const { sharing, eligible } = claimOf({ service, policy });
      return { owner: keyOfService(service), addresses, sharing, eligible };
    });
  return ipam.reserve(known).next;
}
