import {
  matchesAnySelector,
  matchesSelector,
  parseIPAddressPool,
  parseL2Advertisement,
  type L2Advertisement,
  type Labels,
} from '@picluster/api';
import { inRanges, parsePoolRange, type PoolRange } from './pool-ranges.ts';
import type { NodeView, ServiceView } from './views.ts';

/** What the speaker keeps of an IPAddressPool. */
export interface PoolView {
  readonly name: string;
  readonly labels: Labels;
  readonly ranges: readonly PoolRange[];
  /** The same as they are written. */
  readonly addresses: readonly string[];
}

type Spec = NonNullable<L2Advertisement['spec']>;

/** What says of an advertisement, of either protocol, which pools, Services and Nodes it is for. */
export type Selecting = Readonly<
  Pick<Spec, 'ipAddressPools' | 'ipAddressPoolSelectors' | 'nodeSelectors' | 'serviceSelectors'>
>;

/** What the speaker keeps of an L2Advertisement. */
export interface AdvertisementView extends Readonly<Spec> {
  readonly name: string;
}

/** Keeps of a pool what is used; `undefined` where it is not a valid one (the controller says so on the object). */
export function viewPool(raw: unknown): PoolView | undefined {
  const parsed = parseIPAddressPool(raw);
  if (!parsed.ok) return undefined;
  const { metadata, spec } = parsed.value;
  const { addresses } = spec;
  const ranges = addresses.map(parsePoolRange).filter((range) => range !== undefined);
  return { name: metadata.name, labels: metadata.labels ?? {}, ranges, addresses };
}

/** Keeps of an advertisement what is used; `undefined` where it is not a valid one. */
export function viewAdvertisement(raw: unknown): AdvertisementView | undefined {
  const parsed = parseL2Advertisement(raw);
  return parsed.ok ? { ...parsed.value.spec, name: parsed.value.metadata.name } : undefined;
}

/** The one pool that all addresses lie in. */
export function poolOf(
  addresses: readonly Uint8Array[],
  pools: Iterable<PoolView>,
): PoolView | undefined {
  for (const pool of pools) {
    if (addresses.every((address) => inRanges(address, pool.ranges))) return pool;
  }
  return undefined;
}

/** The advertisements of a pool that also match the Service. */
export function advertisementsFor<Advertisement extends Selecting>(
  pool: PoolView,
  service: ServiceView,
  advertisements: Iterable<Advertisement>,
): Advertisement[] {
  return [...advertisements].filter(
    (one) => includesPool(one, pool) && includesService(one, service),
  );
}

/** Whether an advertisement is for a pool. Neither names nor selectors of pools: all pools. */
export function includesPool(advertisement: Selecting, pool: PoolView): boolean {
  const { ipAddressPools: names = [], ipAddressPoolSelectors: selectors = [] } = advertisement;
  if (names.length === 0 && selectors.length === 0) return true;
  return names.includes(pool.name) || matchesAnySelector(selectors, pool.labels);
}

/** Whether an advertisement is for a Service, as far as the Service's labels say. */
export function includesService(advertisement: Selecting, service: ServiceView): boolean {
  return matchesOrEmpty(advertisement.serviceSelectors, service.labels);
}

/** Whether an advertisement lets this node answer. */
export function includesNode(advertisement: Selecting, node: NodeView): boolean {
  return matchesOrEmpty(advertisement.nodeSelectors, node.labels);
}

/** How much a node is preferred: the weights of all matching preferences of all advertisements that include it. */
export function scoreOf(node: NodeView, advertisements: readonly AdvertisementView[]): number {
  let score = 0;
  for (const advertisement of advertisements) {
    if (!includesNode(advertisement, node)) continue;
    for (const { weight, preference } of advertisement.preferredNodeSelectors ?? []) {
      if (matchesSelector(preference, node.labels)) score += weight;
    }
  }
  return score;
}

/** The interfaces that the advertisements name together; one that names none means all. */
export function interfacesOf(
  advertisements: readonly AdvertisementView[],
): 'all' | readonly string[] {
  const lists = advertisements.map((advertisement) => advertisement.interfaces ?? []);
  return lists.some((list) => list.length === 0) ? 'all' : [...new Set(lists.flat())];
}

function matchesOrEmpty(selectors: Spec['nodeSelectors'], labels: Labels): boolean {
  return selectors === undefined || selectors.length === 0 || matchesAnySelector(selectors, labels);
}
