import { parseAddress } from '@picluster/arp-responder';
import { constants } from 'node:os';
import type { SocketAddon } from './addon.ts';
import { readInterface } from './interface-monitor.ts';
import { errorOfErrno } from './packet-socket-error.ts';

/** AF_INET and AF_INET6. */
export const ADDRESS_FAMILY = { IPV4: 2, IPV6: 10 } as const;

/** An address as `sockaddr` has it. */
export interface SocketAddress {
  readonly family: (typeof ADDRESS_FAMILY)[keyof typeof ADDRESS_FAMILY];
  /** 16 bytes of a `sockaddr_in`, or 28 of a `sockaddr_in6`. */
  readonly bytes: Uint8Array;
}

/**
 * The `sockaddr` of an IPv4 or IPv6 address and a port. A link-local IPv6 address bears its interface: `fe80::1%eth0`.
 *
 * @throws RangeError what is given is no address or no port
 * @throws PacketSocketError `no-such-interface`
 */
export function socketAddress(text: string, port: number, addon: SocketAddon): SocketAddress {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new RangeError(`port must be 0 to 65535, not ${port}`);
  }
  const [plain = '', zone] = text.split('%', 2);
  const address = parseAddress(plain);
  if (address === undefined || (zone !== undefined && address.length === 4)) {
    throw new RangeError(`not an address: ${JSON.stringify(text)}`);
  }
  const ipv4 = address.length === 4;
  const bytes = new Uint8Array(ipv4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  const family = ipv4 ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
  view.setUint16(0, family, LITTLE_ENDIAN);
  view.setUint16(2, port);
  bytes.set(address, ipv4 ? 4 : 8);
  if (zone !== undefined) view.setUint32(24, indexOf(zone, addon), LITTLE_ENDIAN);
  return { family, bytes };
}

/** Every machine that Node 24 runs on under Linux is little-endian, but for s390x. */
const LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function indexOf(interfaceName: string, addon: SocketAddon): number {
  const found = readInterface(interfaceName, addon);
  if (found === undefined) throw errorOfErrno(-constants.errno.ENODEV, 'ioctl', interfaceName);
  return found.index;
}
