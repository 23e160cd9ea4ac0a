import { setUint16, uint16, uint32, uint8 } from './bytes.ts';
import type { Icmpv6Message } from './icmpv6.ts';
import { decodeOptions, encodeOption, type NdpOption } from './ndp.ts';

/** ICMPv6 types of router discovery (RFC 4861 §4.1, §4.2). */
export const ROUTER_TYPE = { SOLICITATION: 133, ADVERTISEMENT: 134 } as const;

/** "Which routers are here?" (RFC 4861 §4.1). */
export interface RouterSolicitation {
  readonly type: typeof ROUTER_TYPE.SOLICITATION;
  /** Every option in its order. */
  readonly options: readonly NdpOption[];
}

/** "I am one" (RFC 4861 §4.2). */
export interface RouterAdvertisement {
  readonly type: typeof ROUTER_TYPE.ADVERTISEMENT;
  /** The hop limit that hosts are to send with, 0 to 255; 0: it says nothing of it. */
  readonly hopLimit: number;
  /** M, O and what later RFCs made of the reserved bits: the byte as it is. */
  readonly flags: number;
  /** Seconds that the sender may be a default router for, 0 to 65,535; 0: it is none. */
  readonly lifetimeS: number;
  /** Milliseconds that a neighbour counts as reachable, 32 bits; 0: it says nothing of it. */
  readonly reachableMs: number;
  /** Milliseconds between two solicitations of a neighbour, 32 bits; 0: it says nothing of it. */
  readonly retransmitMs: number;
  /** Every option in its order: prefixes, MTU, the sender's hardware address. */
  readonly options: readonly NdpOption[];
}

/** The messages of router discovery. */
export type RouterMessage = RouterSolicitation | RouterAdvertisement;

/** Why an ICMPv6 message is none of them. */
export type RouterMessageFault = 'truncated' | 'not-router-discovery' | 'bad-code' | 'bad-option';

/** Where options begin in the body, which is what follows the checksum. */
const OPTIONS_AT = { [ROUTER_TYPE.SOLICITATION]: 4, [ROUTER_TYPE.ADVERTISEMENT]: 12 } as const;

/** Reads a router solicitation or advertisement. What the packet around it must fulfil is not looked at here. */
export function decodeRouterMessage(message: Icmpv6Message): RouterMessage | RouterMessageFault {
  const { type, body } = message;
  if (type !== ROUTER_TYPE.SOLICITATION && type !== ROUTER_TYPE.ADVERTISEMENT) {
    return 'not-router-discovery';
  }
  if (message.code !== 0) return 'bad-code';
  if (body.length < OPTIONS_AT[type]) return 'truncated';
  const options = decodeOptions(body.subarray(OPTIONS_AT[type]));
  if (options === undefined) return 'bad-option';
  if (type === ROUTER_TYPE.SOLICITATION) return { type, options };
  return {
    type,
    hopLimit: uint8(body, 0),
    flags: uint8(body, 1),
    lifetimeS: uint16(body, 2),
    reachableMs: uint32(body, 4),
    retransmitMs: uint32(body, 8),
    options,
  };
}

/** Writes a message; `encodeIcmpv6` adds the checksum. Wrong lengths of options throw `RangeError`. */
export function encodeRouterMessage(message: RouterMessage): Icmpv6Message {
  const { type } = message;
  const options = message.options.map(encodeOption);
  const length = options.reduce<number>((sum, option) => sum + option.length, OPTIONS_AT[type]);
  const body = new Uint8Array(length);
  if (type === ROUTER_TYPE.ADVERTISEMENT) {
    body[0] = message.hopLimit;
    body[1] = message.flags;
    setUint16(body, 2, message.lifetimeS);
    setUint32(body, 4, message.reachableMs);
    setUint32(body, 8, message.retransmitMs);
  }
  let at: number = OPTIONS_AT[type];
  for (const option of options) {
    body.set(option, at);
    at += option.length;
  }
  return { type, code: 0, body };
}

function setUint32(bytes: Uint8Array, at: number, value: number): void {
  setUint16(bytes, at, value >>> 16);
  setUint16(bytes, at + 2, value & 0xffff);
}
