import {
  preferenceConflict,
  type BgpAdvertisementView,
  type WantedRoute,
} from './service-routes.ts';

/** What a peer is told of a prefix: the advertisements of all Services that want it, joined. */
export interface JoinedRoute {
  readonly localPref: number | undefined;
  readonly asPathPrepend: number;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
}

/**
 * Which routes are wanted, by which Services. Services may want the same prefix, by a shared address or by aggregation: it is told once, with what all
 * advertisements say together, and stays until the last of them lets it go.
 */
export class RouteTable {
  readonly #routes = new Map<string, readonly WantedRoute[]>();
  /** Of each prefix the Services that want it. */
  readonly #holders = new Map<string, Set<string>>();

  /** Replaces what a Service (`namespace/name`) wants; nothing: none. Gives the prefixes that may be told differently now. */
  set(service: string, routes: readonly WantedRoute[]): string[] {
    const before = new Set(this.#routes.get(service)?.map(({ prefix }) => prefix));
    const now = new Set(routes.map(({ prefix }) => prefix));
    if (routes.length === 0) this.#routes.delete(service);
    else this.#routes.set(service, routes);
    for (const prefix of before) if (!now.has(prefix)) this.#unlink(prefix, service);
    for (const prefix of now) {
      this.#holders.set(prefix, (this.#holders.get(prefix) ?? new Set()).add(service));
    }
    return [...new Set([...before, ...now])];
  }

  /** All prefixes that are wanted, whoever is told. */
  prefixes(): Iterable<string> {
    return this.#holders.keys();
  }

  /** What the BGPPeer of this name is told of a prefix; `undefined`: nothing. */
  route(prefix: string, peer: string): JoinedRoute | undefined {
    const advertisements = this.#advertisementsOf(prefix).filter((one) => reaches(one, peer));
    return advertisements.length === 0 ? undefined : join(advertisements);
  }

  /** Two advertisements that want different preferences or paths of a prefix, each for another Service: the highest preference counts, and the longest path. */
  conflictOf(prefix: string): readonly [string, string] | undefined {
    return preferenceConflict(this.#advertisementsOf(prefix));
  }

  /** Which of these BGPPeers hear of a Service. */
  peersOf(service: string, peers: readonly string[]): string[] {
    const advertisements = this.#routes.get(service)?.map(({ advertisement }) => advertisement);
    return peers.filter((peer) => advertisements?.some((one) => reaches(one, peer)));
  }

  #advertisementsOf(prefix: string): BgpAdvertisementView[] {
    const found = new Set<BgpAdvertisementView>();
    for (const service of this.#holders.get(prefix) ?? []) {
      for (const route of this.#routes.get(service) ?? []) {
        if (route.prefix === prefix) found.add(route.advertisement);
      }
    }
    return [...found];
  }

  #unlink(prefix: string, service: string): void {
    const holders = this.#holders.get(prefix);
    holders?.delete(service);
    if (holders?.size === 0) this.#holders.delete(prefix);
  }
}

function reaches({ peers }: BgpAdvertisementView, peer: string): boolean {
  return peers.length === 0 || peers.includes(peer);
}

function join(advertisements: readonly BgpAdvertisementView[]): JoinedRoute {
  const preferences = advertisements
    .map(({ localPref }) => localPref)
    .filter((localPref) => localPref !== undefined);
  const all = (of: 'communities' | 'largeCommunities'): string[] => [
    ...new Set(advertisements.flatMap((one) => one[of])),
  ];
  return {
    // The order in which Services came must not show.
    localPref: preferences.length === 0 ? undefined : Math.max(...preferences),
    asPathPrepend: Math.max(...advertisements.map(({ asPathPrepend }) => asPathPrepend)),
    communities: all('communities'),
    largeCommunities: all('largeCommunities'),
  };
}
