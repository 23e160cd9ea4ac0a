import { LABEL } from '@picluster/api';
import { formatAddress } from '@picluster/arp-responder';
import {
  advertisementsFor,
  includesNode,
  interfacesOf,
  scoreOf,
  type AdvertisementView,
  type PoolView,
} from './advertising.ts';
import { rankNodes } from './ranking.ts';
import { sharedList } from './shared.ts';
import { addressesOf, type NoAddressReason } from './service-addresses.ts';
import type { EndpointsView, NodeView, ServiceView } from './views.ts';

/** Presence of this label, whatever its value, keeps a node from answering. */
export const EXCLUDE_LABEL = LABEL.EXCLUDE_FROM_LOAD_BALANCERS;

/** All that decides whether a node may answer for the addresses of a Service. */
export interface Situation {
  /** `undefined`: there is no such Service of type LoadBalancer (any more). */
  readonly service: ServiceView | undefined;
  readonly pools: Iterable<PoolView>;
  readonly advertisements: Iterable<AdvertisementView>;
  readonly nodes: readonly NodeView[];
  /** Of this Service. */
  readonly endpoints: readonly EndpointsView[];
  /** The name of the node that decides. */
  readonly node: string;
  /** The class that is ours; `undefined`: Services without one. */
  readonly loadBalancerClass: string | undefined;
  /** Nodes answer whether they carry the exclude label or not. Default: no. */
  readonly ignoreExcludeLabel?: boolean;
}

/** Why this node does not answer for a Service. */
export type WithholdReason =
  | NoAddressReason
  | 'notOwner'
  | 'sharedIPWithServiceSelector'
  | 'noMatchingAdvertisement';

/** This node may be the one that answers. */
export interface Candidacy {
  readonly kind: 'candidate';
  /** Canonical texts, in the order of the Service's status. */
  readonly addresses: readonly string[];
  /** The names of all nodes that may answer, in the order in which they should try. */
  readonly candidates: readonly string[];
  /** Those of them that an advertisement prefers, the most preferred first. */
  readonly preferred: readonly string[];
  /** The place of this node among the candidates: 0 for the one that should try first, 1 for the next, … */
  readonly rank: number;
  /** On which interfaces of this node. */
  readonly interfaces: 'all' | readonly string[];
}

/** This node does not answer. */
interface Withholding {
  readonly kind: 'withheld';
  readonly reason: WithholdReason;
  /**
   * Nobody answers, and only for the exclude label: the nodes that could if they did not carry it, in order. So clusters are where
   * every node bears it. The first of them should say so.
   */
  readonly excluded?: readonly string[];
}

/** What a node does about a Service. */
export type Decision = Candidacy | Withholding;

/** Decides, with the reasons and in the order of MetalLB's speaker. Pure: every node computes the same candidates. */
export function decide(situation: Situation): Decision {
  const { pools, loadBalancerClass } = situation;
  const found = addressesOf(situation.service, pools, loadBalancerClass);
  if (typeof found === 'string') return withheld(found);
  const { service, addresses, pool } = found;
  if (!situation.endpoints.some((slice) => slice.canServe)) return withheld('notOwner');
  const advertisements = advertisementsFor(pool, service, situation.advertisements);
  if (service.sharesAddress && advertisements.some(hasServiceSelectors)) {
    return withheld('sharedIPWithServiceSelector');
  }
  // The Service's own text where it is the canonical one: an address is kept in many places, and by one text then.
  const texts = addresses.map((address, index) => canonicalText(address, service.ingress[index]));
  return stand(situation, service, texts, advertisements);
}

/** An IPv4 address has but one text that can be read as it. */
function canonicalText(address: Uint8Array, said: string | undefined): string {
  if (said !== undefined && address.length === 4) return said;
  const text = formatAddress(address);
  return said === text ? said : text;
}

/** The part of the decision that compares this node with the others. */
function stand(
  situation: Situation,
  service: ServiceView,
  addresses: readonly string[],
  advertisements: readonly AdvertisementView[],
): Decision {
  const us = situation.nodes.find((node) => node.name === situation.node);
  const ours = us === undefined ? [] : advertisements.filter((one) => includesNode(one, us));
  if (ours.length === 0) return withheld('noMatchingAdvertisement');
  const able = situation.nodes.filter(
    (node) =>
      !node.networkUnavailable &&
      advertisements.some((one) => includesNode(one, node)) &&
      (!service.localTraffic || situation.endpoints.some((one) => one.nodes.includes(node.name))),
  );
  const allowed = situation.ignoreExcludeLabel === true ? able : able.filter(isNotExcluded);
  const scores = new Map(able.map((node) => [node.name, scoreOf(node, advertisements)]));
  // Services that share an address, and both addresses of one Service, begin on the same node: only the first one counts.
  const order = (nodes: readonly NodeView[]): string[] =>
    rankNodes(
      nodes.map(({ name }) => name),
      addresses[0] ?? '',
      scores,
    );
  const candidates = order(allowed);
  const rank = candidates.indexOf(situation.node);
  if (rank === -1) {
    const nobodyElse = allowed.length === 0 && able.length > 0;
    return { ...withheld('notOwner'), ...(nobodyElse && { excluded: order(able) }) };
  }
  const preferred = candidates.filter((name) => (scores.get(name) ?? 0) > 0);
  return {
    kind: 'candidate',
    addresses,
    candidates: sharedList(candidates),
    preferred: sharedList(preferred),
    rank,
    interfaces: interfacesOf(ours),
  };
}

/** What to tell people where every node that could answer is excluded: what is so, and both ways out. */
export function excludedMessage(nodes: readonly string[]): string {
  return `every node that could announce has the label ${EXCLUDE_LABEL} (${nodes.join(', ')}): remove the label from a node, or run the speakers with --ignore-exclude-lb`;
}

function isNotExcluded(node: NodeView): boolean {
  return !Object.hasOwn(node.labels, EXCLUDE_LABEL);
}

function hasServiceSelectors(advertisement: AdvertisementView): boolean {
  return (advertisement.serviceSelectors ?? []).length > 0;
}

function withheld(reason: WithholdReason): Withholding {
  return { kind: 'withheld', reason };
}
