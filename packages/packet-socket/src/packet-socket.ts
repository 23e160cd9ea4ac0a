import type { SendOutcome } from '@picluster/arp-responder';
import { constants } from 'node:os';
import type { Addon, AddonCallback, AddonHandle } from './addon.ts';
import { loadAddon, SLOT_HEAD_BYTES } from './addon.ts';
import { assemble, type BpfProgram } from './bpf.ts';
import { errorOfAddon, errorOfErrno, type PacketSocketError } from './packet-socket-error.ts';
import { readInterface } from './interface-monitor.ts';

/** What to listen to. */
export interface PacketSocketOptions {
  readonly interfaceName: string;
  /** Where it is known already; otherwise it is looked up by the name. */
  readonly interfaceIndex?: number;
  /** Frames of one EtherType, such as 0x0806. */
  readonly etherType: number;
  /** Decides in the kernel which frames come; it is in force before the first of them can. */
  readonly filter: BpfProgram;
  /** The interface's hardware drops nothing of what is on the wire while this socket is open (PACKET_MR_PROMISC). Default: it may. */
  readonly promiscuous?: boolean;
  /** The kernel notes when frames come, by the wall clock (SO_TIMESTAMPNS): see `onFrame`. Default: it does not. */
  readonly dated?: boolean;
}

/** Where frames go. */
export interface PacketListener {
  /**
   * A whole Ethernet frame without its check sequence and without a VLAN tag. The bytes are valid only during the call.
   * `answered`: see {@link PacketSocket.answerFrom}. `waitedMs`: for how long it had waited to be read; 0 where the socket is not `dated`, or the wall
   * clock was set meanwhile.
   */
  onFrame(frame: Uint8Array, answered: boolean, waitedMs: number): void;
  /** Where given: gets frames that were read together as one call, which delivers them; to be made once, before this returns. */
  onBatch?(deliver: () => void): void;
  /**
   * The socket met an error and goes on. `interface-down`: the link was taken down; the socket hears again once it is up,
   * unless the interface was deleted, which a socket cannot tell: see {@link InterfaceMonitor}. `system` with EFAULT: somebody
   * transferred the memory of a frame to another thread; the socket is closed.
   */
  onError(error: PacketSocketError): void;
}

/** Totals since the socket was opened. */
export interface PacketSocketStats {
  /** How often the process was woken. */
  readonly wakeups: number;
  /** Frames that were read. */
  readonly frames: number;
  /** Frames that passed the filter and were lost because nobody read them in time. */
  readonly dropped: number;
  /** Frames that were not delivered because they are longer than 2048 bytes. */
  readonly oversized: number;
}

/** How many frames one call from the addon can bring: a batch. A wake-up may bring several. */
const SLOTS = 16;
/** An Ethernet frame of 1514 bytes fits; the questions that are asked here are of 60 to 90. */
const SLOT_BYTES = 2048;
const HEAD_BYTES = SLOTS * SLOT_HEAD_BYTES;

const OUTCOME_OF_ERRNO: ReadonlyMap<number, SendOutcome> = new Map([
  [-constants.errno.ETIME, 'late'],
  [-constants.errno.ENETDOWN, 'down'],
  [-constants.errno.ENOBUFS, 'full'],
  [-constants.errno.EAGAIN, 'full'],
  [-constants.errno.ENXIO, 'gone'],
  [-constants.errno.ENODEV, 'gone'],
  [-constants.errno.EBADF, 'gone'],
]);

/**
 * A Linux AF_PACKET socket on one interface and one EtherType. It keeps the process alive until it is closed.
 *
 * It does not hear the frames that this machine itself sends out.
 */
export class PacketSocket implements Disposable {
  readonly interfaceName: string;
  readonly #addon: Addon;
  readonly #handle: AddonHandle;
  readonly #listener: PacketListener;
  readonly #slab: Uint8Array = new Uint8Array(HEAD_BYTES + SLOTS * SLOT_BYTES);
  readonly #head: Int32Array = new Int32Array(this.#slab.buffer, 0, 2 * SLOTS);
  readonly #views: Uint8Array[] = [];
  readonly #counters: Float64Array = new Float64Array(4);
  #dropped = 0;
  #oversized = 0;
  #closed = false;

  /** Opens the socket; throws {@link PacketSocketError}. `addon` is for tests. */
  static open(
    options: PacketSocketOptions,
    listener: PacketListener,
    addon: Addon = loadAddon(),
  ): PacketSocket {
    return new PacketSocket(options, listener, addon);
  }

  private constructor(options: PacketSocketOptions, listener: PacketListener, addon: Addon) {
    const { interfaceName, etherType } = options;
    if (!Number.isInteger(etherType) || etherType < 0x0600 || etherType > 0xffff) {
      throw new RangeError(`etherType must be 0x0600 to 0xffff, not ${etherType}`);
    }
    this.interfaceName = interfaceName;
    this.#addon = addon;
    this.#listener = listener;
    const index = options.interfaceIndex ?? indexOf(interfaceName, addon);
    const filter = assemble(options.filter);
    const wake: AddonCallback = (count, answered) => this.#onWake(count, answered);
    try {
      this.#handle = addon.openPacket(index, etherType, filter, SLOTS, this.#slab, wake);
    } catch (error) {
      throw errorOfAddon(error, interfaceName);
    }
    let refused = options.promiscuous === true ? addon.setPromiscuous(this.#handle) : 0;
    if (refused === 0 && options.dated === true) refused = addon.dateFrames(this.#handle);
    if (refused === 0) return;
    this.close();
    throw errorOfErrno(refused, 'setsockopt', interfaceName);
  }

  /**
   * Replaces the filter in one step; throws {@link PacketSocketError}. Frames that the old one let through and nobody has read
   * yet still come.
   */
  setFilter(filter: BpfProgram): void {
    const result = this.#addon.setFilter(this.#handle, assemble(filter));
    if (result < 0) throw errorOfErrno(result, 'setsockopt', this.interfaceName);
  }

  /** The clock that {@link PacketSocket.send} judges by: milliseconds since the machine was started, its sleep included. */
  nowMs(): number {
    return this.#addon.nowMs();
  }

  /**
   * Sends one whole Ethernet frame, of any EtherType, without its check sequence; nothing once `nowMs()` has reached `notAfterMs`,
   * which is asked right before the system call.
   */
  send(frame: Uint8Array, notAfterMs: number = Number.POSITIVE_INFINITY): SendOutcome {
    const result = this.#addon.send(this.#handle, frame, notAfterMs);
    return result < 0 ? (OUTCOME_OF_ERRNO.get(result) ?? 'failed') : 'sent';
  }

  /**
   * Delivers all frames that wait, before it returns. Not to be called by the listener. `false`: frames come faster than they are read, or the
   * socket is closed.
   */
  readAll(): boolean {
    return !this.#closed && this.#addon.readAll(this.#handle) === 1;
  }

  /**
   * Delivers nothing for `ms` (whole milliseconds), then all that waits at once: for who expects several frames together, and would be woken for each. What
   * {@link PacketSocket.readAll} delivers is not held. A second call begins anew; after {@link PacketSocket.close}, or where memory has run out, nothing happens.
   */
  hold(ms: number): void {
    if (!this.#closed) this.#addon.hold(this.#handle, ms);
  }

  /**
   * Answers ARP requests from `table`, in memory that the caller goes on writing, with the hardware address `mac` (6 bytes), in C and
   * before the listener hears of them; the form of the table is told at `answerFrom` of `LinkSocket`. Only for a socket of the
   * EtherType 0x0806. Without arguments it ends.
   */
  answerFrom(mac?: Uint8Array, table?: Uint8Array): void {
    this.#addon.answerFrom(this.#handle, mac, table);
  }

  /** Totals since the socket was opened; those of the last look after it was closed. */
  stats(): PacketSocketStats {
    if (!this.#closed && this.#addon.stats(this.#handle, this.#counters) === 0) {
      this.#dropped += this.#counters[3] ?? 0;
    }
    return {
      wakeups: this.#counters[0] ?? 0,
      frames: this.#counters[1] ?? 0,
      dropped: this.#dropped,
      oversized: this.#oversized,
    };
  }

  /** Ends delivery at once, also in the middle of a batch. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.stats();
    this.#closed = true;
    this.#addon.close(this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #onWake(count: number, answered: number): void {
    if (this.#closed) return;
    if (count < 0) {
      this.#listener.onError(errorOfErrno(count, 'recvmmsg', this.interfaceName));
      return;
    }
    if (this.#listener.onBatch === undefined) this.#deliver(count, answered);
    else this.#listener.onBatch(() => this.#deliver(count, answered));
  }

  #deliver(count: number, answered: number): void {
    for (let slot = 0; slot < count && !this.#closed; slot++) {
      const length = this.#head[slot] ?? 0;
      if (length > SLOT_BYTES) {
        this.#oversized++;
        continue;
      }
      const waitedMs = (this.#head[SLOTS + slot] ?? 0) / 1000;
      this.#listener.onFrame(this.#view(slot, length), ((answered >>> slot) & 1) === 1, waitedMs);
    }
  }

  /** Most frames are as long as the one before: then nothing is allocated. */
  #view(slot: number, length: number): Uint8Array {
    const last = this.#views[slot];
    if (last?.length === length) return last;
    const start = HEAD_BYTES + slot * SLOT_BYTES;
    const view = this.#slab.subarray(start, start + length);
    this.#views[slot] = view;
    return view;
  }
}

function indexOf(interfaceName: string, addon: Addon): number {
  const found = readInterface(interfaceName, addon);
  if (found === undefined) {
    throw errorOfErrno(-constants.errno.ENODEV, 'ioctl', interfaceName);
  }
  return found.index;
}
