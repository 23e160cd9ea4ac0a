import {
  BgpPeer,
  cease,
  CEASE,
  type Dialer,
  type EndReason,
  hardReset,
  originatedRoute,
  type PeerSession,
  type Prefix,
  type Route,
} from '@picluster/bgp';
import type { Clock } from '@picluster/kube';
import type { TcpSocketOptions } from '@picluster/packet-socket';
import type { BfdWatch, BfdWatches } from './bfd-watches.ts';
import type { BgpMetrics, BgpSessionMetrics } from './bgp-metrics.ts';
import { isNeighbour, nextHopsOf, type LocalNetworks, type NextHops } from './next-hops.ts';
import type { PeerPlan } from './peer-plan.ts';
import type { JoinedRoute } from './route-table.ts';
import type { RouterListener } from './router-watch.ts';
import { SessionReports, type SessionReportsDeps } from './session-reports.ts';

/** What a peer is told when its session ends because another router has taken its place behind an interface. */
const REPLACED = 'another router is there';

/** What sessions work with. */
export interface PeerRunDeps extends Pick<SessionReportsDeps, 'peerEvent' | 'node'> {
  readonly dialer: (socket: TcpSocketOptions) => Dialer;
  /** Finds the router behind an interface; see `RouterWatch`. */
  readonly findRouter: (interfaceName: string, listener: RouterListener) => Disposable;
  readonly clock: Pick<Clock, 'nowMs' | 'timer'>;
  readonly random: () => number;
  readonly log: {
    debug(message: string, fields?: Record<string, unknown>): void;
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
  readonly metrics: BgpMetrics;
  readonly bfd: Pick<BfdWatches, 'watch'>;
  /** The interfaces of this node, as of now. */
  readonly interfaces: () => readonly LocalNetworks[];
  /** What is wanted; see `RouteTable`. */
  readonly table: {
    prefixes(): Iterable<Prefix>;
    route(prefix: Prefix, peer: string): JoinedRoute | undefined;
  };
}

/** A socket of BFD that could not be had is asked for again after this, and each time after twice as long. */
export const BFD_RETRY_MS = 1000;
const BFD_RETRY_MAX_MS = 60_000;
/** With this wait people are told: before it another process of this node may just be saying goodbye on the port. */
const BFD_TELL_MS = 4 * BFD_RETRY_MS;

/** What of an established session makes routes of what is wanted. */
interface Ground {
  readonly session: PeerSession;
  readonly localAsn: number;
  readonly nextHops: NextHops;
}

/** A session with a peer: tells it what is wanted, and watches the path to it by BFD where the plan says so. */
export class PeerRun {
  #plan: PeerPlan;
  readonly #deps: PeerRunDeps;
  readonly #peer: BgpPeer;
  readonly #metrics: BgpSessionMetrics;
  readonly #reports: SessionReports;
  /** The prefixes that the peer should have. */
  readonly #wanted = new Set<Prefix>();
  #ground: Ground | undefined;
  /** The address of the router; `undefined`: none was found yet. */
  #router: string | undefined;
  #search: Disposable | undefined;
  /** The watch, and between which addresses. */
  #watch: { readonly ends: string; readonly watch: BfdWatch } | undefined;
  #retry: Disposable | undefined;

  /** Does nothing yet. @throws BgpError `bad-options` */
  constructor(deps: PeerRunDeps, plan: PeerPlan) {
    const { clock, random, log } = deps;
    this.#deps = deps;
    this.#plan = plan;
    const metrics = deps.metrics.session({ peer: plan.label, vrf: plan.socket.device });
    this.#metrics = metrics;
    this.#reports = new SessionReports({ ...deps, metrics }, () => this.#plan);
    this.#peer = new BgpPeer(
      {
        dialer: { dial: (listener) => this.#dialer().dial(listener) },
        clock,
        random,
        log,
        listener: {
          established: (session) => this.#onUp(session),
          down: (reason) => this.#onDown(reason),
          failed: (reason) => this.#reports.failed(reason),
        },
        metrics: {
          sent: (type) => {
            metrics.sent(type);
            if (type === 'UPDATE') metrics.announced(this.#peer.routes.announced);
          },
          received: (type) => metrics.received(type),
          faulty: (reason) => metrics.faulty(reason),
        },
      },
      plan.name,
      plan.session,
    );
  }

  /** What this session is, as far as it is known. */
  get plan(): PeerPlan {
    return this.#plan;
  }

  /** Whether the peer hears us. */
  get established(): boolean {
    return this.#ground !== undefined;
  }

  /** Begins; `restarted`: another process of this node had a session with the peer, whose routes it may have kept. */
  start(restarted: boolean): void {
    for (const prefix of this.#deps.table.prefixes()) this.#want(prefix);
    this.#metrics.wanted(this.#wanted.size);
    const { place } = this.#plan;
    if ('address' in place) {
      this.#onRouter(place.address, restarted);
      return;
    }
    this.#search = this.#deps.findRouter(place.interface, {
      found: (address) => this.#onRouter(address, restarted),
      missed: (trouble) => {
        if (!this.established) this.#reports.missed(place.interface, trouble);
      },
    });
  }

  /** Something else may be wanted of these prefixes. */
  changed(prefixes: readonly Prefix[]): void {
    for (const prefix of prefixes) this.#tell(prefix, this.#want(prefix));
    this.#metrics.wanted(this.#wanted.size);
    this.#peer.changed();
  }

  /** Watches the path in another way, and comes back after other delays; the session stays as it is. */
  adjust(plan: PeerPlan): void {
    const before = this.#plan.bfd;
    this.#plan = plan;
    this.#peer.retryAfter(plan.session);
    const isSamePath =
      before?.multiHop === plan.bfd?.multiHop && before?.minimumTtl === plan.bfd?.minimumTtl;
    if (plan.bfd !== undefined && isSamePath) this.#watch?.watch.change(plan.bfd.options);
    else this.#unwatch();
    const local = this.#ground?.session.localAddress;
    if (local !== undefined) this.#watchFrom(local);
  }

  /** Ends the session; see `BgpPeer.stop`. */
  stop(how: 'shutdown' | 'restart', message?: string): void {
    this.#search?.[Symbol.dispose]();
    this.#peer.stop(how, message);
    this.#unwatch();
    this.#metrics.end();
  }

  /** Where the session stands, a link that was down for a moment has not ended it; else there is nothing left to wait for. */
  #onRouter(address: string, restarted: boolean): void {
    const before = this.#router;
    if (address === before && this.established) return;
    this.#router = address;
    if (before !== undefined) this.#peer.stop('shutdown', REPLACED);
    this.#peer.start(restarted && before === undefined);
  }

  #dialer(): Dialer {
    const address = this.#router;
    if (address === undefined) throw new Error('a session was begun before its router was found');
    return this.#deps.dialer({ ...this.#plan.socket, address });
  }

  #want(prefix: Prefix): JoinedRoute | undefined {
    const route = this.#deps.table.route(prefix, this.#plan.name);
    if (route === undefined) this.#wanted.delete(prefix);
    else this.#wanted.add(prefix);
    return route;
  }

  #tell(prefix: Prefix, joined: JoinedRoute | undefined): void {
    if (this.#ground === undefined) return;
    const route = joined && routeOf(prefix, joined, this.#ground);
    if (route === undefined) this.#peer.routes.withdraw(prefix);
    else this.#peer.routes.announce(prefix, route);
  }

  #onUp(session: PeerSession): void {
    const local = session.localAddress ?? '';
    const { extendedNextHop } = session.negotiated;
    const nextHops = nextHopsOf(local, this.#deps.interfaces(), extendedNextHop);
    this.#ground = { session, nextHops, localAsn: this.#plan.session.localAsn };
    this.#peer.routes.replace(new Map());
    for (const prefix of this.#wanted) {
      this.#tell(prefix, this.#deps.table.route(prefix, this.#plan.name));
    }
    this.#metrics.up(true);
    this.#reports.up();
    this.#watchFrom(local);
  }

  #onDown(reason: EndReason): void {
    this.#ground = undefined;
    this.#metrics.up(false);
    this.#reports.down(reason);
    this.#metrics.announced(0);
  }

  /** The watch outlives the session, so that the path is known to be there again when the next one begins. */
  #watchFrom(local: string, retryMs: number = BFD_RETRY_MS): void {
    const { bfd, socket } = this.#plan;
    const remote = this.#router ?? '';
    const ends = `${local} ${remote}`;
    this.#retry?.[Symbol.dispose]();
    if (this.#watch?.ends !== ends) this.#unwatch();
    if (bfd === undefined || this.#watch !== undefined) return;
    const isFar =
      bfd.multiHop === 'unless-neighbour'
        ? !isNeighbour(remote, this.#deps.interfaces())
        : bfd.multiHop;
    const minTtl = isFar ? bfd.minimumTtl : undefined;
    const path = { local, remote, minTtl, device: socket.device };
    try {
      const watch = this.#deps.bfd.watch(path, bfd, () => this.#onPathDown());
      this.#watch = { ends, watch };
    } catch (error) {
      // The session works without.
      if (retryMs === BFD_TELL_MS) this.#reports.unwatched(error);
      const nextMs = Math.min(retryMs * 2, BFD_RETRY_MAX_MS);
      this.#retry = this.#deps.clock.timer(retryMs, () => this.#watchFrom(local, nextMs));
    }
  }

  #unwatch(): void {
    this.#retry?.[Symbol.dispose]();
    this.#retry = undefined;
    this.#watch?.watch[Symbol.dispose]();
    this.#watch = undefined;
  }

  /** RFC 9384. The peer, if it hears that, must not keep our routes: nothing would reach us. */
  #onPathDown(): void {
    if (this.#ground === undefined) return;
    const { restartOnNotification } = this.#ground.session.negotiated;
    const notification = cease(CEASE.BFD_DOWN);
    this.#peer.reset(restartOnNotification ? hardReset(notification) : notification);
  }
}

/** `undefined`: there is nowhere to send packets of the family to, or the peer takes none. */
function routeOf(
  prefix: Prefix,
  joined: JoinedRoute,
  { session, nextHops, localAsn }: Ground,
): Route | undefined {
  const isIPv6 = prefix.includes(':');
  const { negotiated } = session;
  const address = isIPv6 ? nextHops.ipv6 : nextHops.ipv4;
  const family = isIPv6 ? 'ipv6-unicast' : 'ipv4-unicast';
  if (address === undefined || !negotiated.families.includes(family)) return undefined;
  const { localPref, asPathPrepend, communities, largeCommunities } = joined;
  return originatedRoute(
    {
      nextHop: { address },
      asPathPrepend,
      communities,
      largeCommunities,
      ...(localPref !== undefined && { localPref }),
    },
    { external: negotiated.external, localAsn },
  );
}
