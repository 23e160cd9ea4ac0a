import type { ElectionLink } from '@picluster/l2-election';
import { ETHER_TYPE, QUIET_FRAMES } from '@picluster/l2-election';
import {
  ETHERTYPE,
  InterfaceMonitor,
  KEEP,
  orElse,
  PacketSocket,
  PacketSocketError,
  refuseField,
  requireField,
  requireOneOf,
  RETRY_MS,
  SKF_AD_PKTTYPE,
  type BpfProgram,
  type InterfaceState,
  type PacketListener,
} from '@picluster/packet-socket';

/** What a port works with. */
export interface ElectionPortDeps {
  readonly clock: { nowMs(): number; timer(ms: number, fire: () => void): Disposable };
  readonly log: {
    warn(message: string, fields?: Record<string, unknown>): void;
  };
}

/** For whom the kernel says that a frame is (`linux/if_packet.h`). */
const PACKET = { HOST: 0, BROADCAST: 1 } as const;
const ARP_OPERATION_AT = 20;
const ARP_REPLY = 2;

/** Frames of this LAN. Those of foreign VLANs are `PACKET_OTHERHOST`. */
const OF_LAN: BpfProgram = requireField(1, SKF_AD_PKTTYPE, PACKET.BROADCAST);
const { version, flags } = QUIET_FRAMES;
/** Heartbeats that may wait for ours. */
const QUIET: BpfProgram = [
  ...OF_LAN,
  ...requireField(1, version.at, version.value),
  ...requireOneOf(1, flags.at, flags.values),
  KEEP,
];
/** All heartbeats. */
const EVERY: BpfProgram = [...OF_LAN, KEEP];
/** Those for which we wake. */
const NEWS: BpfProgram = [
  ...OF_LAN,
  ...orElse(
    [...refuseField(1, version.at, version.value), KEEP],
    [...flags.values.flatMap((value) => refuseField(1, flags.at, value)), KEEP],
  ),
];
/** ARP replies to this machine. Nobody sends them unasked, so they wake us only when the kernel or we have asked somebody. */
const REPLIES: BpfProgram = [
  ...requireField(1, SKF_AD_PKTTYPE, PACKET.HOST),
  ...requireField(2, ARP_OPERATION_AT, ARP_REPLY),
  KEEP,
];
const NO_MAC: Uint8Array = new Uint8Array(6);
/** 24 days. */
const FOR_EVER_MS = 2 ** 31 - 1;

/**
 * One interface as an election needs it: sends heartbeats, hears those of others and ARP replies to this machine, and nothing else. All other
 * frames are dropped in the kernel; these wait there until somebody listens. It never throws for what the world does: while the interface is not there, or no socket can be had, it is
 * down, and comes up by itself.
 */
export class ElectionPort implements ElectionLink, Disposable {
  readonly interfaceName: string;
  readonly #deps: ElectionPortDeps;
  readonly #frames: PacketListener;
  /** Of the socket for quiet frames. */
  readonly #kept: PacketListener;
  #monitor: InterfaceMonitor | undefined;
  #news: PacketSocket | undefined;
  /** Passes nothing on by itself while `#atRest`. `undefined` also where the kernel cannot date frames: then none may wait. */
  #quiet: PacketSocket | undefined;
  #replies: PacketSocket | undefined;
  #index: number | undefined;
  #mac: Uint8Array = NO_MAC;
  #up = false;
  #atRest = false;
  #heardSinceMs: number | undefined;
  #listener: Parameters<ElectionLink['listen']>[0] | undefined;
  #retry: Disposable | undefined;
  #complaint: string | undefined;
  #closed = false;

  constructor(interfaceName: string, deps: ElectionPortDeps) {
    this.interfaceName = interfaceName;
    this.#deps = deps;
    this.#frames = {
      onFrame: (frame) => this.#listener?.onFrame(frame),
      onBatch: (deliver) => this.#listener?.onBatch(deliver),
      onError: (error) => this.#onError(error),
    };
    this.#kept = {
      ...this.#frames,
      onFrame: (frame, _answered, waitedMs) => this.#listener?.onKept(frame, waitedMs),
    };
    this.#repair();
  }

  get mac(): Uint8Array {
    return this.#mac;
  }

  get up(): boolean {
    return this.#up;
  }

  /**
   * To be asked right before somebody listens: since when every heartbeat waits for that; `undefined` while it is down. Where some were lost, as they had to wait for too long, all are
   * thrown away: nobody could tell how old they are.
   */
  heardSince(): number | undefined {
    const dropped = [this.#quiet, this.#news].some((one) => (one?.stats().dropped ?? 0) > 0);
    if (dropped) this.readAll();
    return this.#heardSinceMs;
  }

  /** Delivers all that waits, before it returns; what nobody listens to is thrown away. */
  readAll(): void {
    for (const socket of this.#sockets()) socket?.readAll();
    if (this.#up && this.#listener === undefined) this.#heardSinceMs = this.#deps.clock.nowMs();
  }

  rest(atRest: boolean): void {
    this.#atRest = atRest;
    this.#quiet?.hold(atRest ? FOR_EVER_MS : 0);
  }

  listen(listener: Parameters<ElectionLink['listen']>[0]): void {
    this.#listener = listener;
    for (const socket of this.#sockets()) socket?.hold(0);
  }

  send(frame: Uint8Array): unknown {
    return this.#up ? this.#news?.send(frame) : 'down';
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#up = false;
    this.#retry?.[Symbol.dispose]();
    this.#monitor?.close();
    this.#closeSockets();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Makes the sockets what the interface wants, or tries again later. */
  #repair(interrupted: boolean = false): void {
    if (this.#closed) return;
    this.#retry?.[Symbol.dispose]();
    this.#retry = undefined;
    try {
      this.#monitor ??= new InterfaceMonitor(this.interfaceName, {
        onInterface: (_state, wasDown) => this.#repair(wasDown),
      });
      const { state } = this.#monitor;
      if (interrupted || state?.index !== this.#index) this.#setUp(false);
      if (state === undefined) this.#closeSockets();
      else this.#open(state);
      this.#complaint = undefined;
      this.#setUp(state?.up ?? false);
    } catch (error) {
      if (!(error instanceof PacketSocketError)) throw error;
      this.#retryLater(error);
    }
  }

  #open({ index, mac }: InterfaceState): void {
    if (this.#index !== index) this.#closeSockets();
    this.#index = index;
    this.#mac = mac;
    const { interfaceName } = this;
    const open = (etherType: number, filter: BpfProgram, dated: boolean = false): PacketSocket =>
      PacketSocket.open(
        { interfaceName, interfaceIndex: index, etherType, filter, dated },
        dated ? this.#kept : this.#frames,
      );
    this.#quiet ??= unlessUnable(() => open(ETHER_TYPE, QUIET, true));
    this.#news ??= open(ETHER_TYPE, this.#quiet === undefined ? EVERY : NEWS);
    this.#replies ??= open(ETHERTYPE.ARP, REPLIES);
    if (this.#listener === undefined || this.#atRest) this.#quiet?.hold(FOR_EVER_MS);
    if (this.#listener !== undefined) return;
    this.#news.hold(FOR_EVER_MS);
    this.#replies.hold(FOR_EVER_MS);
  }

  /** What may wait is read before what is news. */
  #sockets(): (PacketSocket | undefined)[] {
    return [this.#quiet, this.#news, this.#replies];
  }

  #closeSockets(): void {
    this.#index = undefined;
    for (const socket of this.#sockets()) socket?.close();
    this.#quiet = undefined;
    this.#news = undefined;
    this.#replies = undefined;
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.#heardSinceMs = undefined;
    if (up && this.#listener === undefined) this.readAll();
    this.#listener?.onLink(up ? 'up' : 'down');
  }

  #onError(error: PacketSocketError): void {
    // That the link went down is what the monitor says; the sockets survive it.
    if (error.code !== 'interface-down' && !this.#closed) this.#retryLater(error);
  }

  #retryLater(error: PacketSocketError): void {
    if (this.#complaint !== error.message) {
      this.#complaint = error.message;
      this.#deps.log.warn('election socket failed', {
        interface: this.interfaceName,
        error: error.message,
        retryMs: RETRY_MS,
      });
    }
    this.#closeSockets();
    this.#setUp(false);
    this.#retry?.[Symbol.dispose]();
    this.#retry = this.#deps.clock.timer(RETRY_MS, () => this.#repair());
  }
}

/** `undefined` where the system has no such option, as an emulator of user space. */
function unlessUnable(open: () => PacketSocket): PacketSocket | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof PacketSocketError && error.errnoName === 'ENOPROTOOPT') return undefined;
    throw error;
  }
}
