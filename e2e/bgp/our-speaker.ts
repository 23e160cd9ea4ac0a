import {
  BgpPeer,
  BgpSpeaker,
  type Dialer,
  type Family,
  type PeerListener,
  type PeerSession,
  type Prefix,
  type Route,
  type RouteAttribute,
  routesOf,
  type SessionOptions,
  type UpdateMessage,
} from '@picluster/bgp';
import { TcpAcceptor, TcpDialer, type TcpSocketOptions } from '@picluster/packet-socket';
import { OURS, type RouterConfig, THEIRS } from './router.ts';

/** Real time. */
export const clock = {
  nowMs: () => performance.now(),
  timer: (ms: number, fire: () => void): Disposable => {
    const timeout = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timeout) };
  },
};

/** How our speaker is set up in one test. */
export interface OurOptions {
  readonly over: RouterConfig['over'];
  readonly session: Partial<SessionOptions> & Pick<SessionOptions, 'peerAsn'>;
  readonly socket?: Partial<TcpSocketOptions>;
  /** Connects in another way than to the router's fixed address. */
  readonly dialer?: Dialer;
}

/** Our speaker, beside the router: it announces what it is told, and keeps what it hears. */
export class OurSpeaker implements AsyncDisposable, PeerListener {
  readonly peer: BgpPeer;
  /** What the router has told us, and whose next hop it is. */
  readonly heard = new Map<Prefix, string>();
  readonly ends: Family[] = [];
  /** Whose stale routes are to go. */
  readonly flushed: Family[] = [];
  readonly downs: { readonly reason: string; readonly retained: readonly Family[] }[] = [];
  session: PeerSession | undefined;
  readonly #acceptor: TcpAcceptor;
  readonly #over: RouterConfig['over'];
  #wanted: readonly Prefix[] = [];
  #attributes: readonly RouteAttribute[] = [];

  constructor({ over, session, socket, ...others }: OurOptions) {
    this.#over = over;
    const address = THEIRS[over];
    const fixed = { address, port: 179, source: OURS[over], ...socket };
    const { dialer = new TcpDialer(fixed) } = others;
    const options: SessionOptions = {
      localAsn: OURS.asn,
      identifier: OURS.ipv4,
      families: ['ipv4-unicast', 'ipv6-unicast'],
      retryFirstMs: 200,
      connectRetryMs: 1000,
      ...session,
    };
    const deps = { dialer, clock, random: Math.random, listener: this };
    this.peer = new BgpPeer(deps, address, options);
    const speaker = new BgpSpeaker();
    speaker.add(address, this.peer);
    const keys = socket?.password === undefined ? [] : [{ address, password: socket.password }];
    const { ttl, minTtl } = socket ?? {};
    const hops = { ...(ttl !== undefined && { ttl }), ...(minTtl !== undefined && { minTtl }) };
    this.#acceptor = new TcpAcceptor(
      { address: OURS[over], port: 179, keys, ...hops },
      (connection) => speaker.accept(connection),
    );
  }

  /** From here on just these are announced. */
  announce(prefixes: readonly Prefix[], attributes: readonly RouteAttribute[] = []): void {
    this.#wanted = prefixes;
    this.#attributes = attributes;
    this.#tell();
  }

  #tell(): void {
    const external = this.session?.negotiated.external ?? true;
    const segments = external ? [{ type: 'AS_SEQUENCE', asns: [OURS.asn] } as const] : [];
    const common: RouteAttribute[] = [
      { type: 'ORIGIN', origin: 'IGP' },
      { type: 'AS_PATH', segments },
      ...(external ? [] : [{ type: 'LOCAL_PREF', value: 100 } as const]),
      ...this.#attributes,
    ];
    const routeOf = (prefix: Prefix): Route => ({
      nextHop: { address: this.#nextHopOf(prefix) },
      attributes: common,
    });
    this.peer.routes.replace(new Map(this.#wanted.map((prefix) => [prefix, routeOf(prefix)])));
    this.peer.changed();
  }

  /** On a link without other addresses all routes go to our link-local one (RFC 8950). */
  #nextHopOf(prefix: Prefix): string {
    if (this.#over === 'linkLocal') return OURS.linkLocal.replace('%bgp0', '');
    return prefix.includes(':') ? OURS.ipv6 : OURS.ipv4;
  }

  established(session: PeerSession): void {
    this.session = session;
    this.#tell();
  }

  update(update: UpdateMessage): void {
    const { withdrawn, announced } = routesOf(update);
    for (const { prefixes } of withdrawn) for (const prefix of prefixes) this.heard.delete(prefix);
    for (const { prefixes, nextHop } of announced) {
      for (const prefix of prefixes) this.heard.set(prefix, nextHop.address);
    }
  }

  endOfRib(family: Family): void {
    this.ends.push(family);
  }

  down(_reason: unknown, retained: readonly Family[]): void {
    this.session = undefined;
    this.downs.push({ reason: this.peer.status.lastEnd ?? '', retained });
    if (retained.length === 0) this.heard.clear();
  }

  flushStale(families: readonly Family[]): void {
    this.flushed.push(...families);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer.stop();
    await this.#acceptor[Symbol.asyncDispose]();
  }
}
