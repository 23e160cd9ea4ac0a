import { requireLength, setUint16, uint16, uint8 } from './bytes.ts';
import { internetSum } from './checksum.ts';

/** Protocol number of ICMP (IANA Assigned Internet Protocol Numbers). */
export const IPPROTO_ICMP = 1;

const HEADER_LENGTH = 20;

/** An IPv4 packet (RFC 791 §3.1). Its header checksum is verified when read and computed when written. */
export interface Ipv4Packet {
  readonly typeOfService: number;
  readonly identification: number;
  /** The router must not cut it. */
  readonly dontFragment: boolean;
  /** It is a piece, and not the last. */
  readonly moreFragments: boolean;
  /** Where the piece belongs, in units of 8 bytes. */
  readonly fragmentOffset: number;
  readonly timeToLive: number;
  /** What the payload is; see {@link IPPROTO_ICMP}. */
  readonly protocol: number;
  /** 4 bytes. */
  readonly source: Uint8Array;
  /** 4 bytes. */
  readonly destination: Uint8Array;
  /** All options as they are, 4 n bytes, at most 40. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

/** Why bytes are not an IPv4 packet. */
export type Ipv4Fault = 'truncated' | 'not-ipv4' | 'bad-length' | 'bad-checksum';

/** Reads a packet. Its parts are views on `bytes`; what follows the stated length is padding, the reserved flag is ignored. */
export function decodeIpv4(bytes: Uint8Array): Ipv4Packet | Ipv4Fault {
  if (bytes.length < HEADER_LENGTH) return 'truncated';
  const first = uint8(bytes, 0);
  if (first >>> 4 !== 4) return 'not-ipv4';
  const [headerEnd, end] = [(first & 15) * 4, uint16(bytes, 2)];
  if (headerEnd < HEADER_LENGTH || end < headerEnd) return 'bad-length';
  if (bytes.length < end) return 'truncated';
  if (internetSum(bytes.subarray(0, headerEnd)) !== 0xffff) return 'bad-checksum';
  const fragment = uint16(bytes, 6);
  return {
    typeOfService: uint8(bytes, 1),
    identification: uint16(bytes, 4),
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: fragment & 0x1fff,
    timeToLive: uint8(bytes, 8),
    protocol: uint8(bytes, 9),
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    options: bytes.subarray(HEADER_LENGTH, headerEnd),
    payload: bytes.subarray(headerEnd, end),
  };
}

/** Writes a packet. Wrong lengths throw `RangeError`. */
export function encodeIpv4(packet: Ipv4Packet): Uint8Array {
  requireLength('source', packet.source, 4);
  requireLength('destination', packet.destination, 4);
  const headerEnd = HEADER_LENGTH + packet.options.length;
  if (headerEnd % 4 !== 0 || headerEnd > 60) {
    throw new RangeError(`options must have 4 n bytes, at most 40, not ${packet.options.length}`);
  }
  const end = headerEnd + packet.payload.length;
  if (end > 0xffff) {
    throw new RangeError(`payload must leave room for the header, not ${packet.payload.length}`);
  }
  const bytes = new Uint8Array(end);
  bytes[0] = 0x40 | (headerEnd / 4);
  bytes[1] = packet.typeOfService;
  setUint16(bytes, 2, end);
  setUint16(bytes, 4, packet.identification);
  const flags = (packet.dontFragment ? 0x4000 : 0) | (packet.moreFragments ? 0x2000 : 0);
  setUint16(bytes, 6, flags | packet.fragmentOffset);
  bytes[8] = packet.timeToLive;
  bytes[9] = packet.protocol;
  bytes.set(packet.source, 12);
  bytes.set(packet.destination, 16);
  bytes.set(packet.options, HEADER_LENGTH);
  setUint16(bytes, 10, ~internetSum(bytes.subarray(0, headerEnd)) & 0xffff);
  bytes.set(packet.payload, headerEnd);
  return bytes;
}
