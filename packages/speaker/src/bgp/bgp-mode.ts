import type { BGPProblem, CommunityFacts, SecretFacts } from '@picluster/api';
import type { PoolView } from '../advertising.ts';
import { EndpointIndex } from '../endpoint-index.ts';
import type { Announcement } from '../announced-services.ts';
import type { Cache, SpeakerDeps } from '../speaker.ts';
import type { EndpointsView, NodeView, ServiceView } from '../views.ts';
import { advertisementsInForce } from './advertisements.ts';
import type { WrittenAdvertisement } from './bgp-views.ts';
import { Complaints } from './complaints.ts';
import { planPeers, type BfdProfileView, type BgpPeerView } from './peer-plan.ts';
import type { PeerRunDeps } from './peer-run.ts';
import { PeerRuns } from './peer-runs.ts';
import { RouteTable } from './route-table.ts';
import { decideRoutes, type BgpAdvertisementView } from './service-routes.ts';

/** Changes that come within this time are worked on together: a roll-out touches many objects at once, and a router hears of it once. */
export const GATHER_MS = 10;

/** The objects that BGP reads. */
export interface BgpCaches {
  readonly services: Cache<ServiceView>;
  readonly endpoints: Cache<EndpointsView>;
  readonly nodes: Cache<NodeView>;
  readonly pools: Cache<PoolView>;
  readonly peers: Cache<BgpPeerView>;
  readonly bgpAdvertisements: Cache<WrittenAdvertisement>;
  readonly communities: Cache<CommunityFacts>;
  readonly profiles: Cache<BfdProfileView>;
  readonly secrets: Cache<SecretFacts>;
}

/** What it works with. */
export interface BgpModeDeps
  extends Omit<PeerRunDeps, 'table' | 'node'>, Pick<SpeakerDeps, 'event'> {
  readonly caches: BgpCaches;
  /** From now on a Service is announced to these BGPPeers; none: it is not announced. */
  readonly status?: (service: string, peers: readonly string[]) => void;
  /** What is wrong with objects that cannot be read, of whichever node they are; the caches tell when they change. */
  readonly unreadable?: () => readonly BGPProblem[];
  /** All that is wrong with what is for this node, each with the name of its object; called also where nothing is. */
  readonly problems?: (problems: readonly string[]) => void;
}

/** Who announces. */
export interface BgpModeOptions {
  readonly node: string;
  /** Of the objects of MetalLB's kinds. */
  readonly namespace: string;
  readonly loadBalancerClass?: string | undefined;
  readonly ignoreExcludeLabel?: boolean;
  /** See `PeersSituation`. */
  readonly fallbackRouterID: string;
}

/**
 * Joins what the API says with the sessions of this node: which routers there are, and which routes each of them is told. All is recomputed from the present state,
 * for the Services that a change concerns.
 */
export class BgpMode {
  readonly #deps: BgpModeDeps;
  readonly #options: BgpModeOptions;
  readonly #endpoints: EndpointIndex;
  readonly #table = new RouteTable();
  readonly #runs: PeerRuns;
  /** The addresses of each Service with routes. */
  readonly #addresses = new Map<string, readonly string[]>();
  /** Those of them that were last said to be announced. */
  readonly #announced = new Map<string, readonly string[]>();
  readonly #complaints: Complaints;
  #advertisements: readonly BgpAdvertisementView[] = [];
  /** What is wrong with peers, and with advertisements and Communities. */
  readonly #problems: Record<'peers' | 'advertisements', readonly BGPProblem[]> = {
    peers: [],
    advertisements: [],
  };
  /** The Services to look at. */
  readonly #dirty = new Set<string>();
  #peersDirty = true;
  #advertisementsDirty = true;
  #pass: Disposable | undefined;
  #stage: 'waiting' | 'running' | 'stopped' = 'waiting';

  constructor(deps: BgpModeDeps, options: BgpModeOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#endpoints = new EndpointIndex((slice) => deps.caches.endpoints.get(slice));
    this.#complaints = new Complaints(deps.log, (name, problem) => this.#onPeer(name, problem));
    this.#runs = new PeerRuns({ ...deps, table: this.#table, node: options.node });
  }

  /** Hears of changes from now on. */
  watch(): Disposable {
    const { caches } = this.#deps;
    for (const key of caches.endpoints.keys()) {
      this.#endpoints.set(key, caches.endpoints.get(key), undefined);
    }
    const subscriptions = [
      caches.services.subscribe((key) => this.#look([key])),
      caches.endpoints.subscribe((key, now, before) => {
        this.#look(this.#endpoints.set(key, now, before));
      }),
      caches.nodes.subscribe((key, now, before) => {
        const isOurs = key === this.#options.node;
        if (!isOurs || JSON.stringify(now) === JSON.stringify(before)) return;
        this.#lookAtPeers();
        this.#lookAtAll();
      }),
      caches.pools.subscribe(() => this.#lookAtAll()),
      caches.bgpAdvertisements.subscribe(() => this.#lookAtAll()),
      caches.communities.subscribe(() => this.#lookAtAll()),
      caches.peers.subscribe(() => this.#lookAtPeers()),
      caches.profiles.subscribe(() => this.#lookAtPeers()),
      caches.secrets.subscribe(() => this.#lookAtPeers()),
    ];
    return {
      [Symbol.dispose]: () => {
        for (const subscription of subscriptions) subscription[Symbol.dispose]();
      },
    };
  }

  /**
   * All caches are full, and no other process of this node has sessions any more: begins. Peers with graceful restart are told that we have restarted, as we
   * cannot know better.
   */
  begin(): void {
    if (this.#stage !== 'waiting') return;
    this.#stage = 'running';
    for (const key of this.#deps.caches.services.keys()) this.#dirty.add(key);
    this.#bringInLine(true);
  }

  /** Ends all sessions at once; peers with graceful restart keep our routes for the next process of this node. */
  stop(): void {
    this.#stage = 'stopped';
    this.#pass?.[Symbol.dispose]();
    this.#runs.stop();
  }

  /** All that this node announces. */
  *announcements(): Generator<Announcement> {
    for (const [service, addresses] of this.#announced) {
      for (const address of addresses) yield [service, address];
    }
  }

  #look(services: Iterable<string>): void {
    for (const key of services) this.#dirty.add(key);
    if (this.#stage !== 'running') return;
    this.#pass ??= this.#deps.clock.timer(GATHER_MS, () => this.#bringInLine(false));
  }

  #lookAtAll(): void {
    this.#advertisementsDirty = true;
    this.#look(this.#deps.caches.services.keys());
  }

  /** Who hears of a Service may be others. */
  #lookAtPeers(): void {
    this.#peersDirty = true;
    this.#look(this.#deps.caches.services.keys());
  }

  #bringInLine(restarted: boolean): void {
    this.#pass = undefined;
    const isConfigured = this.#advertisementsDirty || this.#peersDirty;
    if (this.#advertisementsDirty) this.#readAdvertisements();
    const services = [...this.#dirty];
    this.#dirty.clear();
    const touched = new Set(services.flatMap((service) => this.#route(service)));
    for (const prefix of touched) this.#complaints.ofPrefix(prefix, this.#table.conflictOf(prefix));
    if (this.#peersDirty) this.#planPeers(restarted);
    if (isConfigured) this.#tellProblems();
    if (touched.size > 0) this.#runs.changed([...touched]);
    for (const service of services) this.#report(service);
  }

  #readAdvertisements(): void {
    this.#advertisementsDirty = false;
    const { bgpAdvertisements, communities, nodes, pools } = this.#deps.caches;
    const { advertisements, problems } = advertisementsInForce(bgpAdvertisements.values(), {
      labels: nodes.get(this.#options.node)?.labels ?? {},
      communities: communities.values(),
      pools: pools.values(),
    });
    this.#advertisements = advertisements;
    const all = [...this.#unreadable('BGPAdvertisement', 'Community'), ...problems];
    this.#problems.advertisements = all;
    this.#complaints.ofConfiguration(['BGPAdvertisement', 'Community'], all);
  }

  #planPeers(restarted: boolean): void {
    this.#peersDirty = false;
    const { peers, profiles, secrets, nodes } = this.#deps.caches;
    const { namespace, node, fallbackRouterID } = this.#options;
    const { plans, problems } = planPeers({
      peers: peers.values(),
      namespace,
      profile: (name) => profiles.get(`${namespace}/${name}`),
      secret: (name) => secrets.get(`${namespace}/${name}`),
      node: nodes.get(node),
      fallbackRouterID,
    });
    const all = [...this.#unreadable('BGPPeer', 'BFDProfile'), ...problems];
    this.#problems.peers = all;
    this.#complaints.ofConfiguration(['BGPPeer', 'BFDProfile'], all);
    this.#runs.apply(plans, restarted);
  }

  /** `kubectl describe` shows events on what has a UID; one that cannot be read has none here, and the API server has refused it or says why in its CRD. */
  #onPeer(name: string, problem: string): void {
    const { namespace, node } = this.#options;
    const { uid } = this.#deps.caches.peers.get(`${namespace}/${name}`) ?? {};
    if (uid === undefined) return;
    const message = `node "${node}" has no session: ${problem}`;
    this.#deps.peerEvent({ name, uid }, 'Warning', 'SessionFailed', message);
  }

  #unreadable(...kinds: readonly BGPProblem['kind'][]): BGPProblem[] {
    return (this.#deps.unreadable?.() ?? []).filter(({ kind }) => kinds.includes(kind));
  }

  #tellProblems(): void {
    const all = [...this.#problems.peers, ...this.#problems.advertisements];
    this.#deps.problems?.(all.map(({ message }) => message));
  }

  /** What is wanted for a Service now. Gives the prefixes that it touches. */
  #route(key: string): string[] {
    const { services, pools, nodes } = this.#deps.caches;
    const { node, loadBalancerClass, ignoreExcludeLabel = false } = this.#options;
    const service = services.get(key);
    const decision = decideRoutes({
      service,
      pools: pools.values(),
      advertisements: this.#advertisements,
      node: nodes.get(node),
      endpoints: this.#endpoints.of(key),
      loadBalancerClass,
      ignoreExcludeLabel,
    });
    if (decision.kind === 'withheld') {
      const { reason, conflict } = decision;
      const why = conflict === undefined ? reason : `${reason}: ${conflict.join(', ')}`;
      this.#complaints.ofService(key, service && why);
      this.#addresses.delete(key);
      return this.#table.set(key, []);
    }
    this.#complaints.ofService(key, undefined);
    this.#addresses.set(key, decision.addresses);
    return this.#table.set(key, decision.routes);
  }

  /** Makes status and events of a Service agree with what is told of it. */
  #report(key: string): void {
    const peers = this.#table.peersOf(key, this.#runs.names);
    const addresses = peers.length === 0 ? [] : (this.#addresses.get(key) ?? []);
    const { event, log, status, caches } = this.#deps;
    const { node } = this.#options;
    const before = this.#announced.get(key) ?? [];
    status?.(key, peers);
    if (addresses.length === 0) this.#announced.delete(key);
    else this.#announced.set(key, addresses);
    for (const ip of before.filter((each) => !addresses.includes(each))) {
      log.info('service withdrawn', { service: key, ip, protocol: 'bgp' });
    }
    for (const ip of addresses.filter((each) => !before.includes(each))) {
      log.info('service announced', { service: key, ip, node, protocol: 'bgp' });
    }
    const service = caches.services.get(key);
    const isNew = before.length === 0 && addresses.length > 0;
    if (!isNew || service === undefined) return;
    event(service, 'Normal', 'nodeAssigned', `announcing from node "${node}" with protocol "bgp"`);
  }
}
