import { ANNOTATION } from '@picluster/api';
import type { StatusPatch } from '@picluster/kube';
import type { ServiceView } from './service-view.ts';

/**
 * The one write that makes a Service show these addresses and this pool; `undefined` where it shows them already, so that nothing is
 * ever written without a change. Other fields of an entry, such as `ipMode`, are the API server's and do not count as a difference.
 */
export function servicePatch(
  service: ServiceView,
  addresses: readonly string[],
  pool: string | undefined,
): StatusPatch | undefined {
  const { ingress, allocatedFromPool, resourceVersion } = service;
  const same =
    ingress.length === addresses.length &&
    ingress.every(({ ip, hostname }, at) => ip === addresses[at] && hostname === '');
  if (same && allocatedFromPool === pool) return undefined;
  return {
    resourceVersion,
    status: same
      ? {}
      : {
          loadBalancer: {
            ingress: addresses.length === 0 ? null : addresses.map((ip) => ({ ip })),
          },
        },
    annotations: { [ANNOTATION.IP_ALLOCATED_FROM_POOL]: pool ?? null },
  };
}
