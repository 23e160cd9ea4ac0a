import { ETHERTYPE, decodeEthernet, encodeEthernet, type EthernetFault } from './ethernet.ts';
import {
  decodeIcmpv6,
  encodeIcmpv6,
  type Icmpv6Ends,
  type Icmpv6Fault,
  type Icmpv6Message,
} from './icmpv6.ts';
import { IPPROTO_ICMPV6, decodeIpv6, encodeIpv6, type Ipv6Fault } from './ipv6.ts';

/** The ends of a frame. */
export interface FrameEnds extends Icmpv6Ends {
  /** Hardware address of the receiver, 6 bytes. */
  readonly destinationMac: Uint8Array;
  /** Hardware address of the sender, 6 bytes. */
  readonly sourceMac: Uint8Array;
}

/** Why a frame carries no ICMPv6 message for us. */
export type Icmpv6FrameFault =
  | EthernetFault
  | Ipv6Fault
  | Icmpv6Fault
  | 'vlan-tagged'
  | 'other-ethertype'
  | 'not-icmpv6';

/** An ICMPv6 message with what stood around it. */
export interface Icmpv6Frame extends FrameEnds {
  readonly hopLimit: number;
  readonly message: Icmpv6Message;
}

/** Reads an untagged frame down to its ICMPv6 message. */
export function decodeIcmpv6Frame(bytes: Uint8Array): Icmpv6Frame | Icmpv6FrameFault {
  const ethernet = decodeEthernet(bytes);
  if (typeof ethernet === 'string') return ethernet;
  if (ethernet.vlan !== undefined) return 'vlan-tagged';
  if (ethernet.etherType !== ETHERTYPE.IPV6) return 'other-ethertype';
  const ipv6 = decodeIpv6(ethernet.payload);
  if (typeof ipv6 === 'string') return ipv6;
  if (ipv6.nextHeader !== IPPROTO_ICMPV6) return 'not-icmpv6';
  const message = decodeIcmpv6(ipv6.payload, ipv6);
  if (typeof message === 'string') return message;
  return {
    destinationMac: ethernet.destination,
    sourceMac: ethernet.source,
    source: ipv6.source,
    destination: ipv6.destination,
    hopLimit: ipv6.hopLimit,
    message,
  };
}

/** Writes the whole frame with its checksum, hop limit 255: what RFC 4861 wants of every message of neighbour discovery. */
export function encodeIcmpv6Frame(ends: FrameEnds, message: Icmpv6Message): Uint8Array {
  const { source, destination } = ends;
  return encodeEthernet({
    destination: ends.destinationMac,
    source: ends.sourceMac,
    etherType: ETHERTYPE.IPV6,
    payload: encodeIpv6({
      trafficClass: 0,
      flowLabel: 0,
      nextHeader: IPPROTO_ICMPV6,
      hopLimit: 255,
      source,
      destination,
      payload: encodeIcmpv6(message, { source, destination }),
    }),
  });
}
