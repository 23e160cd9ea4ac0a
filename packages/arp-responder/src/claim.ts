import { UNSPECIFIED } from './address.ts';
import { ARP_OPERATION, decodeArp, isGroupMac, type ArpFault } from './arp.ts';
import { holds } from './bytes.ts';
import { ETHERTYPE, decodeEthernet } from './ethernet.ts';
import { NDP_OPTION, NDP_TYPE, linkLayerAddress } from './ndp.ts';
import { decodeNeighborFrame, type NeighborFault } from './neighbor-frame.ts';

/** A machine shows that it has an address, or that it means to take it. The bytes are views on the frame. */
export interface Claim {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** The hardware address that it says the address is at, 6 bytes. */
  readonly mac: Uint8Array;
  /** It only asks whether anybody has it, and will take it otherwise: a probe (RFC 5227 §2.1.1, RFC 4862 §5.4.2). */
  readonly tentative: boolean;
}

/** Why a frame claims nothing. `no-claim`: it is a question like any other. */
export type ClaimFault = NeighborFault | ArpFault | 'no-claim';

const NO_ADDRESS = new Uint8Array(4);

/**
 * What a frame claims. ARP: its sender has the sender's address, be it a request or a reply (RFC 5227 §2.4); where that is 0.0.0.0, a
 * request probes for the target. NDP: an advertisement claims its target, a solicitation from `::` probes for it (RFC 4862 §5.4).
 */
export function decodeClaim(frame: Uint8Array): Claim | ClaimFault {
  const ethernet = decodeEthernet(frame);
  if (typeof ethernet === 'string') return ethernet;
  if (ethernet.vlan !== undefined) return 'vlan-tagged';
  if (isGroupMac(ethernet.source)) return 'multicast-source';
  if (ethernet.etherType === ETHERTYPE.ARP) return claimOfArp(ethernet.payload);
  return ethernet.etherType === ETHERTYPE.IPV6 ? claimOfNdp(frame) : 'other-ethertype';
}

function claimOfArp(payload: Uint8Array): Claim | ClaimFault {
  const arp = decodeArp(payload);
  if (typeof arp === 'string') return arp;
  const { operation, senderMac, senderIp, targetIp } = arp;
  if (operation !== ARP_OPERATION.REQUEST && operation !== ARP_OPERATION.REPLY) return 'no-claim';
  if (isGroupMac(senderMac)) return 'multicast-source';
  if (!holds(senderIp, 0, NO_ADDRESS))
    return { address: senderIp, mac: senderMac, tentative: false };
  if (operation !== ARP_OPERATION.REQUEST) return 'no-claim';
  return { address: targetIp, mac: senderMac, tentative: true };
}

function claimOfNdp(frame: Uint8Array): Claim | ClaimFault {
  const read = decodeNeighborFrame(frame);
  if (typeof read === 'string') return read;
  const { message, source, sourceMac } = read;
  if (message.type === NDP_TYPE.NEIGHBOR_SOLICITATION) {
    if (!holds(source, 0, UNSPECIFIED)) return 'no-claim';
    return { address: message.target, mac: sourceMac, tentative: true };
  }
  const stated = linkLayerAddress(message.options, NDP_OPTION.TARGET_LINK_LAYER_ADDRESS);
  const mac = stated === undefined || isGroupMac(stated) ? sourceMac : stated;
  return { address: message.target, mac, tentative: false };
}
