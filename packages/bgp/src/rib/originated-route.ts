import type { Route, RouteAttribute } from '../codec/pack-updates.ts';
import type { NextHop } from '../codec/path-attribute.ts';

/** What a route is worth inside an AS when nobody says it. Most routers agree on this number. */
export const LOCAL_PREF_DEFAULT = 100;

/** What its owner says of a prefix of ours, whichever peer is told. */
export interface Origination {
  readonly nextHop: NextHop;
  /** 0 to 2³² − 1, for internal peers only. Default: {@link LOCAL_PREF_DEFAULT}. */
  readonly localPref?: number;
  /** How often more our AS is in the AS_PATH, for external peers only; they prefer shorter ones. Default: 0. */
  readonly asPathPrepend?: number;
  /** MULTI_EXIT_DISC; absent: none. */
  readonly multiExitDisc?: number;
  /** As `65000:100`, in any order; one that is there twice is said once. */
  readonly communities?: readonly string[];
  /** As `64512:1:2`. */
  readonly largeCommunities?: readonly string[];
}

/**
 * The route by which a peer is told of a prefix of our own (RFC 4271 §5.1): ORIGIN IGP; to an external peer an AS_PATH of our AS alone (once, or more often), to an internal one an empty one
 * and the LOCAL_PREF. Communities are sorted, so that equal sets make equal routes, which share their messages.
 *
 * @param session.localAsn our AS as this peer knows it
 */
export function originatedRoute(
  origination: Origination,
  session: { readonly external: boolean; readonly localAsn: number },
): Route {
  const { nextHop, localPref, asPathPrepend = 0, multiExitDisc } = origination;
  const { communities = [], largeCommunities = [] } = origination;
  const asns = Array.from({ length: 1 + asPathPrepend }, () => session.localAsn);
  const attributes: RouteAttribute[] = [
    { type: 'ORIGIN', origin: 'IGP' },
    { type: 'AS_PATH', segments: session.external ? [{ type: 'AS_SEQUENCE', asns }] : [] },
  ];
  if (multiExitDisc !== undefined) {
    attributes.push({ type: 'MULTI_EXIT_DISC', value: multiExitDisc });
  }
  if (!session.external) {
    attributes.push({ type: 'LOCAL_PREF', value: localPref ?? LOCAL_PREF_DEFAULT });
  }
  if (communities.length > 0) {
    attributes.push({ type: 'COMMUNITIES', communities: sorted(communities) });
  }
  if (largeCommunities.length > 0) {
    attributes.push({ type: 'LARGE_COMMUNITY', communities: sorted(largeCommunities) });
  }
  return { nextHop, attributes };
}

/** By their numbers, as receivers show them; each once. */
function sorted(communities: readonly string[]): string[] {
  const numbers = (text: string): number[] => text.split(':').map(Number);
  return [...new Set(communities)].sort((one, other) => {
    const [left, right] = [numbers(one), numbers(other)];
    const at = left.findIndex((number, index) => number !== right[index]);
    return (left[at] ?? 0) - (right[at] ?? 0);
  });
}
