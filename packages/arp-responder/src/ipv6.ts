import { requireLength, setUint16, uint16, uint32, uint8 } from './bytes.ts';

/** Next-header number of ICMPv6 (IANA Assigned Internet Protocol Numbers). */
export const IPPROTO_ICMPV6 = 58;

const HEADER_LENGTH = 40;

/** An IPv6 packet (RFC 8200 §3). Extension headers, where there are any, begin the payload. */
export interface Ipv6Packet {
  readonly trafficClass: number;
  readonly flowLabel: number;
  /** What the payload begins with; see {@link IPPROTO_ICMPV6}. */
  readonly nextHeader: number;
  readonly hopLimit: number;
  /** 16 bytes. */
  readonly source: Uint8Array;
  /** 16 bytes. */
  readonly destination: Uint8Array;
  readonly payload: Uint8Array;
}

/** Why bytes are not an IPv6 packet. */
export type Ipv6Fault = 'truncated' | 'not-ipv6';

/** Reads a packet. Its parts are views on `bytes`; what follows the stated payload length is padding and ignored. */
export function decodeIpv6(bytes: Uint8Array): Ipv6Packet | Ipv6Fault {
  if (bytes.length < HEADER_LENGTH) return 'truncated';
  const first = uint32(bytes, 0);
  if (first >>> 28 !== 6) return 'not-ipv6';
  const end = HEADER_LENGTH + uint16(bytes, 4);
  if (bytes.length < end) return 'truncated';
  return {
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    nextHeader: uint8(bytes, 6),
    hopLimit: uint8(bytes, 7),
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    payload: bytes.subarray(HEADER_LENGTH, end),
  };
}

/** Writes a packet. Wrong lengths throw `RangeError`. */
export function encodeIpv6(packet: Ipv6Packet): Uint8Array {
  requireLength('source', packet.source, 16);
  requireLength('destination', packet.destination, 16);
  if (packet.payload.length > 0xffff) {
    throw new RangeError(`payload must have at most 65535 bytes, not ${packet.payload.length}`);
  }
  const bytes = new Uint8Array(HEADER_LENGTH + packet.payload.length);
  setUint16(bytes, 0, (6 << 12) | (packet.trafficClass << 4) | (packet.flowLabel >>> 16));
  setUint16(bytes, 2, packet.flowLabel & 0xffff);
  setUint16(bytes, 4, packet.payload.length);
  bytes[6] = packet.nextHeader;
  bytes[7] = packet.hopLimit;
  bytes.set(packet.source, 8);
  bytes.set(packet.destination, 24);
  bytes.set(packet.payload, HEADER_LENGTH);
  return bytes;
}
