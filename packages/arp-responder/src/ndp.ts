import { requireLength, uint8 } from './bytes.ts';
import type { Icmpv6Message } from './icmpv6.ts';

/** ICMPv6 types of neighbour discovery that this package speaks (RFC 4861 §4.3, §4.4). */
export const NDP_TYPE = { NEIGHBOR_SOLICITATION: 135, NEIGHBOR_ADVERTISEMENT: 136 } as const;

/** Option types (RFC 4861 §4.6). Others are kept by the codec as they are. */
export const NDP_OPTION = {
  SOURCE_LINK_LAYER_ADDRESS: 1,
  TARGET_LINK_LAYER_ADDRESS: 2,
} as const;

/** One option, known or not. */
export interface NdpOption {
  readonly type: number;
  /** What follows type and length: 8 n − 2 bytes, 6 for an Ethernet address. */
  readonly data: Uint8Array;
}

/** "Who has this address?" (RFC 4861 §4.3). */
export interface NeighborSolicitation {
  readonly type: typeof NDP_TYPE.NEIGHBOR_SOLICITATION;
  /** The address asked for, 16 bytes. */
  readonly target: Uint8Array;
  /** Every option in its order. */
  readonly options: readonly NdpOption[];
}

/** "This machine has it" (RFC 4861 §4.4). */
export interface NeighborAdvertisement {
  readonly type: typeof NDP_TYPE.NEIGHBOR_ADVERTISEMENT;
  /** R: the sender is a router. */
  readonly router: boolean;
  /** S: this answers a solicitation. */
  readonly solicited: boolean;
  /** O: what the neighbour remembers is to be replaced. */
  readonly override: boolean;
  /** The address spoken of, 16 bytes. */
  readonly target: Uint8Array;
  /** Every option in its order. */
  readonly options: readonly NdpOption[];
}

/** The messages of neighbour discovery that this package speaks. */
export type NdpMessage = NeighborSolicitation | NeighborAdvertisement;

/** Why an ICMPv6 message is none of them. */
export type NdpFault =
  | 'truncated'
  | 'not-neighbor-discovery'
  | 'bad-code'
  | 'bad-option'
  | 'multicast-target';

const OPTIONS_AT = 20;

/**
 * Reads a neighbour solicitation or advertisement. Reserved bits are ignored, as RFC 4861 wants, and are zero when written
 * again; all else survives. What the packet around it must fulfil is not looked at here.
 */
export function decodeNdp(message: Icmpv6Message): NdpMessage | NdpFault {
  const { type, body } = message;
  if (type !== NDP_TYPE.NEIGHBOR_SOLICITATION && type !== NDP_TYPE.NEIGHBOR_ADVERTISEMENT) {
    return 'not-neighbor-discovery';
  }
  if (message.code !== 0) return 'bad-code';
  if (body.length < OPTIONS_AT) return 'truncated';
  const target = body.subarray(4, OPTIONS_AT);
  if (uint8(target, 0) === 0xff) return 'multicast-target';
  const options = decodeOptions(body.subarray(OPTIONS_AT));
  if (options === undefined) return 'bad-option';
  if (type === NDP_TYPE.NEIGHBOR_SOLICITATION) return { type, target, options };
  const flags = uint8(body, 0);
  return {
    type,
    router: (flags & 0x80) !== 0,
    solicited: (flags & 0x40) !== 0,
    override: (flags & 0x20) !== 0,
    target,
    options,
  };
}

/** Writes a message; `encodeIcmpv6` adds the checksum. Wrong lengths throw `RangeError`. */
export function encodeNdp(message: NdpMessage): Icmpv6Message {
  requireLength('target', message.target, 16);
  const options = message.options.map(encodeOption);
  const length = options.reduce((sum, option) => sum + option.length, OPTIONS_AT);
  const body = new Uint8Array(length);
  if (message.type === NDP_TYPE.NEIGHBOR_ADVERTISEMENT) {
    body[0] =
      (message.router ? 0x80 : 0) | (message.solicited ? 0x40 : 0) | (message.override ? 0x20 : 0);
  }
  body.set(message.target, 4);
  let at = OPTIONS_AT;
  for (const option of options) {
    body.set(option, at);
    at += option.length;
  }
  return { type: message.type, code: 0, body };
}

/** The Ethernet address in the first option of this type, or `undefined` where there is none of 6 bytes. */
export function linkLayerAddress(
  options: readonly NdpOption[],
  type: (typeof NDP_OPTION)[keyof typeof NDP_OPTION],
): Uint8Array | undefined {
  const option = options.find((one) => one.type === type);
  return option?.data.length === 6 ? option.data : undefined;
}

/** Reads options to the end of `bytes`; `undefined` where one is cut or of length zero. */
export function decodeOptions(bytes: Uint8Array): NdpOption[] | undefined {
  const options: NdpOption[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 2) return undefined;
    const length = uint8(bytes, at + 1) * 8;
    // A length of zero would never end (RFC 4861 §4.6: such packets are dropped).
    if (length === 0 || at + length > bytes.length) return undefined;
    options.push({ type: uint8(bytes, at), data: bytes.subarray(at + 2, at + length) });
    at += length;
  }
  return options;
}

/** The bytes of an option; a wrong length throws `RangeError`. */
export function encodeOption(option: NdpOption): Uint8Array {
  const length = option.data.length + 2;
  if (length % 8 !== 0 || length > 255 * 8) {
    throw new RangeError(`option data must have 8 n - 2 bytes, not ${option.data.length}`);
  }
  const bytes = new Uint8Array(length);
  bytes[0] = option.type;
  bytes[1] = length / 8;
  bytes.set(option.data, 2);
  return bytes;
}
