import { ALL_NODES, UNSPECIFIED, multicastMac } from './address.ts';
import { isGroupMac } from './arp.ts';
import { holds, uint8 } from './bytes.ts';
import {
  decodeIcmpv6Frame,
  encodeIcmpv6Frame,
  type FrameEnds,
  type Icmpv6FrameFault,
} from './icmpv6-frame.ts';
import type { Icmpv6Ends } from './icmpv6.ts';
import {
  NDP_OPTION,
  NDP_TYPE,
  decodeNdp,
  encodeNdp,
  linkLayerAddress,
  type NdpFault,
  type NdpMessage,
  type NeighborSolicitation,
} from './ndp.ts';

/** A neighbour discovery message with what stood around it. */
export interface NeighborFrame extends FrameEnds {
  /** IPv6 source, 16 bytes; `::` while its sender has no address yet. */
  readonly source: Uint8Array;
  /** IPv6 destination, 16 bytes. */
  readonly destination: Uint8Array;
  readonly message: NdpMessage;
}

/** Why a frame is no neighbour discovery message, or one that RFC 4861 §7.1 tells us to drop in silence. */
export type NeighborFault =
  | Icmpv6FrameFault
  | NdpFault
  | 'hop-limit'
  | 'multicast-source'
  | 'unspecified-source-to-unicast'
  | 'unspecified-source-with-link-layer-address'
  | 'solicited-to-multicast';

/**
 * Reads an untagged frame down to its solicitation or advertisement, with every check of RFC 4861 §7.1.1 and §7.1.2. A hop
 * limit other than 255 shows that a router forwarded the packet: its sender is not on this link.
 */
export function decodeNeighborFrame(bytes: Uint8Array): NeighborFrame | NeighborFault {
  const frame = decodeIcmpv6Frame(bytes);
  if (typeof frame === 'string') return frame;
  const { hopLimit, message: icmpv6, ...ends } = frame;
  const message = decodeNdp(icmpv6);
  if (typeof message === 'string') return message;
  if (hopLimit !== 255) return 'hop-limit';
  return faultOf(ends, message) ?? { ...ends, message };
}

/** Writes the whole frame, hop limit 255, with its checksum. */
export function encodeNeighborFrame(frame: NeighborFrame): Uint8Array {
  return encodeIcmpv6Frame(frame, encodeNdp(frame.message));
}

/** The advertisement that answers a solicitation which {@link decodeNeighborFrame} let through. */
export function answerSolicitation(
  asked: NeighborFrame & { readonly message: NeighborSolicitation },
  mac: Uint8Array,
): Uint8Array {
  const { target, options } = asked.message;
  const ours = [{ type: NDP_OPTION.TARGET_LINK_LAYER_ADDRESS, data: mac }];
  const message = {
    type: NDP_TYPE.NEIGHBOR_ADVERTISEMENT,
    router: false,
    override: true,
    target,
    options: ours,
  };
  if (holds(asked.source, 0, UNSPECIFIED)) {
    // Duplicate address detection: the asker has no address, so everybody is told (RFC 4861 §7.2.4).
    return encodeNeighborFrame({
      destinationMac: multicastMac(ALL_NODES),
      sourceMac: mac,
      source: target,
      destination: ALL_NODES,
      message: { ...message, solicited: false },
    });
  }
  const stated = linkLayerAddress(options, NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS);
  return encodeNeighborFrame({
    destinationMac: stated === undefined || isGroupMac(stated) ? asked.sourceMac : stated,
    sourceMac: mac,
    // Some clients accept an advertisement only from the address they asked for.
    source: target,
    destination: asked.source,
    message: { ...message, solicited: true },
  });
}

function faultOf(ipv6: Icmpv6Ends, message: NdpMessage): NeighborFault | undefined {
  if (isMulticast(ipv6.source)) return 'multicast-source';
  if (message.type === NDP_TYPE.NEIGHBOR_ADVERTISEMENT) {
    return message.solicited && isMulticast(ipv6.destination)
      ? 'solicited-to-multicast'
      : undefined;
  }
  if (!holds(ipv6.source, 0, UNSPECIFIED)) return undefined;
  if (!isSolicitedNode(ipv6.destination)) return 'unspecified-source-to-unicast';
  const stated = message.options.some((one) => one.type === NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS);
  return stated ? 'unspecified-source-with-link-layer-address' : undefined;
}

const SOLICITED_NODE_PREFIX = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff);

function isSolicitedNode(address: Uint8Array): boolean {
  return holds(address, 0, SOLICITED_NODE_PREFIX);
}

function isMulticast(address: Uint8Array): boolean {
  return uint8(address, 0) === 0xff;
}
