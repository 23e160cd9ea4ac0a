import { constants } from 'node:os';
import type { Addon, AddonHandle } from './addon.ts';
import { loadAddon, SLOT_HEAD_BYTES } from './addon.ts';
import { decodeLinkEvent, isRunning } from './link-event.ts';
import { errorOfAddon, errorOfErrno } from './packet-socket-error.ts';

/** A network interface at one moment. */
export interface InterfaceState {
  /** Another number means another interface, also under the same name. */
  readonly index: number;
  /** The hardware address, 6 bytes. */
  readonly mac: Uint8Array;
  /** Up, and with a carrier. */
  readonly up: boolean;
  /** Whether it carries Ethernet frames; a loopback or tunnel does not. */
  readonly ethernet: boolean;
}

/** Linux takes no longer name. */
const NAME_BYTES_MAX = 15;
const ARPHRD_ETHER = 1;

/** The interface of that name in this network namespace, `undefined` where there is none; throws {@link PacketSocketError}. */
export function readInterface(
  interfaceName: string,
  addon: Pick<Addon, 'queryInterface'> = loadAddon(),
): InterfaceState | undefined {
  return query(interfaceName, addon, undefined);
}

function query(
  interfaceName: string,
  addon: Pick<Addon, 'queryInterface'>,
  handle: AddonHandle | undefined,
): InterfaceState | undefined {
  const length = Buffer.byteLength(interfaceName);
  if (length === 0 || length > NAME_BYTES_MAX || interfaceName.includes('\0')) {
    throw new RangeError(
      `interfaceName must be 1 to ${NAME_BYTES_MAX} bytes, not "${interfaceName}"`,
    );
  }
  const out = new Int32Array(9);
  const result = addon.queryInterface(handle, interfaceName, out);
  if (result === -constants.errno.ENODEV) return undefined;
  if (result < 0) throw errorOfErrno(result, 'ioctl', interfaceName);
  const [index = 0, flags = 0, hardwareType = 0] = out;
  return {
    index,
    mac: Uint8Array.from(out.subarray(3)),
    up: isRunning(flags),
    ethernet: hardwareType === ARPHRD_ETHER,
  };
}

/** Told after each change: the interface as it is now (`undefined`: there is none). */
export interface InterfaceListener {
  /** `interrupted`: in between it was down or another one, even if it is as before now. */
  onInterface(state: InterfaceState | undefined, interrupted: boolean): void;
}

const SLOTS = 32;
/** Attributes of a message are cut off: only its head is read. */
const SLOT_BYTES = 64;
const HEAD_BYTES = SLOTS * SLOT_HEAD_BYTES;

/**
 * Watches one interface by its name, also while it does not exist: link, carrier, hardware address, deleted and made again.
 *
 * Netlink only wakes it; what is so is asked anew each time. So a lost message changes nothing.
 */
export class InterfaceMonitor implements Disposable {
  readonly interfaceName: string;
  readonly #addon: Addon;
  readonly #handle: AddonHandle;
  readonly #listener: InterfaceListener;
  readonly #slab: Uint8Array = new Uint8Array(HEAD_BYTES + SLOTS * SLOT_BYTES);
  readonly #lengths: Int32Array = new Int32Array(this.#slab.buffer, 0, SLOTS);
  #state: InterfaceState | undefined;
  #interrupted = false;
  #closed = false;

  /** Begins to watch; throws {@link PacketSocketError}. It keeps the process alive until it is closed. `addon` is for tests. */
  constructor(interfaceName: string, listener: InterfaceListener, addon: Addon = loadAddon()) {
    this.interfaceName = interfaceName;
    this.#addon = addon;
    this.#listener = listener;
    // Once before, so that a bad name leaves nothing open; what happens after the second look is in the socket's queue.
    readInterface(interfaceName, addon);
    try {
      this.#handle = addon.openLinkEvents(SLOTS, this.#slab, (count) => this.#onWake(count));
    } catch (error) {
      throw errorOfAddon(error, interfaceName);
    }
    this.#state = query(interfaceName, addon, this.#handle);
  }

  /** The interface as it was last seen. */
  get state(): InterfaceState | undefined {
    return this.#state;
  }

  /** Ends it. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#addon.close(this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #onWake(count: number): void {
    for (let slot = 0; slot < count; slot++) {
      this.#interrupted = this.#wasDown(slot) || this.#interrupted;
    }
    // The interface as it is now is later than every message that waits: read them all before looking.
    if (count > 0 || this.#closed) return;
    // A negative count: messages were lost (ENOBUFS). Then anything may have happened.
    const interrupted = this.#interrupted || count < 0;
    this.#interrupted = false;
    const before = this.#state;
    this.#state = query(this.interfaceName, this.#addon, this.#handle);
    if (interrupted || !same(before, this.#state)) {
      this.#listener.onInterface(this.#state, interrupted);
    }
  }

  #wasDown(slot: number): boolean {
    const start = HEAD_BYTES + slot * SLOT_BYTES;
    const length = Math.min(this.#lengths[slot] ?? 0, SLOT_BYTES);
    const event = decodeLinkEvent(this.#slab.subarray(start, start + length));
    if (typeof event === 'string' || event.interfaceIndex !== this.#state?.index) return false;
    return event.deleted || !event.running;
  }
}

function same(before: InterfaceState | undefined, now: InterfaceState | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  return before.index === now.index && before.up === now.up && sameBytes(before.mac, now.mac);
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, at) => byte === other[at]);
}
