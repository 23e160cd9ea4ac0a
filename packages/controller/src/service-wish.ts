import { ANNOTATION } from '@picluster/api';
import { formatAddress, parseAddress, type Family, type Sharing } from '@picluster/ipam';
import type { ServiceView } from './service-view.ts';

/** One family, or both. */
export type Stack = Family | 'dual';

/** The family of one address, `dual` for two of different families, else `undefined`: two of one family, three, or one that does not parse. */
export function stackOf(addresses: readonly string[]): Stack | undefined {
  const families = addresses.map((text) => {
    const parsed = parseAddress(text);
    return parsed.ok ? parsed.address.family : undefined;
  });
  const [first, second] = families;
  if (families.length === 1) return first;
  if (families.length !== 2 || first === undefined || second === undefined) return undefined;
  return first === second ? undefined : 'dual';
}

/** The terms on which a Service would share an address. */
export function sharingOf({ sharingKey, backendKey, ports }: ServiceView): Sharing {
  return { key: sharingKey, backend: backendKey, ports };
}

/** The addresses that a Service asks for, IPv4 first, in canonical form; or what is wrong with its request. */
export type RequestedAddresses =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** Reads the request from the annotation or from `spec.loadBalancerIP`; none at all is an empty list. Both together are refused. */
export function requestedAddresses(service: ServiceView): RequestedAddresses {
  const { requestedIPs, loadBalancerIP } = service;
  if (requestedIPs !== undefined && loadBalancerIP !== undefined) {
    const problem = `service can not have both ${ANNOTATION.LOAD_BALANCER_IPS} and svc.Spec.LoadBalancerIP: remove one`;
    return { ok: false, problem };
  }
  if (loadBalancerIP !== undefined) {
    return readAddresses([loadBalancerIP], `spec.loadBalancerIP "${loadBalancerIP}"`);
  }
  if (requestedIPs === undefined) return { ok: true, addresses: [] };
  const texts = requestedIPs.split(',').map((text) => text.trim());
  return readAddresses(texts, `${ANNOTATION.LOAD_BALANCER_IPS}: "${requestedIPs}"`);
}

function readAddresses(texts: readonly string[], source: string): RequestedAddresses {
  const byFamily: Record<Family, string[]> = { ipv4: [], ipv6: [] };
  for (const text of texts) {
    const parsed = parseAddress(text);
    if (!parsed.ok) return { ok: false, problem: `invalid ${source}: ${parsed.problem.message}` };
    byFamily[parsed.address.family].push(formatAddress(parsed.address));
  }
  if (byFamily.ipv4.length > 1 || byFamily.ipv6.length > 1) {
    return {
      ok: false,
      problem: `invalid ${source}: ask for one address, or for one of each family`,
    };
  }
  return { ok: true, addresses: [...byFamily.ipv4, ...byFamily.ipv6] };
}

/** Whether two lists have the same addresses, in whatever order and spelling. */
export function sameAddresses(one: readonly string[], other: readonly string[]): boolean {
  const canonical = (texts: readonly string[]): string =>
    texts
      .map((text) => {
        const parsed = parseAddress(text);
        return parsed.ok ? formatAddress(parsed.address) : text;
      })
      .toSorted()
      .join(',');
  return canonical(one) === canonical(other);
}
