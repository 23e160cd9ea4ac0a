import { parseAddress } from '@picluster/arp-responder';
import { poolOf, type PoolView } from './advertising.ts';
import type { ServiceView } from './views.ts';

/** Why nobody announces a Service, whatever the protocol. */
export type NoAddressReason =
  | 'notLoadBalancer'
  | 'otherLoadBalancerClass'
  | 'noIPAllocated'
  | 'invalidIP'
  | 'ipNotAllowed';

/** A Service with addresses of one of our pools. */
export interface AddressedService {
  readonly service: ServiceView;
  /** In the order of its status. */
  readonly addresses: readonly Uint8Array[];
  readonly pool: PoolView;
}

/** The addresses of a Service, or why there are none to announce: with the reasons and in the order of MetalLB's speaker. */
export function addressesOf(
  service: ServiceView | undefined,
  pools: Iterable<PoolView>,
  loadBalancerClass: string | undefined,
): AddressedService | NoAddressReason {
  if (service === undefined) return 'notLoadBalancer';
  if (service.loadBalancerClass !== loadBalancerClass) return 'otherLoadBalancerClass';
  if (service.ingress.length === 0) return 'noIPAllocated';
  const addresses = service.ingress.map(parseAddress).filter((bytes) => bytes !== undefined);
  if (addresses.length < service.ingress.length) return 'invalidIP';
  const pool = poolOf(addresses, pools);
  return pool === undefined ? 'ipNotAllowed' : { service, addresses, pool };
}
