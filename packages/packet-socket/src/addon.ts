import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PacketSocketError } from './packet-socket-error.ts';

/** A socket of the addon. */
export type AddonHandle = { readonly __addonHandle: unique symbol };

/** What a slab has of each slot, before all slots: an int32 with the length of what it was filled with, then one with the microseconds that this had waited. */
export const SLOT_HEAD_BYTES = 8;

/** Called at each wake-up with the number of slots filled, or with a negative errno. Bit n of `answered`: slot n was. */
export type AddonCallback = (count: number, answered: number) => void;

/** The functions of `native/packet-socket.c`. What ends in "or a negative errno" does not throw for what the world does. */
export interface Addon {
  /** Opens, filters, binds: in this order. Throws an Error with `errno` and `syscall`. */
  openPacket(
    interfaceIndex: number,
    etherType: number,
    filter: Uint8Array,
    slots: number,
    slab: Uint8Array,
    callback: AddonCallback,
  ): AddonHandle;
  /**
   * Opens a netlink socket that hears of every change of an interface. When all messages there are were passed on, the callback
   * gets a 0. Throws an Error with `errno` and `syscall`.
   */
  openLinkEvents(slots: number, slab: Uint8Array, callback: AddonCallback): AddonHandle;
  /** 0 or a negative errno. */
  setFilter(handle: AddonHandle, filter: Uint8Array): number;
  /** 0 or a negative errno. The interface hears all frames of the wire until the socket is closed. */
  setPromiscuous(handle: AddonHandle): number;
  /** 0 or a negative errno. From here on the slab says for how many microseconds each frame had waited; before, and where that is not known, 0. */
  dateFrames(handle: AddonHandle): number;
  /** Bytes sent or a negative errno; -ETIME once `nowMs()` has reached `notAfterMs`, asked right before the system call. */
  send(handle: AddonHandle, frame: Uint8Array, notAfterMs: number): number;
  /**
   * ARP requests are answered from `table` as a machine with the hardware address `mac`, before the callback hears of them; see
   * `answerFrom` of `LinkSocket` for the form of the table. Without `mac` nothing is answered.
   */
  answerFrom(handle: AddonHandle, mac: Uint8Array | undefined, table: Uint8Array | undefined): void;
  /** Calls the callback for all that waits, before it returns: 1 where nothing waits any more, or 0. */
  readAll(handle: AddonHandle): number;
  /** 0 or a negative errno; the callback gets nothing for `ms`, then all that waits. */
  hold(handle: AddonHandle, ms: number): number;
  /** Milliseconds since the machine was started, its sleep included (CLOCK_BOOTTIME). */
  nowMs(): number;
  /** 0 or a negative errno; fills wake-ups and frames so far, and packets and drops since the last call. */
  stats(handle: AddonHandle, out: Float64Array): number;
  close(handle: AddonHandle): void;
  /**
   * 0 or a negative errno; fills index, flags, hardware type and the 6 bytes of the hardware address. Asked through a handle it
   * needs no descriptor of its own.
   */
  queryInterface(handle: AddonHandle | undefined, name: string, out: Int32Array): number;
}

/** The functions of `native/plain-socket.c`, and what they are used with. */
export interface SocketAddon extends Pick<Addon, 'queryInterface'> {
  /** A descriptor or a negative errno. The caller owns it until Node takes it over. */
  openSocket(family: number, type: number): number;
  /** 0 or a negative errno; `value` as the option has it in memory. */
  setSocketOption(descriptor: number, level: number, name: number, value: Uint8Array): number;
  /** 0 or a negative errno (SO_ATTACH_FILTER). */
  filterSocket(descriptor: number, program: Uint8Array): number;
  /** 0 or a negative errno; `address` is a `sockaddr`. */
  bindSocket(descriptor: number, address: Uint8Array): number;
  /** 0 or a negative errno. Only for a descriptor that Node has not taken over. */
  closeSocket(descriptor: number): number;
}

/** The function of `native/process-memory.c`. */
interface ProcessAddon {
  /** What cannot be given back stays. */
  releaseMemory(): void;
}

/** All of it. */
export type WholeAddon = Addon & SocketAddon & ProcessAddon;

let loaded: WholeAddon | undefined;

/** Loads the compiled part, once. Throws {@link PacketSocketError} where there is none for this machine. */
export function loadAddon(): WholeAddon {
  loaded ??= load(process.platform, process.arch, addonFolders());
  return loaded;
}

/** What an addon must have to be ours, and of this version. */
const FUNCTIONS = {
  openPacket: true,
  openLinkEvents: true,
  setFilter: true,
  setPromiscuous: true,
  dateFrames: true,
  send: true,
  readAll: true,
  hold: true,
  answerFrom: true,
  nowMs: true,
  releaseMemory: true,
  stats: true,
  close: true,
  queryInterface: true,
  openSocket: true,
  setSocketOption: true,
  filterSocket: true,
  bindSocket: true,
  closeSocket: true,
} as const satisfies Record<keyof WholeAddon, true>;

/** Tries `<folder>/<platform>-<arch>/packet-socket.node` of each folder; the file is the same for glibc and musl. */
export function load(platform: string, arch: string, folders: readonly string[]): WholeAddon {
  if (platform !== 'linux') throw new PacketSocketError('unsupported-platform');
  const files = folders.map((folder) => path.join(folder, `linux-${arch}`, 'packet-socket.node'));
  const attempts: unknown[] = [];
  for (const file of files) {
    try {
      return loadFile(file);
    } catch (error) {
      attempts.push(error);
    }
  }
  throw new PacketSocketError('addon-unusable', {
    lookedFor: files,
    cause: new AggregateError(attempts, 'nothing of this could be loaded'),
  });
}

function loadFile(file: string): WholeAddon {
  if (!existsSync(file)) throw new Error(`${file}: no such file`);
  const found = createRequire(import.meta.url)(file) as Partial<WholeAddon>;
  const missing = Object.keys(FUNCTIONS).filter((name) => !Object.hasOwn(found, name));
  if (missing.length > 0) throw new Error(`${file}: of another version, without ${missing.join()}`);
  return found as WholeAddon;
}

/**
 * Where the addon may be: in this package; or, for a program that was bundled into one file, in a folder `build` beside that
 * file or above it, or in the installed package.
 */
function addonFolders(): string[] {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const folders = [path.resolve(here, '../build'), path.resolve(here, 'build')];
  try {
    const installed = createRequire(import.meta.url).resolve(
      '@picluster/packet-socket/package.json',
    );
    // In most programs that is this very package.
    const folder = path.join(path.dirname(installed), 'build');
    if (!folders.includes(folder)) folders.push(folder);
  } catch {
    // Not installed: a bundle that carries the addon with it.
  }
  return folders;
}
