import {
  BPF_INSTRUCTIONS_MAX,
  DROP,
  KEEP,
  SKF_AD_PKTTYPE,
  keepAnyOf,
  orElse,
  refuseField,
  requireField,
  requireOneOf,
  type BpfProgram,
} from './bpf.ts';

/** EtherTypes of the frames that are filtered here. */
export const ETHERTYPE = { IPV4: 0x0800, ARP: 0x0806, IPV6: 0x86dd } as const;

/** What the kernel calls a frame that is for another host, or for a VLAN that no interface stands for (`linux/if_packet.h`). */
const PACKET_OTHERHOST = 3;
/** Offsets in an Ethernet frame without VLAN tag: the kernel takes the tag away before a socket sees the frame. */
const AT = {
  ETHERTYPE: 12,
  ARP_OPERATION: 20,
  ARP_SENDER: 28,
  ARP_TARGET: 38,
  IPV4_VERSION_AND_LENGTH: 14,
  IPV4_FRAGMENT: 20,
  IPV4_PROTOCOL: 23,
  IPV4_DESTINATION: 30,
  ICMP_TYPE_AND_CODE: 34,
  IPV6_DESTINATION: 38,
  IPV6_NEXT_HEADER: 20,
  IPV6_HOP_LIMIT: 21,
  ICMPV6_TYPE_AND_CODE: 54,
  NDP_TARGET: 62,
} as const;
const ARP_REQUEST = 1;
const ICMPV6 = 58;
const HOP_LIMIT = 255;
/** Type and code of neighbour solicitations and advertisements. */
const NEIGHBOR_TYPES_CODE_0 = [135 << 8, 136 << 8];
const ROUTER_ADVERTISEMENT_CODE_0 = 134 << 8;
const ICMP = 1;
const ECHO_REQUEST_CODE_0 = 8 << 8;
const ICMPV6_ECHO_REQUEST_CODE_0 = 128 << 8;
/** IPv4 without options, whole: as everybody sends it. */
const VERSION_4_LENGTH_5 = 0x45;
const UNFRAGMENTED = [0, 0x4000];

/** Keeps nothing. */
export const KEEP_NOTHING: BpfProgram = [DROP];

/**
 * Keeps ARP requests whose target is one of `targets`, and ARP packets of any kind whose sender has one of the addresses `senders` (IPv4
 * addresses of 4 bytes).
 *
 * The first test refuses what is not for this host, and with it frames of foreign VLANs: the kernel delivers them without their
 * tag, so that an answer would go to the wrong network. The kernel takes no program for more than about 2,000 addresses together: then
 * requests are told apart by their target only, and all other ARP packets pass; beyond 2,000 targets all of them do. So the listener
 * must look. It must anyway: frames that were queued under an earlier filter still come.
 */
export function arpFilter(
  targets: readonly Uint8Array[],
  senders: readonly Uint8Array[] = [],
): BpfProgram {
  const head = [
    ...refuseField(1, SKF_AD_PKTTYPE, PACKET_OTHERHOST),
    ...requireField(2, AT.ETHERTYPE, ETHERTYPE.ARP),
  ];
  if (areTooMany(targets)) return [...head, KEEP];
  const asked = [
    ...requireField(2, AT.ARP_OPERATION, ARP_REQUEST),
    ...keepAnyOf(AT.ARP_TARGET, wordsOf('targets', targets, 4)),
  ];
  const claimed = keepAnyOf(AT.ARP_SENDER, wordsOf('senders', senders, 4));
  if (targets.length + senders.length === 0) return KEEP_NOTHING;
  if (senders.length === 0) return firstThatFits([...head, ...asked], [...head, KEEP]);
  const noRequest = [...refuseField(2, AT.ARP_OPERATION, ARP_REQUEST), KEEP];
  return firstThatFits(
    [...head, ...orElse(asked, claimed)],
    [...head, ...orElse(asked, noRequest)],
    [...head, KEEP],
  );
}

/**
 * Keeps neighbour solicitations and advertisements (RFC 4861 §4.3, §4.4) whose target is one of `targets`, ICMPv6 echo requests to one
 * of `pinged` (IPv6 addresses of 16 bytes), and where `routers` is set router advertisements (§4.2).
 *
 * The hop limit of all but the echo requests must be 255 (§7.1): one from beyond a router has less. Messages behind extension headers, which nobody
 * sends, are dropped. Beyond about 1,500 addresses of one /96 every ICMPv6 message to this host passes.
 */
export function neighborFilter(
  targets: readonly Uint8Array[],
  pinged: readonly Uint8Array[] = [],
  routers: boolean = false,
): BpfProgram {
  const head = [
    ...refuseField(1, SKF_AD_PKTTYPE, PACKET_OTHERHOST),
    ...requireField(2, AT.ETHERTYPE, ETHERTYPE.IPV6),
    ...requireField(1, AT.IPV6_NEXT_HEADER, ICMPV6),
  ];
  if (areTooMany(targets) || areTooMany(pinged)) return [...head, KEEP];
  const neighbors = [
    ...requireField(1, AT.IPV6_HOP_LIMIT, HOP_LIMIT),
    ...requireOneOf(2, AT.ICMPV6_TYPE_AND_CODE, NEIGHBOR_TYPES_CODE_0),
    ...keepAnyOf(AT.NDP_TARGET, wordsOf('targets', targets, 16)),
  ];
  const pings = [
    ...requireField(2, AT.ICMPV6_TYPE_AND_CODE, ICMPV6_ECHO_REQUEST_CODE_0),
    ...keepAnyOf(AT.IPV6_DESTINATION, wordsOf('pinged', pinged, 16)),
  ];
  const advertisements = [
    ...requireField(1, AT.IPV6_HOP_LIMIT, HOP_LIMIT),
    ...requireField(2, AT.ICMPV6_TYPE_AND_CODE, ROUTER_ADVERTISEMENT_CODE_0),
    KEEP,
  ];
  if (targets.length + pinged.length === 0 && !routers) return KEEP_NOTHING;
  const addressed = pinged.length === 0 ? neighbors : orElse(pings, neighbors);
  const exact = routers ? orElse(advertisements, addressed) : addressed;
  return firstThatFits([...head, ...exact], [...head, KEEP]);
}

/** Keeps ICMP echo requests to one of `pinged` (IPv4 addresses of 4 bytes): whole packets without options. */
export function echoFilter(pinged: readonly Uint8Array[]): BpfProgram {
  const head = [
    ...refuseField(1, SKF_AD_PKTTYPE, PACKET_OTHERHOST),
    ...requireField(2, AT.ETHERTYPE, ETHERTYPE.IPV4),
    ...requireField(1, AT.IPV4_VERSION_AND_LENGTH, VERSION_4_LENGTH_5),
    ...requireField(1, AT.IPV4_PROTOCOL, ICMP),
    ...requireOneOf(2, AT.IPV4_FRAGMENT, UNFRAGMENTED),
    ...requireField(2, AT.ICMP_TYPE_AND_CODE, ECHO_REQUEST_CODE_0),
  ];
  if (areTooMany(pinged)) return [...head, KEEP];
  const exact = [...head, ...keepAnyOf(AT.IPV4_DESTINATION, wordsOf('pinged', pinged, 4))];
  return pinged.length === 0 ? KEEP_NOTHING : firstThatFits(exact, [...head, KEEP]);
}

/** Each takes an instruction at least. Known before the program is made, which takes tens of milliseconds where there are thousands. */
function areTooMany(addresses: readonly Uint8Array[]): boolean {
  return addresses.length > BPF_INSTRUCTIONS_MAX;
}

/** The last one is short enough for every kernel. */
function firstThatFits(...programs: BpfProgram[]): BpfProgram {
  return programs.find(({ length }) => length <= BPF_INSTRUCTIONS_MAX) ?? KEEP_NOTHING;
}

/** Addresses as big-endian 32-bit words. */
function wordsOf(field: string, addresses: readonly Uint8Array[], bytes: 4 | 16): number[][] {
  return addresses.map((address) => {
    if (address.length !== bytes) {
      throw new RangeError(`${field}: an address must have ${bytes} bytes, not ${address.length}`);
    }
    // Not by a DataView: it would move each of these small arrays out of the heap for good, which costs ten times what is in them.
    const byte = (at: number): number => address[at] ?? 0;
    return Array.from({ length: bytes / 4 }, (_, word) => {
      const at = word * 4;
      return ((byte(at) << 24) | (byte(at + 1) << 16) | (byte(at + 2) << 8) | byte(at + 3)) >>> 0;
    });
  });
}
