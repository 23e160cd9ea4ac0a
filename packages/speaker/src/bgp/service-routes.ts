import { LABEL } from '@picluster/api';
import { formatAddress } from '@picluster/arp-responder';
import { includesPool, includesService, type PoolView, type Selecting } from '../advertising.ts';
import { addressesOf, type NoAddressReason } from '../service-addresses.ts';
import type { EndpointsView, NodeView, ServiceView } from '../views.ts';

/** A BGPAdvertisement in force: its communities are numbers, and sorted out by their kind. */
export interface BgpAdvertisementView extends Selecting {
  readonly name: string;
  /** IPv4 addresses become prefixes of this length, 32 where it says nothing. */
  readonly aggregationLength: number;
  /** IPv6 addresses become prefixes of this length, 128 where it says nothing. */
  readonly aggregationLengthV6: number;
  /** `undefined`: what is usual. */
  readonly localPref: number | undefined;
  /** How often more our AS is in the path. */
  readonly asPathPrepend: number;
  /** As `65000:100`. */
  readonly communities: readonly string[];
  /** As `64512:1:2`. */
  readonly largeCommunities: readonly string[];
  /** Names of BGPPeers; none: all. */
  readonly peers: readonly string[];
  /** Names of pools that it selects and must not announce. */
  readonly exceptPools: ReadonlySet<string>;
}

/** A route that a Service wants, from one advertisement. */
export interface WantedRoute {
  /** Canonical text, `203.0.113.1/32`. */
  readonly prefix: string;
  readonly advertisement: BgpAdvertisementView;
}

/** All that decides which routes this node tells for a Service. */
export interface RoutesSituation {
  /** `undefined`: there is no such Service of type LoadBalancer (any more). */
  readonly service: ServiceView | undefined;
  readonly pools: Iterable<PoolView>;
  /** Those of this node. */
  readonly advertisements: readonly BgpAdvertisementView[];
  /** This node; `undefined`: the API shows none of its name. */
  readonly node: NodeView | undefined;
  /** Of this Service. */
  readonly endpoints: readonly EndpointsView[];
  /** The class that is ours; `undefined`: Services without one. */
  readonly loadBalancerClass: string | undefined;
  /** Nodes announce whether they carry the exclude label or not. */
  readonly ignoreExcludeLabel: boolean;
}

/** Why this node tells no router of a Service. */
type NoRoutesReason =
  | NoAddressReason
  | 'notOwner'
  | 'noMatchingAdvertisement'
  | 'conflictingAdvertisements'
  | 'nodeNetworkUnavailable'
  | 'nodeLabeledExcludeBalancers'
  | 'noLocalEndpoints'
  | 'noEndpoints';

/** What this node tells routers of a Service, or why it tells them nothing. */
export type RoutesDecision =
  | {
      readonly kind: 'announced';
      /** Canonical texts, in the order of the Service's status. */
      readonly addresses: readonly string[];
      readonly routes: readonly WantedRoute[];
    }
  | {
      readonly kind: 'withheld';
      readonly reason: NoRoutesReason;
      /** The advertisements that cannot both be followed. */
      readonly conflict?: readonly [string, string];
    };

/** Decides, with the reasons and in the order of MetalLB's speaker. There is no election: every node that may announce does, and routers choose. */
export function decideRoutes(situation: RoutesSituation): RoutesDecision {
  const { node, endpoints } = situation;
  const found = addressesOf(situation.service, situation.pools, situation.loadBalancerClass);
  if (typeof found === 'string') return withheld(found);
  const { service, addresses, pool } = found;
  if (node === undefined) return withheld('notOwner');
  const ofPool = situation.advertisements.filter(
    (one) => includesPool(one, pool) && !one.exceptPools.has(pool.name),
  );
  if (ofPool.length === 0) return withheld('notOwner');
  const advertisements = ofPool.filter((one) => includesService(one, service));
  if (advertisements.length === 0) return withheld('noMatchingAdvertisement');
  const conflict = conflictOf(addresses, advertisements);
  if (conflict !== undefined) return { ...withheld('conflictingAdvertisements'), conflict };
  if (node.networkUnavailable) return withheld('nodeNetworkUnavailable');
  const isExcluded = Object.hasOwn(node.labels, LABEL.EXCLUDE_FROM_LOAD_BALANCERS);
  if (isExcluded && !situation.ignoreExcludeLabel) return withheld('nodeLabeledExcludeBalancers');
  const isLocal = endpoints.some(({ nodes }) => nodes.includes(node.name));
  if (service.localTraffic && !isLocal) return withheld('noLocalEndpoints');
  if (!endpoints.some(({ canServe }) => canServe)) return withheld('noEndpoints');
  return {
    kind: 'announced',
    addresses: addresses.map(formatAddress),
    routes: addresses.flatMap((address) =>
      advertisements.map((advertisement) => ({
        prefix: prefixOf(address, advertisement),
        advertisement,
      })),
    ),
  };
}

/** Two advertisements that would tell one peer different preferences or paths of one of these addresses. */
function conflictOf(
  addresses: readonly Uint8Array[],
  advertisements: readonly BgpAdvertisementView[],
): readonly [string, string] | undefined {
  for (const address of addresses) {
    const byPrefix = Map.groupBy(advertisements, (one) => prefixOf(address, one));
    for (const together of byPrefix.values()) {
      const conflict = preferenceConflict(together);
      if (conflict !== undefined) return conflict;
    }
  }
  return undefined;
}

/** Two advertisements of one prefix that want one peer to hear different preferences or paths, by their names. */
export function preferenceConflict(
  advertisements: readonly BgpAdvertisementView[],
): readonly [string, string] | undefined {
  for (const [at, one] of advertisements.entries()) {
    const other = advertisements
      .slice(at + 1)
      .find((each) => !sayTheSame(one, each) && sharePeer(one.peers, each.peers));
    if (other !== undefined) return [one.name, other.name];
  }
  return undefined;
}

function sayTheSame(one: BgpAdvertisementView, other: BgpAdvertisementView): boolean {
  return one.localPref === other.localPref && one.asPathPrepend === other.asPathPrepend;
}

/** No names: all peers. */
function sharePeer(one: readonly string[], other: readonly string[]): boolean {
  if (one.length === 0 || other.length === 0) return true;
  return one.some((peer) => other.includes(peer));
}

/** The prefix that an advertisement makes of an address (4 or 16 bytes). */
function prefixOf(address: Uint8Array, advertisement: BgpAdvertisementView): string {
  const { aggregationLength, aggregationLengthV6 } = advertisement;
  const length = address.length === 4 ? aggregationLength : aggregationLengthV6;
  const masked = address.map((byte, at) => {
    const bits = Math.min(8, Math.max(0, length - at * 8));
    return byte & (0xff00 >> bits);
  });
  return `${formatAddress(masked)}/${length}`;
}

function withheld(reason: NoRoutesReason): { kind: 'withheld'; reason: NoRoutesReason } {
  return { kind: 'withheld', reason };
}
