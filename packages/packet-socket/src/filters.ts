import {
  BPF_INSTRUCTIONS_MAX,
  DROP,
  KEEP,
  SKF_AD_PKTTYPE,
  keepAnyOf,
  refuseField,
  requireField,
  type BpfProgram,
} from './bpf.ts';

/** EtherTypes of the frames that are filtered here. */
export const ETHERTYPE = { ARP: 0x0806, IPV6: 0x86dd } as const;

/** What the kernel calls a frame that is for another host, or for a VLAN that no interface stands for (`linux/if_packet.h`). */
const PACKET_OTHERHOST = 3;
/** Offsets in an Ethernet frame without VLAN tag: the kernel takes the tag away before a socket sees the frame. */
const AT = {
  ETHERTYPE: 12,
  ARP_OPERATION: 20,
  ARP_TARGET: 38,
  IPV6_NEXT_HEADER: 20,
  IPV6_HOP_LIMIT: 21,
  ICMPV6_TYPE_AND_CODE: 54,
  NDP_TARGET: 62,
} as const;
const ARP_REQUEST = 1;
const ICMPV6 = 58;
const HOP_LIMIT = 255;
const NEIGHBOR_SOLICITATION_CODE_0 = 135 << 8;

/** Keeps nothing. */
export const KEEP_NOTHING: BpfProgram = [DROP];

/**
 * Keeps ARP requests whose target is one of `targets` (IPv4 addresses of 4 bytes).
 *
 * The first test refuses what is not for this host, and with it frames of foreign VLANs: the kernel delivers them without their
 * tag, so that an answer would go to the wrong network. Beyond about 2,000 targets the program would be too long for the kernel:
 * then every ARP request passes, and the listener must look (it must anyway: frames that were queued under an earlier filter
 * still come).
 */
export function arpRequestFilter(targets: readonly Uint8Array[]): BpfProgram {
  const head = [
    ...refuseField(1, SKF_AD_PKTTYPE, PACKET_OTHERHOST),
    ...requireField(2, AT.ETHERTYPE, ETHERTYPE.ARP),
    ...requireField(2, AT.ARP_OPERATION, ARP_REQUEST),
  ];
  return withTargets(head, AT.ARP_TARGET, wordsOf(targets, 4));
}

/**
 * Keeps neighbour solicitations (RFC 4861 §4.3) whose target is one of `targets` (IPv6 addresses of 16 bytes).
 *
 * The hop limit must be 255 (§7.1.1): one from beyond a router has less. Solicitations behind extension headers, which nobody
 * sends, are dropped. Beyond about 1,500 targets of one /96 every solicitation passes.
 */
export function neighborSolicitationFilter(targets: readonly Uint8Array[]): BpfProgram {
  const head = [
    ...refuseField(1, SKF_AD_PKTTYPE, PACKET_OTHERHOST),
    ...requireField(2, AT.ETHERTYPE, ETHERTYPE.IPV6),
    ...requireField(1, AT.IPV6_NEXT_HEADER, ICMPV6),
    ...requireField(1, AT.IPV6_HOP_LIMIT, HOP_LIMIT),
    ...requireField(2, AT.ICMPV6_TYPE_AND_CODE, NEIGHBOR_SOLICITATION_CODE_0),
  ];
  return withTargets(head, AT.NDP_TARGET, wordsOf(targets, 16));
}

function withTargets(head: BpfProgram, offset: number, targets: number[][]): BpfProgram {
  if (targets.length === 0) return KEEP_NOTHING;
  const exact = [...head, ...keepAnyOf(offset, targets)];
  return exact.length <= BPF_INSTRUCTIONS_MAX ? exact : [...head, KEEP];
}

/** Addresses as big-endian 32-bit words. */
function wordsOf(addresses: readonly Uint8Array[], bytes: 4 | 16): number[][] {
  return addresses.map((address) => {
    if (address.length !== bytes) {
      throw new RangeError(`targets: an address must have ${bytes} bytes, not ${address.length}`);
    }
    const view = new DataView(address.buffer, address.byteOffset, bytes);
    return Array.from({ length: bytes / 4 }, (_, at) => view.getUint32(at * 4));
  });
}
