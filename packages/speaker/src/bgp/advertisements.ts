import {
  resolveAdvertisements,
  type AdvertisementSurroundings,
  type BGPProblem,
  type ResolvedAdvertisement,
} from '@picluster/api';
import type { WrittenAdvertisement } from './bgp-views.ts';
import type { BgpAdvertisementView } from './service-routes.ts';

/** The BGPAdvertisements that this node follows, and what is wrong with others. */
export function advertisementsInForce(
  written: Iterable<WrittenAdvertisement>,
  surroundings: AdvertisementSurroundings,
): {
  readonly advertisements: readonly BgpAdvertisementView[];
  readonly problems: readonly BGPProblem[];
} {
  const { advertisements, problems } = resolveAdvertisements(written, surroundings);
  return { problems, advertisements: advertisements.map(inForce) };
}

function inForce({
  advertisement,
  ...resolved
}: ResolvedAdvertisement<WrittenAdvertisement>): BgpAdvertisementView {
  const { localPref, asPathPrepend = 0, peers = [] } = advertisement;
  // 0 is MetalLB's number for none.
  return {
    ...advertisement,
    ...resolved,
    localPref: localPref === 0 ? undefined : localPref,
    asPathPrepend,
    peers,
  };
}
