import { constants } from 'node:os';
import type { SocketAddon } from './addon.ts';
import { errorOfErrno } from './packet-socket-error.ts';
import { ADDRESS_FAMILY, type SocketAddress, socketAddress } from './socket-address.ts';

/** Options of a TCP or UDP socket that Node cannot set, or not before the first packet. All are optional: what is absent stays the system's. */
export interface PlainSocketOptions {
  /** Everything goes out of, and comes in from, this interface or VRF alone (SO_BINDTODEVICE). */
  readonly device?: string;
  /** The TTL or hop limit of what is sent, 1 to 255. */
  readonly ttl?: number;
  /**
   * What arrives with a lower TTL or hop limit is dropped in the kernel, 1 to 255 (TTL security, RFC 5082): 255 takes neighbours only, 255 − n + 1
   * those at most n hops away. TCP only; a UDP socket has a filter for it.
   */
  readonly minTtl?: number;
  /** Type of service, or traffic class, of what is sent: 0 to 255. Routing protocols use 0xc0, network control (RFC 4271 §E). */
  readonly trafficClass?: number;
}

/** A key that both ends sign their TCP segments with (RFC 2385); what is not signed with it is dropped in the kernel, without an answer. */
export interface TcpMd5Key {
  /** The other end. */
  readonly address: string;
  /** At most 80 bytes of UTF-8. */
  readonly password: string;
}

/** The longest key of TCP_MD5SIG. */
export const MD5_KEY_BYTES_MAX = 80;

const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;
const IPV6_V6ONLY = 26;
const TCP_MD5SIG = 14;
/** `sockaddr_storage`, flags, prefix length, key length, interface index, key. */
const MD5SIG_BYTES = 128 + 1 + 1 + 2 + 4 + MD5_KEY_BYTES_MAX;

const SOCK = { stream: 1, datagram: 2 } as const;

/** Level and name of each option that has one in both families. */
const OPTION = {
  ttl: { [ADDRESS_FAMILY.IPV4]: [IPPROTO_IP, 2], [ADDRESS_FAMILY.IPV6]: [IPPROTO_IPV6, 16] },
  minTtl: { [ADDRESS_FAMILY.IPV4]: [IPPROTO_IP, 21], [ADDRESS_FAMILY.IPV6]: [IPPROTO_IPV6, 73] },
  trafficClass: {
    [ADDRESS_FAMILY.IPV4]: [IPPROTO_IP, 1],
    [ADDRESS_FAMILY.IPV6]: [IPPROTO_IPV6, 67],
  },
} as const;

/** A socket that has no other name than its descriptor yet. Node takes it over, or it must be closed. */
export class PlainSocket {
  readonly descriptor: number;
  readonly #addon: SocketAddon;
  readonly #family: SocketAddress['family'];

  /** Opens it; throws {@link PacketSocketError}. IPv6 sockets are for IPv6 alone. */
  constructor(family: SocketAddress['family'], type: keyof typeof SOCK, addon: SocketAddon) {
    this.#addon = addon;
    this.#family = family;
    this.descriptor = addon.openSocket(family, SOCK[type]);
    this.#check(this.descriptor, 'socket');
    if (family === ADDRESS_FAMILY.IPV6) this.#set(IPPROTO_IPV6, IPV6_V6ONLY, int32(1));
  }

  /** Sets what is given. */
  apply(options: PlainSocketOptions): void {
    const { device } = options;
    if (device !== undefined) {
      const name = new TextEncoder().encode(`${device}\0`);
      this.#set(SOL_SOCKET, SO_BINDTODEVICE, name, device);
    }
    setHopOptions(this.#addon, this.descriptor, this.#family, options);
  }

  /** Others that have ended may still be in the system's tables under this address. */
  reuseAddress(): void {
    this.#set(SOL_SOCKET, SO_REUSEADDR, int32(1));
  }

  bind(address: SocketAddress): void {
    this.#check(this.#addon.bindSocket(this.descriptor, address.bytes), 'bind');
  }

  filter(program: Uint8Array): void {
    this.#check(this.#addon.filterSocket(this.descriptor, program), 'setsockopt');
  }

  sign(key: TcpMd5Key): void {
    setTcpMd5Key(this.#addon, this.descriptor, key);
  }

  close(): void {
    this.#addon.closeSocket(this.descriptor);
  }

  #set(level: number, name: number, value: Uint8Array, device?: string): void {
    const result = this.#addon.setSocketOption(this.descriptor, level, name, value);
    this.#check(result, 'setsockopt', device);
  }

  #check(result: number, syscall: string, device?: string): void {
    if (result < 0) throw errorOfErrno(result, syscall, device);
  }
}

/** Sets `ttl`, `minTtl` and `trafficClass` of an open socket. */
export function setHopOptions(
  addon: SocketAddon,
  descriptor: number,
  family: SocketAddress['family'],
  options: PlainSocketOptions,
): void {
  for (const name of ['ttl', 'minTtl', 'trafficClass'] as const) {
    const value = options[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 0 || value > 255) {
      throw new RangeError(`${name} must be 0 to 255, not ${value}`);
    }
    const [level, option] = OPTION[name][family];
    const result = addon.setSocketOption(descriptor, level, option, int32(value));
    if (result < 0) throw errorOfErrno(result, 'setsockopt', undefined);
  }
}

/** From here on, what comes from this address must be signed with the key; with an empty password it must not be signed. */
export function setTcpMd5Key(addon: SocketAddon, descriptor: number, key: TcpMd5Key): void {
  const value = md5Signature(key, addon);
  const result = addon.setSocketOption(descriptor, IPPROTO_TCP, TCP_MD5SIG, value);
  // To take away a key that is not there is no failure.
  if (result === -constants.errno.ENOENT && key.password === '') return;
  if (result < 0) throw errorOfErrno(result, 'setsockopt', undefined);
}

/** A `struct tcp_md5sig`. */
export function md5Signature({ address, password }: TcpMd5Key, addon: SocketAddon): Uint8Array {
  const key = new TextEncoder().encode(password);
  if (key.length > MD5_KEY_BYTES_MAX) {
    throw new RangeError(`a password must have at most ${MD5_KEY_BYTES_MAX} bytes`);
  }
  const value = new Uint8Array(MD5SIG_BYTES);
  value.set(socketAddress(address, 0, addon).bytes);
  value.set(new Uint8Array(Uint16Array.of(key.length).buffer), 130);
  value.set(key, 136);
  return value;
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
