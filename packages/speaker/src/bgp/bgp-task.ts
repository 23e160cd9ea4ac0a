import {
  BFDProfileResource,
  BGPAdvertisementResource,
  CommunityResource,
  parseBFDProfile,
  parseBGPAdvertisement,
  parseCommunity,
  type CommunityFacts,
  type Resource,
  type SecretFacts,
} from '@picluster/api';
import { Reflector, resourcePath, staleReflector, type ReflectorDeps } from '@picluster/kube';
import { BfdReceiver, BfdSender, openLinkSocket, TcpDialer } from '@picluster/packet-socket';
import type { Metrics } from '@picluster/daemon';
import { AnnouncedServices, type Announcement } from '../announced-services.ts';
import { ServiceStatusTask } from '../service-status-task.ts';
import { BGP_STATUS, type ServiceStatusAuthor } from '../service-status.ts';
import { deliveringClock } from '../seams/delivering-clock.ts';
import { systemNetworks } from '../seams/system-interfaces.ts';
import { BfdWatches } from './bfd-watches.ts';
import type { RunningBgp } from './bgp-gate.ts';
import { createBgpMetrics } from './bgp-metrics.ts';
import { BgpMode, type BgpCaches, type BgpModeDeps, type BgpModeOptions } from './bgp-mode.ts';
import {
  viewBfdProfile,
  viewBgpAdvertisement,
  viewCommunity,
  viewSecret,
  type WrittenAdvertisement,
} from './bgp-views.ts';
import type { BfdProfileView, BgpPeerView } from './peer-plan.ts';
import { Readable, readingOf, type Reading } from './readable.ts';
import { RouterWatch, type RouterWatchDeps } from './router-watch.ts';

/** What it works with: what the speaker has anyway, and its registry of metrics. */
export interface BgpTaskDeps
  extends
    Pick<BgpModeDeps, 'event' | 'peerEvent' | 'problems'>,
    Required<Omit<ReflectorDeps, 'metrics'>> {
  readonly caches: Pick<BgpCaches, 'services' | 'endpoints' | 'nodes' | 'pools'> & {
    readonly peers: Readable<BgpPeerView>;
  };
  readonly registry: Metrics;
  /** A write to the API failed, and will be tried again. */
  readonly failed?: () => void;
}

/** Who it is, and the Pod that it runs in. */
export type BgpTaskOptions = BgpModeOptions & Pick<ServiceStatusAuthor, 'owner'>;

/** BGP with its mirrors of the API and its sockets. */
export class BgpTask implements RunningBgp {
  readonly #mirrors: Mirrors;
  readonly #bfd: BfdWatches;
  readonly #mode: BgpMode;
  readonly #status: ServiceStatusTask;

  constructor(deps: BgpTaskDeps, options: BgpTaskOptions) {
    const { random, log, registry } = deps;
    const mirrors = createMirrors(deps, options.namespace);
    const metrics = createBgpMetrics(registry);
    this.#mirrors = mirrors;
    const readable = {
      bgpAdvertisements: new Readable(mirrors.bgpAdvertisements),
      communities: new Readable(mirrors.communities),
      profiles: new Readable(mirrors.profiles),
    };
    const announced = new AnnouncedServices();
    const status = new ServiceStatusTask(
      { ...deps, whereIs: (service) => announced.whereIs(service) },
      { kind: BGP_STATUS, ...options },
    );
    this.#status = status;
    this.#bfd = new BfdWatches({
      receive: ({ local, minTtl, device }, onPacket) =>
        new BfdReceiver({ address: local, ...given({ minTtl, device }) }, onPacket),
      send: ({ local, remote, minTtl, device }) => {
        const multiHop = minTtl !== undefined;
        return new BfdSender({ from: local, to: remote, multiHop, ...given({ device }) }, random);
      },
      metrics: ({ remote, device }) => metrics.bfd({ peer: remote, vrf: device }),
      clock: deliveringClock,
      random,
      log,
    });
    const finding: RouterWatchDeps = {
      openLink: (interfaceName) => openLinkSocket({ interfaceName }, { log }),
      interfaces: systemNetworks,
      clock: deliveringClock,
      random,
      log,
    };
    this.#mode = new BgpMode(
      {
        ...deps,
        caches: { ...deps.caches, ...readable, secrets: mirrors.secrets },
        unreadable: () => {
          const mirrored = [deps.caches.peers, ...Object.values(readable)];
          return mirrored.flatMap(({ problems }) => problems);
        },
        clock: deliveringClock,
        dialer: (socket) => new TcpDialer(socket),
        findRouter: (interfaceName, listener) => {
          const watch = new RouterWatch(finding, interfaceName, listener);
          watch.start();
          return watch;
        },
        metrics,
        // What a Service is told by does not depend on the address: it stands for its own.
        status: (service, peers) => {
          const services = peers.length > 0 ? [service] : [];
          const { touched, begun } = announced.set(service, services, peers);
          for (const key of touched) status.changed(key, begun.includes(key));
        },
        bfd: this.#bfd,
        interfaces: systemNetworks,
      },
      options,
    );
  }

  async run(signal: AbortSignal, begun: Promise<void>): Promise<void> {
    using _watching = this.#mode.watch();
    const mirrors = Object.values(this.#mirrors);
    const running = mirrors.map((mirror) => mirror.run(signal));
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await Promise.all(mirrors.map((mirror) => mirror.whenSynced(signal)));
      await Promise.race([begun, aborted]);
      signal.throwIfAborted();
      // What another process of this node said of what is announced is its own until now.
      running.push(this.#status.run(signal));
      this.#mode.begin();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await Promise.all(running);
    this.#mode.stop();
  }

  stop(): void {
    this.#mode.stop();
  }

  async ended(): Promise<void> {
    await this.#bfd.ended();
  }

  async clear(signal: AbortSignal): Promise<void> {
    await this.#status.clear(signal);
  }

  announcements(): Iterable<Announcement> {
    return this.#mode.announcements();
  }

  problem(): string | undefined {
    return staleReflector(Object.entries(this.#mirrors));
  }
}

/** What BGP alone mirrors of the API. */
interface Mirrors {
  readonly bgpAdvertisements: Reflector<Reading<WrittenAdvertisement>>;
  readonly communities: Reflector<Reading<CommunityFacts>>;
  readonly profiles: Reflector<Reading<BfdProfileView>>;
  readonly secrets: Reflector<SecretFacts>;
}

function createMirrors(deps: ReflectorDeps, namespace: string): Mirrors {
  const ours = ({ group, version, plural }: Resource): string =>
    resourcePath({ group, version, plural, namespace });
  return {
    bgpAdvertisements: new Reflector(deps, {
      path: ours(BGPAdvertisementResource),
      project: readingOf('BGPAdvertisement', parseBGPAdvertisement, viewBgpAdvertisement),
    }),
    communities: new Reflector(deps, {
      path: ours(CommunityResource),
      project: readingOf('Community', parseCommunity, viewCommunity),
    }),
    profiles: new Reflector(deps, {
      path: ours(BFDProfileResource),
      project: readingOf('BFDProfile', parseBFDProfile, viewBfdProfile),
    }),
    secrets: new Reflector(deps, {
      path: resourcePath({ version: 'v1', plural: 'secrets', namespace }),
      // Also those of another type, to say so. Those of Helm are large, and nobody names them.
      fieldSelector: 'type!=helm.sh/release.v1',
      project: viewSecret,
    }),
  };
}

/** Without what is `undefined`. */
function given<T extends object>(options: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}
