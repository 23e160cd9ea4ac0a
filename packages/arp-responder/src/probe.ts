import { UNSPECIFIED, multicastMac, solicitedNode } from './address.ts';
import { ARP_OPERATION, encodeArp } from './arp.ts';
import { BROADCAST_MAC, ETHERTYPE, encodeEthernet } from './ethernet.ts';
import { encodeNeighborFrame } from './neighbor-frame.ts';
import { NDP_TYPE } from './ndp.ts';

/**
 * The frame that asks whether anybody has `address` (4 or 16 bytes) without claiming it and without touching any neighbour's cache: an
 * ARP probe (RFC 5227 §2.1.1), or the solicitation of duplicate address detection (RFC 4862 §5.4.2).
 */
export function probe(address: Uint8Array, mac: Uint8Array): Uint8Array {
  if (address.length === 16) {
    const group = solicitedNode(address);
    return encodeNeighborFrame({
      destinationMac: multicastMac(group),
      sourceMac: mac,
      source: UNSPECIFIED,
      destination: group,
      message: { type: NDP_TYPE.NEIGHBOR_SOLICITATION, target: address, options: [] },
    });
  }
  const payload = encodeArp({
    operation: ARP_OPERATION.REQUEST,
    senderMac: mac,
    senderIp: new Uint8Array(4),
    targetMac: new Uint8Array(6),
    targetIp: address,
  });
  return encodeEthernet({
    destination: BROADCAST_MAC,
    source: mac,
    etherType: ETHERTYPE.ARP,
    payload,
  });
}
