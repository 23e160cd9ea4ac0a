import { setUint16, uint16, uint8 } from './bytes.ts';
import { IPPROTO_ICMPV6 } from './ipv6.ts';

/** An ICMPv6 message (RFC 4443 §2.1). Its checksum is verified when read and computed when written. */
export interface Icmpv6Message {
  readonly type: number;
  readonly code: number;
  /** All that follows the checksum. */
  readonly body: Uint8Array;
}

/** Why bytes are not an ICMPv6 message. */
export type Icmpv6Fault = 'truncated' | 'bad-checksum';

/** The ends of the IPv6 packet around a message: the checksum covers them (RFC 8200 §8.1). Each 16 bytes. */
export interface Icmpv6Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Reads a message and verifies its checksum. `body` is a view on `bytes`. */
export function decodeIcmpv6(bytes: Uint8Array, ends: Icmpv6Ends): Icmpv6Message | Icmpv6Fault {
  if (bytes.length < 4) return 'truncated';
  if (sumOf(bytes, ends) !== 0xffff) return 'bad-checksum';
  return { type: uint8(bytes, 0), code: uint8(bytes, 1), body: bytes.subarray(4) };
}

/** Writes a message with its checksum. */
export function encodeIcmpv6(message: Icmpv6Message, ends: Icmpv6Ends): Uint8Array {
  const bytes = new Uint8Array(4 + message.body.length);
  bytes[0] = message.type;
  bytes[1] = message.code;
  bytes.set(message.body, 4);
  setUint16(bytes, 2, ~sumOf(bytes, ends) & 0xffff);
  return bytes;
}

/** The Internet checksum's sum (RFC 1071) over pseudo-header and message: 0xffff where the message holds its own checksum. */
function sumOf(bytes: Uint8Array, ends: Icmpv6Ends): number {
  let sum = wordsOf(ends.source) + wordsOf(ends.destination) + wordsOf(bytes);
  sum += bytes.length + IPPROTO_ICMPV6;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

function wordsOf(bytes: Uint8Array): number {
  let sum = 0;
  const even = bytes.length & ~1;
  for (let at = 0; at < even; at += 2) sum += uint16(bytes, at);
  return even === bytes.length ? sum : sum + (uint8(bytes, even) << 8);
}
