import {
  endInTable,
  respond,
  type AnswerRights,
  type LinkListener,
  type LinkSocket,
  type SendOutcome,
  type WatchedAddresses,
} from '@picluster/arp-responder';
import type { Random } from './random.ts';

interface SimLanDeps {
  readonly clock: { nowMs(): number; timer(ms: number, fire: () => void): Disposable };
  /** Needed only where frames may be lost. */
  readonly random?: Random;
}

/** How the wire treats frames. */
export interface SimLanOptions {
  /** One-way delay of every frame. */
  readonly delayMs?: number;
  /** Share of frames that are lost, 0 to 1, drawn for each receiver. */
  readonly loss?: number;
}

/**
 * An Ethernet segment in memory. Like a switch that snoops on multicast, it gives a frame to the port of its destination, to
 * all ports when it is a broadcast, and a solicited-node multicast only to ports that watch an address of that group.
 */
export class SimLan {
  readonly #clock: SimLanDeps['clock'];
  readonly #random: Random;
  readonly #options: Required<SimLanOptions>;
  readonly #ports = new Set<SimPort>();
  readonly #cut = new Map<LinkSocket, Set<LinkSocket>>();

  constructor(deps: SimLanDeps, options: SimLanOptions = {}) {
    this.#clock = deps.clock;
    this.#random = deps.random ?? (() => 1);
    this.#options = { delayMs: options.delayMs ?? 0, loss: options.loss ?? 0 };
  }

  /** Connects a link socket called `interfaceName` with the hardware address `mac` (6 bytes). */
  attach(interfaceName: string, mac: Uint8Array): SimPort {
    const port = new SimPort(interfaceName, mac, this);
    this.#ports.add(port);
    return port;
  }

  /** Connects a machine that hears every frame on the segment and keeps it, oldest first. */
  observe(mac: Uint8Array): SimObserver {
    const received: Uint8Array[] = [];
    const port = this.attach('observer', mac);
    port.hearAll = true;
    port.listen({
      onFrame: (frame) => void received.push(Uint8Array.from(frame)),
      onLink: () => {},
    });
    return { received, send: (frame) => void port.send(frame), port };
  }

  /** Frames from `from` no longer reach `to`; the other direction is untouched. */
  cut(from: LinkSocket, to: LinkSocket): void {
    const deaf = this.#cut.get(from) ?? new Set();
    this.#cut.set(from, deaf.add(to));
  }

  /** Undoes {@link SimLan.cut}. */
  heal(from: LinkSocket, to: LinkSocket): void {
    this.#cut.get(from)?.delete(to);
  }

  /** @internal The clock of the segment. */
  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** @internal Carries a frame; the bytes are copied. */
  carry(from: SimPort, frame: Uint8Array): void {
    const copy = Uint8Array.from(frame);
    for (const to of this.#ports) {
      if (to === from || this.#cut.get(from)?.has(to) === true || !to.wants(copy)) continue;
      if (this.#random() < this.#options.loss) continue;
      this.#clock.timer(this.#options.delayMs, () => to.deliver(copy));
    }
  }

  /** @internal */
  detach(port: SimPort): void {
    this.#ports.delete(port);
  }
}

/** A machine that records what it hears. */
export interface SimObserver {
  readonly received: Uint8Array[];
  readonly port: SimPort;
  send(frame: Uint8Array): void;
}

/** One end of a {@link SimLan}: a {@link LinkSocket} whose cable a test can pull. */
export class SimPort implements LinkSocket {
  readonly interfaceName: string;
  /** Whether frames for anybody are delivered here. */
  hearAll = false;
  /** Deleted, this is a link that cannot answer by itself. */
  answerFrom?: (table: Uint8Array) => void = (table) => void (this.#answers = table);
  #answers: Uint8Array | undefined;
  readonly #lan: SimLan;
  #mac: Uint8Array;
  #up = true;
  #closed = false;
  #listener: LinkListener | undefined;
  #groups = new Set<number>();

  constructor(interfaceName: string, mac: Uint8Array, lan: SimLan) {
    this.interfaceName = interfaceName;
    this.#mac = Uint8Array.from(mac);
    this.#lan = lan;
  }

  get mac(): Uint8Array {
    return this.#mac;
  }

  /** Frames never wait here: the simulated clock delivers each at its moment. */
  readAll(): void {}

  get up(): boolean {
    return this.#up && !this.#closed;
  }

  listen(listener: LinkListener): void {
    if (this.#listener !== undefined)
      throw new Error('listen was called before: one listener only');
    this.#listener = listener;
  }

  watch(addresses: WatchedAddresses): void {
    this.#groups = new Set(addresses.ipv6.map((address) => low24(address, 13)));
  }

  nowMs(): number {
    return this.#lan.nowMs();
  }

  send(frame: Uint8Array, notAfterMs: number = Number.POSITIVE_INFINITY): SendOutcome {
    if (this.#closed) return 'gone';
    if (!this.#up) return 'down';
    // So that what is not a number is over too.
    if (!(this.nowMs() < notAfterMs)) return 'late';
    this.#lan.carry(this, frame);
    return 'sent';
  }

  close(): void {
    this.#closed = true;
    this.#lan.detach(this);
  }

  /** Pulls the cable or plugs it in; with `mac` the interface comes back with another hardware address. */
  setLink(state: 'up' | 'down', mac?: Uint8Array): void {
    if (mac !== undefined) this.#mac = Uint8Array.from(mac);
    const up = state === 'up';
    if (this.#closed || this.#up === up) return;
    this.#up = up;
    this.#listener?.onLink(state);
  }

  /** @internal Whether the hardware and the switch let this frame through. */
  wants(frame: Uint8Array): boolean {
    const first = frame[0] ?? 0;
    if (this.hearAll) return true;
    if ((first & 1) === 0) return this.#mac.every((byte, at) => frame[at] === byte);
    const solicitedNode = first === 0x33 && frame[1] === 0x33 && frame[2] === 0xff;
    return !solicitedNode || this.#groups.has(low24(frame, 3));
  }

  /** @internal */
  deliver(frame: Uint8Array): void {
    if (this.up) this.#listener?.onFrame(Uint8Array.from(frame), this.#answer(frame));
  }

  /** Whether the frame was an ARP request that the table grants, and its answer left. */
  #answer(frame: Uint8Array): boolean {
    const table = this.#answers;
    if (table === undefined) return false;
    let notAfterMs = 0;
    const rights: AnswerRights = {
      check: (_, offset, length) => {
        if (length === 4) notAfterMs = endInTable(table, frame, offset);
        return notAfterMs === 0 ? 'not-owned' : 'granted';
      },
    };
    const reply = respond(frame, this.#mac, rights);
    return typeof reply !== 'string' && this.send(reply, notAfterMs) === 'sent';
  }
}

function low24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}
