import { selectsLabels, selectsPool, type Selection } from './advertisement-fields.ts';
import type { BGPProblem, BGPProblemCode } from './bgp-problem.ts';
import { communityAliases, type CommunityFacts } from './community-aliases.ts';
import { parseCommunityValue, type CommunityValue } from './community-value.ts';
import type { Labels } from './label-selector.ts';
import { widestPrefix } from './widest-prefix.ts';

/** What has to be known of a BGPAdvertisement. */
export interface AdvertisementFacts extends Selection {
  readonly name: string;
  readonly aggregationLength: number;
  readonly aggregationLengthV6: number;
  readonly localPref?: number | undefined;
  readonly asPathPrepend?: number | undefined;
  /** Written out or by name. */
  readonly communities?: readonly string[];
  /** Names of BGPPeers; none: all. */
  readonly peers?: readonly string[];
}

/** What has to be known of an IPAddressPool. */
export interface PoolFacts {
  readonly name: string;
  readonly labels: Labels;
  /** As they are written. */
  readonly addresses: readonly string[];
}

/** What advertisements refer to. */
export interface AdvertisementSurroundings {
  /** The labels of the Node that is to announce. */
  readonly labels: Labels;
  readonly communities: Iterable<CommunityFacts>;
  readonly pools: Iterable<PoolFacts>;
}

/** A BGPAdvertisement whose communities are numbers. */
export interface ResolvedAdvertisement<Advertisement> {
  readonly advertisement: Advertisement;
  /** RFC 1997's, as `65000:100`. */
  readonly communities: readonly string[];
  /** RFC 8092's, as `65000:1:2`. */
  readonly largeCommunities: readonly string[];
  /** Pools that it selects and must not announce: its prefixes would have addresses in them that are not the pool's. */
  readonly exceptPools: ReadonlySet<string>;
}

/** The advertisements of one Node, by name, and what is wrong with others. */
export interface ResolvedAdvertisements<Advertisement> {
  readonly advertisements: readonly ResolvedAdvertisement<Advertisement>[];
  readonly problems: readonly BGPProblem[];
}

/**
 * The BGPAdvertisements that a Node follows. One with a community that nothing explains is not followed: without it a route might go where it must not. One that would announce more
 * than a pool has announces nothing of that pool. Two that want different preferences for one prefix are told of and both followed: which Services that concerns, the Service shows.
 */
export function resolveAdvertisements<Advertisement extends AdvertisementFacts>(
  all: Iterable<Advertisement>,
  { labels, communities, pools }: AdvertisementSurroundings,
): ResolvedAdvertisements<Advertisement> {
  const aliases = communityAliases(communities);
  const poolList = [...pools];
  const ours = [...all]
    .filter(({ nodeSelectors }) => selectsLabels(nodeSelectors, labels))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const advertisements: ResolvedAdvertisement<Advertisement>[] = [];
  const problems: BGPProblem[] = [];
  const complain = (name: string, code: BGPProblemCode, message: string): void =>
    void problems.push({ kind: 'BGPAdvertisement', name, code, message });
  for (const advertisement of ours) {
    const { name } = advertisement;
    const values = valuesOf(advertisement.communities ?? [], aliases.values);
    if (typeof values === 'string') {
      const first = `invalid community format: ${values}`;
      const message = `${first}\ninvalid community "${values}" in BGP advertisement`;
      complain(name, 'community-unknown', message);
      continue;
    }
    const tooShort = poolList
      .filter((pool) => selectsPool(advertisement, pool))
      .map((pool) => ({ pool, message: aggregationProblem(advertisement, pool) }))
      .filter(({ message }) => message !== undefined);
    for (const { message = '' } of tooShort) complain(name, 'aggregation-length', message);
    const ofKind = (kind: CommunityValue['kind']): string[] => [
      ...new Set(values.filter((value) => value.kind === kind).map(({ text }) => text)),
    ];
    advertisements.push({
      advertisement,
      communities: ofKind('standard'),
      largeCommunities: ofKind('large'),
      exceptPools: new Set(tooShort.map(({ pool }) => pool.name)),
    });
  }
  const followed = advertisements.map(({ advertisement }) => advertisement);
  for (const { name, message } of preferenceProblems(followed, poolList)) {
    complain(name, 'local-pref-conflict', message);
  }
  return { advertisements, problems: [...aliases.problems, ...problems] };
}

/** The communities as values, or the first text that nothing explains. */
function valuesOf(
  texts: readonly string[],
  aliases: ReadonlyMap<string, CommunityValue>,
): CommunityValue[] | string {
  const values: CommunityValue[] = [];
  for (const text of texts) {
    const value = aliases.get(text) ?? parseCommunityValue(text);
    if (value === undefined) return text;
    values.push(value);
  }
  return values;
}

function aggregationProblem(
  { aggregationLength, aggregationLengthV6 }: AdvertisementFacts,
  { addresses }: PoolFacts,
): string | undefined {
  for (const entry of addresses) {
    const widest = widestPrefix(entry);
    const length = widest?.family === 'ipv6' ? aggregationLengthV6 : aggregationLength;
    if (widest === undefined || length >= widest.length) continue;
    return `invalid aggregation length ${length}: prefix ${widest.length} in this pool is more specific than the aggregation length for addresses ${entry}`;
  }
  return undefined;
}

/** What two advertisements must not say differently of one prefix, in MetalLB's words. */
const SINGLE = [
  ['localPref', 'local preference', 'local preferernce'],
  ['asPathPrepend', 'as path prepend', 'as path prepend'],
] as const;

/** Of each two advertisements that say different things for one prefix where only one can be said, the later by name. Those that choose Services are judged when the Services are known. */
function preferenceProblems(
  advertisements: readonly AdvertisementFacts[],
  pools: readonly PoolFacts[],
): { readonly name: string; readonly message: string }[] {
  const whole = advertisements.filter(({ serviceSelectors = [] }) => serviceSelectors.length === 0);
  return whole.flatMap((one, at) =>
    whole
      .slice(0, at)
      .filter((before) => overlap(before, one, pools))
      .flatMap((before) =>
        SINGLE.filter(([field]) => (one[field] ?? 0) !== (before[field] ?? 0)).map(
          ([field, word, again]) => ({
            name: one.name,
            message: `invalid ${word} ${one[field] ?? 0}: ${again} ${before[field] ?? 0} was already set for the same type of BGP update. Check existing BGP advertisements with common pools and aggregation lengths`,
          }),
        ),
      ),
  );
}

/** Whether both may tell one peer of one prefix. */
function overlap(
  one: AdvertisementFacts,
  other: AdvertisementFacts,
  pools: readonly PoolFacts[],
): boolean {
  const [peers, others] = [one.peers ?? [], other.peers ?? []];
  const apart = peers.length > 0 && others.length > 0 && !peers.some((p) => others.includes(p));
  if (apart) return false;
  return pools.some((pool) => {
    if (!selectsPool(one, pool) || !selectsPool(other, pool)) return false;
    const families = new Set(pool.addresses.map((entry) => widestPrefix(entry)?.family));
    const same4 = families.has('ipv4') && one.aggregationLength === other.aggregationLength;
    const same6 = families.has('ipv6') && one.aggregationLengthV6 === other.aggregationLengthV6;
    return same4 || same6;
  });
}
