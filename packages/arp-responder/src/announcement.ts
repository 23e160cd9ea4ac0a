import { ALL_NODES, multicastMac } from './address.ts';
import { ARP_OPERATION, encodeArp } from './arp.ts';
import { BROADCAST_MAC, ETHERTYPE, encodeEthernet } from './ethernet.ts';
import { encodeNeighborFrame } from './neighbor-frame.ts';
import { NDP_OPTION, NDP_TYPE } from './ndp.ts';

/**
 * The frames that tell a segment that `address` (4 or 16 bytes) is now at `mac`, in the order to send them.
 *
 * IPv4: a gratuitous ARP request and then a reply, both broadcast: some neighbours renew their caches on one only, some on
 * the other. IPv6: one unsolicited neighbour advertisement to all nodes with the override flag (RFC 4861 §7.2.6).
 */
export function announcement(address: Uint8Array, mac: Uint8Array): Uint8Array[] {
  if (address.length === 16) return [unsolicitedAdvertisement(address, mac)];
  return [
    gratuitousArp(ARP_OPERATION.REQUEST, address, mac),
    gratuitousArp(ARP_OPERATION.REPLY, address, mac),
  ];
}

function gratuitousArp(operation: number, address: Uint8Array, mac: Uint8Array): Uint8Array {
  const payload = encodeArp({
    operation,
    senderMac: mac,
    senderIp: address,
    targetMac: BROADCAST_MAC,
    targetIp: address,
  });
  return encodeEthernet({
    destination: BROADCAST_MAC,
    source: mac,
    etherType: ETHERTYPE.ARP,
    payload,
  });
}

function unsolicitedAdvertisement(address: Uint8Array, mac: Uint8Array): Uint8Array {
  return encodeNeighborFrame({
    destinationMac: multicastMac(ALL_NODES),
    sourceMac: mac,
    source: address,
    destination: ALL_NODES,
    message: {
      type: NDP_TYPE.NEIGHBOR_ADVERTISEMENT,
      router: false,
      solicited: false,
      override: true,
      target: address,
      options: [{ type: NDP_OPTION.TARGET_LINK_LAYER_ADDRESS, data: mac }],
    },
  });
}
