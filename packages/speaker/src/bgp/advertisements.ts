import { parseCommunityValue } from '@picluster/api';
import type { CommunityView, WrittenAdvertisement } from './bgp-views.ts';
import type { BgpAdvertisementView } from './service-routes.ts';

/** Why a BGPAdvertisement is not followed. */
export interface AdvertisementProblem {
  readonly advertisement: string;
  readonly problem: string;
}

/**
 * Puts numbers in the place of the communities' names. An advertisement with a name that nothing explains is not followed: without its communities a route might
 * go where it must not.
 */
export function resolveAdvertisements(
  written: Iterable<WrittenAdvertisement>,
  communities: Iterable<CommunityView>,
): {
  readonly advertisements: readonly BgpAdvertisementView[];
  readonly problems: readonly AdvertisementProblem[];
} {
  const aliases = new Map([...communities].flat());
  const advertisements: BgpAdvertisementView[] = [];
  const problems: AdvertisementProblem[] = [];
  for (const one of written) {
    const values = (one.communities ?? []).map((text) => ({
      text,
      value: parseCommunityValue(aliases.get(text) ?? text),
    }));
    const unknown = values.find(({ value }) => value === undefined);
    if (unknown !== undefined) {
      const problem = `no Community explains "${unknown.text}"`;
      problems.push({ advertisement: one.name, problem });
      continue;
    }
    const ofKind = (kind: 'standard' | 'large'): string[] =>
      values
        .map(({ value }) => value)
        .filter((value) => value?.kind === kind)
        .map((value) => value?.text ?? '');
    advertisements.push({
      ...one,
      // MetalLB's number for none.
      localPref: one.localPref === 0 ? undefined : one.localPref,
      communities: ofKind('standard'),
      largeCommunities: ofKind('large'),
      peers: one.peers ?? [],
    });
  }
  return { advertisements, problems };
}
