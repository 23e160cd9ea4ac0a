import type { BGPProblem, CommunityFacts, SecretFacts } from '@picluster/api';
import type { PoolView } from '../advertising.ts';
import { EndpointIndex } from '../endpoint-index.ts';
import type { Cache } from '../speaker.ts';
import type { EndpointsView, NodeView, ServiceView } from '../views.ts';
import { advertisementsInForce } from './advertisements.ts';
import type { WrittenAdvertisement } from './bgp-views.ts';
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
export interface BgpModeDeps extends Omit<PeerRunDeps, 'table'> {
  readonly caches: BgpCaches;
  /** Writes an event on a Service. */
  readonly event: (
    service: ServiceView,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ) => void;
  /** Sets or removes the gauge of a Service on an address. */
  readonly announced: (service: string, address: string, now: boolean) => void;
  /** From now on a Service is announced to these BGPPeers; none: it is not announced. */
  readonly status?: (service: string, peers: readonly string[]) => void;
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
  readonly #endpoints = new EndpointIndex();
  readonly #table = new RouteTable();
  readonly #runs: PeerRuns;
  /** The addresses of each Service with routes. */
  readonly #addresses = new Map<string, readonly string[]>();
  /** Those of them that were last said to be announced. */
  readonly #announced = new Map<string, readonly string[]>();
  /** What was last said of each object that something is wrong with, so that a change is said once. */
  readonly #complaints = new Map<string, string>();
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
    this.#runs = new PeerRuns({ ...deps, table: this.#table });
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
    for (const prefix of touched) this.#complainOfPrefix(prefix);
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
    this.#problems.advertisements = problems;
    this.#complainOf(['BGPAdvertisement', 'Community'], problems);
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
    this.#problems.peers = problems;
    this.#complainOf(['BGPPeer'], problems);
    this.#runs.apply(plans, restarted);
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
      this.#complainOfService(key, service && why);
      this.#addresses.delete(key);
      return this.#table.set(key, []);
    }
    this.#complainOfService(key, undefined);
    this.#addresses.set(key, decision.addresses);
    return this.#table.set(key, decision.routes);
  }

  /** Makes gauge, status and events of a Service agree with what is told of it. */
  #report(key: string): void {
    const peers = this.#table.peersOf(key, this.#runs.names);
    const addresses = peers.length === 0 ? [] : (this.#addresses.get(key) ?? []);
    const { announced, event, log, status, caches } = this.#deps;
    const { node } = this.#options;
    const before = this.#announced.get(key) ?? [];
    status?.(key, peers);
    if (addresses.length === 0) this.#announced.delete(key);
    else this.#announced.set(key, addresses);
    for (const ip of before.filter((each) => !addresses.includes(each))) {
      announced(key, ip, false);
      log.info('service withdrawn', { service: key, ip, protocol: 'bgp' });
    }
    for (const ip of addresses.filter((each) => !before.includes(each))) {
      announced(key, ip, true);
      log.info('service announced', { service: key, ip, node, protocol: 'bgp' });
    }
    const service = caches.services.get(key);
    const isNew = before.length === 0 && addresses.length > 0;
    if (!isNew || service === undefined) return;
    event(service, 'Normal', 'nodeAssigned', `announcing from node "${node}" with protocol "bgp"`);
  }

  /** Of objects of these kinds these are all problems. */
  #complainOf(kinds: readonly BGPProblem['kind'][], problems: readonly BGPProblem[]): void {
    const told = new Map<string, string>();
    for (const { kind, name, message } of problems) {
      const key = `${kind} ${name}`;
      told.set(key, [told.get(key), message].filter((each) => each !== undefined).join('; '));
    }
    const isOfKinds = (key: string): boolean => kinds.some((kind) => key.startsWith(`${kind} `));
    const before = [...this.#complaints.keys()].filter(isOfKinds);
    for (const key of new Set([...before, ...told.keys()])) {
      const problem = told.get(key);
      if (this.#isNew(key, problem))
        this.#deps.log.warn('bgp configuration', { object: key, problem });
    }
  }

  #complainOfPrefix(prefix: string): void {
    const problem = this.#table.conflictOf(prefix)?.join(', ');
    if (!this.#isNew(`prefix ${prefix}`, problem)) return;
    const fields = { prefix, advertisements: problem };
    this.#deps.log.warn('different localPref for one prefix, the highest counts', fields);
  }

  #complainOfService(service: string, reason: string | undefined): void {
    // What no advertisement of BGP is about is none of our business.
    if (!this.#isNew(`Service ${service}`, reason) || reason === 'notOwner') return;
    this.#deps.log.info('service not announced', { service, reason, protocol: 'bgp' });
  }

  /** Whether there is a problem that was not said yet. */
  #isNew(key: string, problem: string | undefined): boolean {
    if (this.#complaints.get(key) === problem) return false;
    if (problem === undefined) this.#complaints.delete(key);
    else this.#complaints.set(key, problem);
    return problem !== undefined;
  }
}
