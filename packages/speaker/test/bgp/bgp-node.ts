import type { BGPProblem, CommunityFacts, SecretFacts } from '@picluster/api';
import { createMetrics } from '@picluster/daemon';
import { MemoryNetwork, SimClock } from '@picluster/testkit';
import type { BfdPath } from '../../src/bgp/bfd-watches.ts';
import { createBgpMetrics } from '../../src/bgp/bgp-metrics.ts';
import { BgpMode, GATHER_MS, type BgpModeOptions } from '../../src/bgp/bgp-mode.ts';
import type { WrittenAdvertisement } from '../../src/bgp/bgp-views.ts';
import type { BfdProfileView, BgpPeerView } from '../../src/bgp/peer-plan.ts';
import type { RouterListener } from '../../src/bgp/router-watch.ts';
import type { PoolView } from '../../src/advertising.ts';
import type { EndpointsView, NodeView, ServiceView } from '../../src/views.ts';
import { endpoints, node, pool, service } from '../cluster-views.ts';
import { TestCache } from '../test-cache.ts';
import { bgpPeer } from './bgp-views.ts';
import { LINK_LOCAL, NODE_AT } from './test-router.ts';

export const NAMESPACE = 'metallb-system';

/** The BGP of a node called pandora, over connections in memory, with every cache in the hands of the test. */
export class BgpNode {
  readonly clock: SimClock = new SimClock();
  readonly network: MemoryNetwork = new MemoryNetwork(this.clock);
  readonly caches = {
    services: new TestCache<ServiceView>(),
    endpoints: new TestCache<EndpointsView>(),
    nodes: new TestCache<NodeView>(),
    pools: new TestCache<PoolView>(),
    peers: new TestCache<BgpPeerView>(),
    bgpAdvertisements: new TestCache<WrittenAdvertisement>(),
    communities: new TestCache<CommunityFacts>(),
    profiles: new TestCache<BfdProfileView>(),
    secrets: new TestCache<SecretFacts>(),
  };
  readonly mode: BgpMode;
  /** What was said: events, and problems in the log. */
  readonly said: string[] = [];
  /** What was said in the log of sessions that do not come about, or are lost. */
  readonly warned: string[] = [];
  /** The events on BGPPeers. */
  readonly peerEvents: string[] = [];
  /** The last status of each Service. */
  readonly status = new Map<string, string>();
  /** Objects that cannot be read. */
  unreadable: readonly BGPProblem[] = [];
  /** What was last said to be wrong with the configuration. */
  problems: readonly string[] | undefined;
  /** The paths that are watched, and how to make each fail. */
  readonly watched = new Map<string, () => void>();
  /** How often a watch is refused from now on. */
  refusals = 0;
  /** The interfaces behind which a router is looked for, and who hears of it. */
  readonly searches = new Map<string, RouterListener>();
  /** The password of each connection. */
  readonly passwords: (string | undefined)[] = [];
  /** How the timings of a watch were changed. */
  readonly changes: unknown[] = [];
  readonly #metrics = createMetrics();

  constructor(options: Partial<BgpModeOptions> = {}) {
    const fields = (words: Record<string, unknown> = {}): string =>
      ['object', 'prefix', 'problem', 'advertisements', 'service', 'reason']
        .map((key) => words[key])
        .filter((word) => typeof word === 'string')
        .join(' ');
    this.mode = new BgpMode(
      {
        caches: this.caches,
        // Behind an interface we are there with its link-local address.
        dialer: ({ address, password }) => {
          this.passwords.push(password);
          return this.network.dialer(address.includes('%') ? LINK_LOCAL : NODE_AT, address);
        },
        findRouter: (interfaceName, listener) => {
          this.searches.set(interfaceName, listener);
          return { [Symbol.dispose]: () => void this.searches.delete(interfaceName) };
        },
        clock: this.clock,
        random: () => 0.5,
        log: {
          debug: () => {},
          info: (message, words) => {
            if (message === 'service not announced') this.said.push(fields(words));
          },
          warn: (message, words) => {
            if (message.startsWith('bgp session')) this.warned.push(`${message} ${fields(words)}`);
            else this.said.push(fields(words));
          },
        },
        metrics: createBgpMetrics(this.#metrics),
        bfd: {
          watch: (path: BfdPath, { options: timings }, onDown) => {
            if (this.refusals-- > 0) throw new Error('the port is taken');
            this.watched.set(path.remote, onDown);
            this.changes.push(timings);
            return {
              change: (changed) => void this.changes.push(changed),
              [Symbol.dispose]: () => void this.watched.delete(path.remote),
            };
          },
        },
        interfaces: () => [{ name: 'eth0', networks: [`${NODE_AT}/24`, '2001:db8::11/64'] }],
        event: ({ name }, _type, reason, message) =>
          void this.said.push(`${name} ${reason} ${message}`),
        peerEvent: ({ name, uid }, type, reason, message) =>
          void this.peerEvents.push(`${name} ${uid} ${type} ${reason} ${message}`),
        status: (key, peers) => void this.status.set(key, peers.join()),
        unreadable: () => this.unreadable,
        problems: (now) => void (this.problems = now),
      },
      { node: 'pandora', namespace: NAMESPACE, fallbackRouterID: '64.37.239.133', ...options },
    );
    this.caches.nodes.set('pandora', node('pandora'));
    this.caches.pools.set('default', pool('default', ['10.20.30.0/24', '1000::/64']));
    this.caches.endpoints.set('default/web', endpoints('iris'));
    this.mode.watch();
  }

  /** Makes or changes a BGPPeer, by default at 192.0.2.2. */
  peer(change: Partial<BgpPeerView> = {}): void {
    const view = bgpPeer(change);
    this.caches.peers.set(`${NAMESPACE}/${view.name}`, view);
  }

  /** Makes or changes a BGPAdvertisement. */
  advertise(change: Partial<WrittenAdvertisement> = {}): void {
    const lengths = { aggregationLength: 32, aggregationLengthV6: 128 };
    const view = { name: 'all', ...lengths, ...change };
    this.caches.bgpAdvertisements.set(`${NAMESPACE}/${view.name}`, view);
  }

  /** Makes or changes a Service, by default default/web at 10.20.30.1. */
  service(change: Partial<ServiceView> = {}): void {
    const view = service(change);
    this.caches.services.set(`${view.namespace}/${view.name}`, view);
  }

  /** Lets everything happen that happens soon. */
  async settle(ms: number = GATHER_MS + 100): Promise<void> {
    await this.clock.advance(ms);
  }

  /** The value of a series, as it is scraped. */
  async metric(name: string, peer: string = '192.0.2.2:179'): Promise<string | undefined> {
    const { body } = await this.#metrics.scrape();
    return body
      .split('\n')
      .find((line) => line.startsWith(`${name}{peer="${peer}"`))
      ?.split(' ')[1];
  }
}
