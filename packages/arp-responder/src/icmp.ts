import { setUint16, uint8 } from './bytes.ts';
import { internetSum } from './checksum.ts';

/** An ICMP message (RFC 792), or one of ICMPv6. Its checksum is verified when read and computed when written. */
export interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  /** All that follows the checksum. */
  readonly body: Uint8Array;
}

/** Why bytes are not an ICMP message. */
export type IcmpFault = 'truncated' | 'bad-checksum';

/** Reads a message. `initial`: the sum of what the checksum covers beside the message; for ICMP nothing. */
export function decodeIcmp(bytes: Uint8Array, initial: number = 0): IcmpMessage | IcmpFault {
  if (bytes.length < 4) return 'truncated';
  if (internetSum(bytes, initial) !== 0xffff) return 'bad-checksum';
  return { type: uint8(bytes, 0), code: uint8(bytes, 1), body: bytes.subarray(4) };
}

/** Writes a message with its checksum. */
export function encodeIcmp(message: IcmpMessage, initial: number = 0): Uint8Array {
  const bytes = new Uint8Array(4 + message.body.length);
  bytes[0] = message.type;
  bytes[1] = message.code;
  bytes.set(message.body, 4);
  setUint16(bytes, 2, ~internetSum(bytes, initial) & 0xffff);
  return bytes;
}
