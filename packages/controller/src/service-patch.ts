import { ANNOTATION, CONDITION } from '@picluster/api';
import type { StatusPatch } from '@picluster/kube';
import { nextConditions, type Verdict } from '@picluster/api';
import type { ServiceView } from './service-view.ts';

/** What a Service shall show. */
export interface ServiceFace {
  /** `undefined`: whatever it shows now. */
  readonly addresses: readonly string[] | undefined;
  /** The pool that the addresses are of. */
  readonly pool: string | undefined;
  /** What its condition says; `undefined`: it has none. */
  readonly verdict: Verdict | undefined;
}

/**
 * The one write that makes a Service show this; `undefined` where it does already, so that nothing is ever written without a change. `now` is RFC 3339.
 *
 * Other fields of an entry, such as `ipMode`, are the API server's and do not count as a difference. A Service that shows the right address and no condition, as one that
 * MetalLB left, is not written to only to add one.
 */
export function servicePatch(
  service: ServiceView,
  { addresses, pool, verdict }: ServiceFace,
  now: string,
): StatusPatch | undefined {
  const { ingress, allocatedFromPool, resourceVersion, generation } = service;
  const sameIngress =
    addresses === undefined ||
    (ingress.length === addresses.length &&
      ingress.every(({ ip, hostname }, at) => ip === addresses[at] && hostname === ''));
  const samePool = addresses === undefined || allocatedFromPool === pool;
  const said = nextConditions(service.conditions, CONDITION.ADDRESS_ASSIGNED, verdict, {
    generation,
    now,
  });
  const goesWithout =
    verdict?.status === 'True' &&
    !service.conditions.some(({ type }) => type === CONDITION.ADDRESS_ASSIGNED);
  const sameCondition = said === undefined || (sameIngress && samePool && goesWithout);
  if (sameIngress && samePool && sameCondition) return undefined;
  return {
    resourceVersion,
    status: {
      ...(sameIngress
        ? {}
        : {
            loadBalancer: {
              ingress: addresses.length === 0 ? null : addresses.map((ip) => ({ ip })),
            },
          }),
      ...(sameCondition ? {} : { conditions: said.length === 0 ? null : said }),
    },
    ...(samePool ? {} : { annotations: { [ANNOTATION.IP_ALLOCATED_FROM_POOL]: pool ?? null } }),
  };
}
