import type { Socket } from 'node:dgram';
import { type SocketAddon, loadAddon } from './addon.ts';
import { PacketSocketError } from './packet-socket-error.ts';
import { openUdp } from './udp-socket.ts';

/** UDP ports of BFD: for a neighbour (RFC 5881 §4), and over several hops (RFC 5883 §5). */
export const BFD_PORT = { SINGLE_HOP: 3784, MULTI_HOP: 4784 } as const;

/** The lowest source port that a BFD packet may come from (RFC 5881 §4); the highest is 65,535. */
const SOURCE_PORT_MIN = 49_152;
const SOURCE_PORTS = 65_536 - SOURCE_PORT_MIN;
/** Network control, as for other routing protocols. */
const TRAFFIC_CLASS = 0xc0;

/** Where BFD packets are heard. */
export interface BfdReceiverOptions {
  /** Ours, or `0.0.0.0`, or `::`. */
  readonly address: string;
  /** Over several hops: the lowest TTL that is heard, 1 to 254. Absent: neighbours alone, whose packets come with 255. */
  readonly minTtl?: number;
  /** An interface or VRF. */
  readonly device?: string;
}

/** Hears BFD packets; what has come over a router is dropped in the kernel, unless it may. It keeps the process alive until it is closed. */
export class BfdReceiver implements Disposable {
  readonly #socket: Socket;

  /** `onPacket` gets each payload, valid for the call, and the address it came from. @throws PacketSocketError */
  constructor(
    options: BfdReceiverOptions,
    onPacket: (bytes: Uint8Array, address: string) => void,
    addon: SocketAddon = loadAddon(),
  ) {
    const { address, minTtl, device } = options;
    const port = minTtl === undefined ? BFD_PORT.SINGLE_HOP : BFD_PORT.MULTI_HOP;
    const place = { address, port, ...(device !== undefined && { device }) };
    this.#socket = openUdp({ ...place, minTtl: minTtl ?? 255 }, addon);
    this.#socket.on('message', (bytes, from) => onPacket(bytes, from.address));
    // An ICMP error about a packet of ours; the session finds out by itself.
    this.#socket.on('error', () => {});
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** Where BFD packets go. */
export interface BfdSenderOptions {
  /** The peer. */
  readonly to: string;
  /** Our address. */
  readonly from: string;
  /** Over several hops (RFC 5883). Default: a neighbour. */
  readonly multiHop?: boolean;
  readonly device?: string;
}

/** Sends BFD packets to one peer, always from the same port, with TTL 255. */
export class BfdSender implements Disposable {
  readonly #socket: Socket;
  readonly #to: string;
  readonly #port: number;
  #closed = false;

  /** `random` draws the source port. @throws PacketSocketError the source address cannot be had */
  constructor(options: BfdSenderOptions, random: () => number, addon: SocketAddon = loadAddon()) {
    const { to, from, multiHop, device } = options;
    this.#to = to;
    this.#port = multiHop === true ? BFD_PORT.MULTI_HOP : BFD_PORT.SINGLE_HOP;
    const others = {
      ttl: 255,
      trafficClass: TRAFFIC_CLASS,
      ...(device !== undefined && { device }),
    };
    this.#socket = openInRange(from, others, random, addon);
    this.#socket.on('error', () => {});
  }

  /** Sends one payload; none once it is closed. What the world does to it is for the session to find out. */
  send(bytes: Uint8Array): void {
    if (!this.#closed) this.#socket.send(bytes, this.#port, this.#to, () => {});
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

/** Others may have the port that was drawn: then the next one. */
function openInRange(
  address: string,
  others: { readonly ttl: number; readonly trafficClass: number; readonly device?: string },
  random: () => number,
  addon: SocketAddon,
): Socket {
  const first = Math.floor(random() * SOURCE_PORTS);
  for (let tried = 0; ; tried++) {
    const port = SOURCE_PORT_MIN + ((first + tried) % SOURCE_PORTS);
    try {
      return openUdp({ address, port, ...others }, addon);
    } catch (error) {
      const isTaken = error instanceof PacketSocketError && error.code === 'address-in-use';
      if (!isTaken || tried >= SOURCE_PORTS) throw error;
    }
  }
}
