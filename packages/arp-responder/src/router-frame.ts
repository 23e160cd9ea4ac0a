import { ALL_NODES, UNSPECIFIED, multicastMac } from './address.ts';
import { holds, uint8 } from './bytes.ts';
import {
  decodeIcmpv6Frame,
  encodeIcmpv6Frame,
  type FrameEnds,
  type Icmpv6FrameFault,
} from './icmpv6-frame.ts';
import { NDP_OPTION } from './ndp.ts';
import {
  ROUTER_TYPE,
  decodeRouterMessage,
  encodeRouterMessage,
  type RouterMessage,
  type RouterMessageFault,
} from './router-message.ts';

/** All routers on the link, `ff02::2`. */
export const ALL_ROUTERS: Uint8Array = Uint8Array.from(ALL_NODES).with(15, 2);

/** A message of router discovery with what stood around it. */
export interface RouterFrame extends FrameEnds {
  /** IPv6 source, 16 bytes: link-local, or `::` in a solicitation of a host that has no address yet. */
  readonly source: Uint8Array;
  readonly message: RouterMessage;
}

/** Why a frame is no message of router discovery, or one that RFC 4861 §6.1 tells us to drop in silence. */
export type RouterFault =
  | Icmpv6FrameFault
  | RouterMessageFault
  | 'hop-limit'
  | 'not-link-local'
  | 'unspecified-source-with-link-layer-address';

/** Reads an untagged frame down to its solicitation or advertisement, with every check of RFC 4861 §6.1.1 and §6.1.2. */
export function decodeRouterFrame(bytes: Uint8Array): RouterFrame | RouterFault {
  const frame = decodeIcmpv6Frame(bytes);
  if (typeof frame === 'string') return frame;
  const { hopLimit, message: icmpv6, ...ends } = frame;
  const message = decodeRouterMessage(icmpv6);
  if (typeof message === 'string') return message;
  if (hopLimit !== 255) return 'hop-limit';
  return faultOf(ends.source, message) ?? { ...ends, message };
}

/** Writes the whole frame, hop limit 255, with its checksum. */
export function encodeRouterFrame(frame: RouterFrame): Uint8Array {
  return encodeIcmpv6Frame(frame, encodeRouterMessage(frame.message));
}

/** Asks all routers of the link to speak; `source` is our link-local address. */
export function routerSolicitation(source: Uint8Array, mac: Uint8Array): Uint8Array {
  return encodeRouterFrame({
    ...endsOf(source, mac, ALL_ROUTERS),
    message: { type: ROUTER_TYPE.SOLICITATION, options: [ours(mac)] },
  });
}

/**
 * Tells the link that we speak as a router does, and of no route: with a lifetime of 0 nobody may make us its default router (RFC 4861 §6.2.3, §6.3.4),
 * without prefixes nobody makes an address, and every other number says nothing. What remains is our link-local address, by which a BGP router finds us.
 */
export function routerAdvertisement(source: Uint8Array, mac: Uint8Array): Uint8Array {
  return encodeRouterFrame({
    ...endsOf(source, mac, ALL_NODES),
    message: {
      type: ROUTER_TYPE.ADVERTISEMENT,
      hopLimit: 0,
      flags: 0,
      lifetimeS: 0,
      reachableMs: 0,
      retransmitMs: 0,
      options: [ours(mac)],
    },
  });
}

function endsOf(source: Uint8Array, mac: Uint8Array, destination: Uint8Array): FrameEnds {
  return { destinationMac: multicastMac(destination), sourceMac: mac, source, destination };
}

function ours(mac: Uint8Array): { readonly type: number; readonly data: Uint8Array } {
  return { type: NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS, data: mac };
}

function faultOf(source: Uint8Array, { type, options }: RouterMessage): RouterFault | undefined {
  if (type === ROUTER_TYPE.ADVERTISEMENT) return isLinkLocal(source) ? undefined : 'not-link-local';
  if (!holds(source, 0, UNSPECIFIED)) return undefined;
  const stated = options.some((one) => one.type === NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS);
  return stated ? 'unspecified-source-with-link-layer-address' : undefined;
}

/** In `fe80::/10` (RFC 4291 §2.5.6). */
function isLinkLocal(address: Uint8Array): boolean {
  return uint8(address, 0) === 0xfe && (uint8(address, 1) & 0xc0) === 0x80;
}
