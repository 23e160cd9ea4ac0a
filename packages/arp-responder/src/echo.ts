import { isGroupMac } from './arp.ts';
import { holds, uint16, uint8 } from './bytes.ts';
import { ETHERTYPE, decodeEthernet, encodeEthernet, type EthernetFrame } from './ethernet.ts';
import type { EthernetFault } from './ethernet.ts';
import { decodeIcmp, encodeIcmp, type IcmpFault } from './icmp.ts';
import { decodeIcmpv6, encodeIcmpv6 } from './icmpv6.ts';
import { IPPROTO_ICMP, decodeIpv4, encodeIpv4, type Ipv4Fault } from './ipv4.ts';
import { IPPROTO_ICMPV6, decodeIpv6, encodeIpv6, type Ipv6Fault } from './ipv6.ts';
import type { AnswerRights, Right } from './respond.ts';

/** Types of echo messages: ICMP (RFC 792) and ICMPv6 (RFC 4443 §4). */
export const ECHO_TYPE = {
  ICMP_REQUEST: 8,
  ICMP_REPLY: 0,
  ICMPV6_REQUEST: 128,
  ICMPV6_REPLY: 129,
} as const;

/** Why an echo request gets no answer. */
export type EchoFault =
  | EthernetFault
  | Ipv4Fault
  | Ipv6Fault
  | IcmpFault
  | Exclude<Right, 'granted'>
  | 'not-echo-request'
  | 'vlan-tagged'
  | 'other-destination'
  | 'multicast-source'
  | 'fragment'
  | 'bad-source';

/** Where addresses stand in an untagged frame. */
const AT = { IPV4_DESTINATION: 30, IPV6_DESTINATION: 38 } as const;
/** As Linux sends them. */
const HOPS = 64;

/** Whether a frame may be an echo request: by its types only, so that the question is cheap. */
export function isEchoRequest(frame: Uint8Array): boolean {
  if (frame.length < 42) return false;
  const etherType = uint16(frame, 12);
  if (etherType === ETHERTYPE.IPV4) {
    const typeAt = 14 + (uint8(frame, 14) & 15) * 4;
    return uint8(frame, 23) === IPPROTO_ICMP && frame[typeAt] === ECHO_TYPE.ICMP_REQUEST;
  }
  if (etherType !== ETHERTYPE.IPV6 || uint8(frame, 20) !== IPPROTO_ICMPV6) return false;
  return frame[54] === ECHO_TYPE.ICMPV6_REQUEST;
}

/**
 * Answers an ICMP or ICMPv6 echo request in an untagged frame to `mac`, for an address that may be answered for: the whole reply, back the
 * way the request came, or why there is none. Fragments are not answered, nor what comes from no single machine.
 */
export function answerEcho(
  frame: Uint8Array,
  mac: Uint8Array,
  rights: AnswerRights,
): Uint8Array | EchoFault {
  const ethernet = decodeEthernet(frame);
  if (typeof ethernet === 'string') return ethernet;
  if (ethernet.vlan !== undefined) return 'vlan-tagged';
  if (!holds(frame, 0, mac)) return 'other-destination';
  if (isGroupMac(frame, 6)) return 'multicast-source';
  const reply =
    ethernet.etherType === ETHERTYPE.IPV4
      ? replyToIpv4(frame, ethernet, rights)
      : replyToIpv6(frame, ethernet, rights);
  if (typeof reply === 'string') return reply;
  const { etherType } = ethernet;
  return encodeEthernet({ destination: ethernet.source, source: mac, etherType, payload: reply });
}

function replyToIpv4(
  frame: Uint8Array,
  { payload }: EthernetFrame,
  rights: AnswerRights,
): Uint8Array | EchoFault {
  const packet = decodeIpv4(payload);
  if (typeof packet === 'string') return packet;
  if (packet.moreFragments || packet.fragmentOffset !== 0) return 'fragment';
  if (packet.protocol !== IPPROTO_ICMP) return 'not-echo-request';
  const message = decodeIcmp(packet.payload);
  if (typeof message === 'string') return message;
  if (message.type !== ECHO_TYPE.ICMP_REQUEST || message.code !== 0) return 'not-echo-request';
  const first = uint8(packet.source, 0);
  // "This network", loopback, groups, broadcast (RFC 1122 §3.2.1.3): an answer would be for nobody, or for everybody.
  if (first === 0 || first === 127 || first >= 224) return 'bad-source';
  const right = rights.check(frame, AT.IPV4_DESTINATION, 4);
  if (right !== 'granted') return right;
  return encodeIpv4({
    typeOfService: packet.typeOfService,
    identification: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    timeToLive: HOPS,
    protocol: IPPROTO_ICMP,
    source: packet.destination,
    destination: packet.source,
    options: new Uint8Array(),
    payload: encodeIcmp({ ...message, type: ECHO_TYPE.ICMP_REPLY }),
  });
}

function replyToIpv6(
  frame: Uint8Array,
  { payload }: EthernetFrame,
  rights: AnswerRights,
): Uint8Array | EchoFault {
  const packet = decodeIpv6(payload);
  if (typeof packet === 'string') return packet;
  if (packet.nextHeader !== IPPROTO_ICMPV6) return 'not-echo-request';
  const message = decodeIcmpv6(packet.payload, packet);
  if (typeof message === 'string') return message;
  if (message.type !== ECHO_TYPE.ICMPV6_REQUEST || message.code !== 0) return 'not-echo-request';
  // A group, the unspecified address, loopback.
  const first = uint8(packet.source, 0);
  if (
    first === 0xff ||
    packet.source.every((byte, at) => byte === 0 || (at === 15 && byte === 1))
  ) {
    return 'bad-source';
  }
  const right = rights.check(frame, AT.IPV6_DESTINATION, 16);
  if (right !== 'granted') return right;
  const ends = { source: packet.destination, destination: packet.source };
  return encodeIpv6({
    trafficClass: packet.trafficClass,
    flowLabel: 0,
    nextHeader: IPPROTO_ICMPV6,
    hopLimit: HOPS,
    ...ends,
    payload: encodeIcmpv6({ ...message, type: ECHO_TYPE.ICMPV6_REPLY }, ends),
  });
}
