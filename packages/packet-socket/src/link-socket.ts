import type {
  LinkListener,
  LinkSocket,
  SendOutcome,
  WatchedAddresses,
} from '@picluster/arp-responder';
import { loadAddon, type Addon } from './addon.ts';
import type { BpfProgram } from './bpf.ts';
import { InterfaceMonitor, type InterfaceState } from './interface-monitor.ts';
import { ETHERTYPE, KEEP_NOTHING, arpFilter, echoFilter, neighborFilter } from './filters.ts';
import { MulticastGroups } from './multicast-groups.ts';
import { PacketSocket, type PacketListener, type PacketSocketStats } from './packet-socket.ts';
import { PacketSocketError } from './packet-socket-error.ts';
import { systemTimer } from './seams/system-timer.ts';

/** Which link. */
export interface LinkSocketOptions {
  /** As `ip link` shows it. It must exist, but may be down. */
  readonly interfaceName: string;
  /**
   * The interface hears all frames of the wire; what it need not hear is dropped in the kernel all the same. For Wi-Fi chips that lose
   * broadcasts and multicasts otherwise, as those of the Raspberry Pi do. Default: `false`.
   */
  readonly promiscuous?: boolean;
}

/** What a link socket works with. All of it has a default. */
export interface LinkSocketDeps {
  /** Default: silent. */
  readonly log?: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
  /** For trying again where the system refused. Default: real time. */
  readonly clock?: { timer(ms: number, fire: () => void): Disposable };
  /** The compiled part; for tests. */
  readonly addon?: Addon;
  /** The multicast memberships; for tests. */
  readonly groups?: MulticastGroups;
}

/** A {@link LinkSocket} on a Linux interface. */
export interface PacketLinkSocket extends LinkSocket, Disposable {
  /** Sums over all sockets that this one has had. */
  stats(): PacketSocketStats;
}

/** How long to wait until a socket or group that the system refused is asked for again. */
export const RETRY_MS = 1000;

/**
 * Opens a link: ARP at once, IPv6 while IPv6 addresses are watched. Throws {@link PacketSocketError} with the code
 * `no-such-interface`, `not-ethernet`, `not-permitted`, `unsupported-platform`, `addon-unusable` or `system`.
 *
 * From then on it looks after itself: after link down and up it hears again, and when the interface is deleted and made again
 * it opens new sockets and says `up`. It keeps the process alive until it is closed.
 */
export function openLinkSocket(
  options: LinkSocketOptions,
  deps: LinkSocketDeps = {},
): PacketLinkSocket {
  return new AfPacketLink(options, deps);
}

/** What the listener wants to hear; `ndp` is missing where no IPv6 address is watched and no router wanted, `ping` where no echo requests are wanted. */
interface Watched {
  readonly arp: BpfProgram;
  readonly ndp: BpfProgram | undefined;
  readonly ping: BpfProgram | undefined;
  readonly ipv6: readonly Uint8Array[];
}

const NO_STATS: PacketSocketStats = { wakeups: 0, frames: 0, dropped: 0, oversized: 0 };
const NO_MAC: Uint8Array = new Uint8Array(6);

class AfPacketLink implements PacketLinkSocket {
  readonly interfaceName: string;
  readonly #promiscuous: boolean;
  readonly #log: LinkSocketDeps['log'];
  readonly #timer: (ms: number, fire: () => void) => Disposable;
  readonly #addon: Addon;
  readonly #monitor: InterfaceMonitor;
  readonly #groups: MulticastGroups;
  readonly #frames: PacketListener;
  #listener: LinkListener | undefined;
  #watched: Watched = { arp: KEEP_NOTHING, ndp: undefined, ping: undefined, ipv6: [] };
  /** What may be answered without asking the listener. */
  #answers: Uint8Array | undefined;
  #arp: PacketSocket | undefined;
  #ndp: PacketSocket | undefined;
  #ping: PacketSocket | undefined;
  /** The interface that the sockets and memberships belong to. */
  #index: number | undefined;
  #past: PacketSocketStats = NO_STATS;
  #mac: Uint8Array = NO_MAC;
  #up = false;
  #retry: Disposable | undefined;
  #complaint: string | undefined;
  #closed = false;

  constructor(options: LinkSocketOptions, deps: LinkSocketDeps) {
    const { interfaceName, promiscuous = false } = options;
    this.interfaceName = interfaceName;
    this.#promiscuous = promiscuous;
    this.#log = deps.log;
    this.#timer = deps.clock === undefined ? systemTimer : deps.clock.timer.bind(deps.clock);
    this.#addon = deps.addon ?? loadAddon();
    this.#groups =
      deps.groups ?? new MulticastGroups(interfaceName, { onLost: () => this.#retryLater() });
    this.#frames = {
      onFrame: (frame, answered) => this.#listener?.onFrame(frame, answered),
      onError: (error) => this.#onError(error),
    };
    const onInterface = (state: InterfaceState | undefined, interrupted: boolean): void =>
      this.#onInterface(state, interrupted);
    this.#monitor = new InterfaceMonitor(interfaceName, { onInterface }, this.#addon);
    try {
      if (this.#monitor.state === undefined) {
        throw new PacketSocketError('no-such-interface', { interfaceName });
      }
      this.#open(this.#monitor.state);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#up = this.#monitor.state.up;
  }

  get mac(): Uint8Array {
    return this.#mac;
  }

  get up(): boolean {
    return this.#up;
  }

  listen(listener: LinkListener): void {
    if (this.#listener !== undefined) {
      throw new Error('listen was called before: a link socket has one listener');
    }
    this.#listener = listener;
  }

  watch({ ipv4, ipv6, claims = [], echo = false, routers = false }: WatchedAddresses): void {
    const claimsOf = (bytes: 4 | 16): Uint8Array[] =>
      claims.filter(({ length }) => length === bytes);
    const targets = [...ipv6, ...claimsOf(16)];
    this.#watched = {
      arp: arpFilter(ipv4, [...ipv4, ...claimsOf(4)]),
      ndp:
        targets.length > 0 || routers
          ? neighborFilter(targets, echo ? ipv6 : [], routers)
          : undefined,
      ping: echo && ipv4.length > 0 ? echoFilter(ipv4) : undefined,
      ipv6: ipv6.map((address) => Uint8Array.from(address)),
    };
    this.#repair();
  }

  answerFrom(table: Uint8Array): void {
    this.#answers = table;
    this.#arm();
  }

  nowMs(): number {
    return this.#addon.nowMs();
  }

  send(frame: Uint8Array, notAfterMs?: number): SendOutcome {
    if (this.#up && this.#arp !== undefined) return this.#arp.send(frame, notAfterMs);
    return this.#closed || this.#index === undefined ? 'gone' : 'down';
  }

  stats(): PacketSocketStats {
    return [this.#arp, this.#ndp, this.#ping].reduce(
      (sum, socket) => add(sum, socket?.stats()),
      this.#past,
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#up = false;
    this.#retry?.[Symbol.dispose]();
    this.#monitor.close();
    this.#closeSockets();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #onInterface(state: InterfaceState | undefined, interrupted: boolean): void {
    const other =
      state === undefined || state.index !== this.#index || !isSame(state.mac, this.#mac);
    if (interrupted || other || !state.up) this.#setUp(false);
    this.#repair();
  }

  /** Makes sockets and groups what the interface and the watched addresses want, or tries again later. */
  #repair(): void {
    if (this.#closed) return;
    this.#retry?.[Symbol.dispose]();
    this.#retry = undefined;
    const state = this.#monitor.state;
    if (state === undefined) {
      this.#closeSockets();
      return;
    }
    try {
      this.#open(state);
    } catch (error) {
      if (!(error instanceof PacketSocketError)) throw error;
      this.#complain('packet socket not opened', error);
      this.#setUp(false);
      this.#retryLater();
      return;
    }
    this.#setUp(state.up);
  }

  /** Opens what is missing on this interface, and lets go of what belonged to another. Throws at the first refusal. */
  #open(state: InterfaceState): void {
    const { interfaceName } = this;
    if (!state.ethernet) throw new PacketSocketError('not-ethernet', { interfaceName });
    if (this.#index !== state.index) this.#closeSockets();
    this.#index = state.index;
    this.#mac = state.mac;
    const { arp, ndp, ping, ipv6 } = this.#watched;
    this.#arp = this.#fit(this.#arp, ETHERTYPE.ARP, arp);
    this.#ndp = this.#fit(this.#ndp, ETHERTYPE.IPV6, ndp);
    this.#ping = this.#fit(this.#ping, ETHERTYPE.IPV4, ping);
    const [failure, ...others] = this.#groups.set(ipv6);
    if (failure === undefined) {
      this.#complaint = undefined;
      return;
    }
    this.#complain('multicast groups not joined', failure, { groups: 1 + others.length });
    this.#retryLater();
  }

  /** The socket with this filter: the one there is, a new one, or none where nothing is to be heard. */
  #fit(
    socket: PacketSocket | undefined,
    etherType: number,
    filter: BpfProgram | undefined,
  ): PacketSocket | undefined {
    if (filter === undefined || this.#index === undefined) return this.#retire(socket);
    if (socket !== undefined) {
      socket.setFilter(filter);
      return socket;
    }
    const { interfaceName } = this;
    const promiscuous = this.#promiscuous;
    const options = { interfaceName, interfaceIndex: this.#index, etherType, filter, promiscuous };
    return PacketSocket.open(options, this.#frames, this.#addon);
  }

  #closeSockets(): void {
    this.#index = undefined;
    this.#arp = this.#retire(this.#arp);
    this.#ndp = this.#retire(this.#ndp);
    this.#ping = this.#retire(this.#ping);
    this.#groups.close();
  }

  #retire(socket: PacketSocket | undefined): undefined {
    socket?.close();
    this.#past = add(this.#past, socket?.stats());
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#arm();
    this.#listener?.onLink(up ? 'up' : 'down');
  }

  /** While the link is up, and with the hardware address it has: an interface with another one was down before. */
  #arm(): void {
    if (this.#up && this.#answers !== undefined) this.#arp?.answerFrom(this.#mac, this.#answers);
    else this.#arp?.answerFrom();
  }

  #retryLater(): void {
    this.#retry?.[Symbol.dispose]();
    this.#retry = this.#timer(RETRY_MS, () => this.#repair());
  }

  #onError(error: PacketSocketError): void {
    // That the link went down is what the monitor says; the socket survives it.
    if (error.code === 'interface-down' || this.#closed) return;
    this.#complain('packet socket failed', error);
    this.#closeSockets();
    this.#setUp(false);
    this.#retryLater();
  }

  /** Once, however often it is tried again. */
  #complain(message: string, error: Error, fields: Record<string, unknown> = {}): void {
    if (this.#complaint === error.message) return;
    this.#complaint = error.message;
    this.#log?.warn(message, {
      interface: this.interfaceName,
      retryMs: RETRY_MS,
      error: error.message,
      ...fields,
    });
  }
}

function add(sum: PacketSocketStats, more: PacketSocketStats = NO_STATS): PacketSocketStats {
  return {
    wakeups: sum.wakeups + more.wakeups,
    frames: sum.frames + more.frames,
    dropped: sum.dropped + more.dropped,
    oversized: sum.oversized + more.oversized,
  };
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, at) => byte === other[at]);
}
