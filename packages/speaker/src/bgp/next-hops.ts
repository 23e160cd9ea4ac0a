import { parseAddress } from '@picluster/arp-responder';
import { inRanges, parsePoolRange } from '../pool-ranges.ts';

/** An interface of this node by its addresses, each with the length of its network: `192.168.1.5/24`. */
export interface LocalNetworks {
  readonly name: string;
  readonly networks: readonly string[];
}

/** Where a router is to send packets for routes of each family; absent: such routes cannot be told. */
export interface NextHops {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/**
 * The next hops of a session: our address of it, and for the other family an address of the interface that has that one. Without one of IPv4, an IPv6
 * address serves for both where the peer takes that (RFC 8950); a link-local one does so at any rate, since no other need be known to a peer that is found
 * by its interface. `localAddress` may carry a zone.
 */
export function nextHopsOf(
  localAddress: string,
  interfaces: readonly LocalNetworks[],
  extendedNextHop: boolean,
): NextHops {
  const address = localAddress.replace(/%.*/, '');
  const here = interfaces.find(({ networks }) => networks.some((each) => bare(each) === address));
  const others = (here?.networks ?? []).map(bare);
  if (address.includes('.')) {
    const ipv6 = others.find((each) => each.includes(':') && !isLinkLocal(each));
    return { ipv4: address, ...(ipv6 !== undefined && { ipv6 }) };
  }
  if (isLinkLocal(address) && extendedNextHop) return { ipv4: address, ipv6: address };
  const ipv4 = others.find((each) => each.includes('.')) ?? (extendedNextHop ? address : undefined);
  return { ipv6: address, ...(ipv4 !== undefined && { ipv4 }) };
}

/** Whether a peer is in a network of one of our interfaces: then packets need no router to get there. */
export function isNeighbour(peer: string, interfaces: readonly LocalNetworks[]): boolean {
  const address = parseAddress(peer.replace(/%.*/, ''));
  if (address === undefined) return false;
  const ranges = interfaces
    .flatMap(({ networks }) => networks.map(parsePoolRange))
    .filter((range) => range !== undefined);
  return inRanges(address, ranges);
}

function bare(network: string): string {
  return network.replace(/\/.*/, '');
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}
