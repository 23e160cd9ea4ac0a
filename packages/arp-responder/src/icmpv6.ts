import { wordsOf } from './checksum.ts';
import { decodeIcmp, encodeIcmp, type IcmpFault, type IcmpMessage } from './icmp.ts';
import { IPPROTO_ICMPV6 } from './ipv6.ts';

/** An ICMPv6 message (RFC 4443 §2.1). Its checksum is verified when read and computed when written. */
export type Icmpv6Message = IcmpMessage;

/** Why bytes are not an ICMPv6 message. */
export type Icmpv6Fault = IcmpFault;

/** The ends of the IPv6 packet around a message: the checksum covers them (RFC 8200 §8.1). Each 16 bytes. */
export interface Icmpv6Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Reads a message and verifies its checksum. `body` is a view on `bytes`. */
export function decodeIcmpv6(bytes: Uint8Array, ends: Icmpv6Ends): Icmpv6Message | Icmpv6Fault {
  return decodeIcmp(bytes, pseudoHeader(ends, bytes.length));
}

/** Writes a message with its checksum. */
export function encodeIcmpv6(message: Icmpv6Message, ends: Icmpv6Ends): Uint8Array {
  return encodeIcmp(message, pseudoHeader(ends, 4 + message.body.length));
}

function pseudoHeader(ends: Icmpv6Ends, length: number): number {
  return wordsOf(ends.source) + wordsOf(ends.destination) + length + IPPROTO_ICMPV6;
}
