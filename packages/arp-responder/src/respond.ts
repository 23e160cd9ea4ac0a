import { ARP_OPERATION, isEthernetIpv4, isGroupMac } from './arp.ts';
import { holds, setUint16, uint16 } from './bytes.ts';
import { BROADCAST_MAC, ETHERTYPE } from './ethernet.ts';
import type { EchoFault } from './echo.ts';
import { answerSolicitation, decodeNeighborFrame, type NeighborFault } from './neighbor-frame.ts';
import { NDP_TYPE, type NeighborSolicitation } from './ndp.ts';

/** Whether this machine may answer for an address at this moment, or why not. `contested`: another machine has it, or may have it. */
export type Right = 'granted' | 'not-owned' | 'right-ended' | 'contested';

/** Knows for which addresses this machine may answer. Asked once for each well-formed question. */
export interface AnswerRights {
  /** The address is the `length` bytes of `frame` at `offset`: no copy is made on the way of every packet. */
  check(frame: Uint8Array, offset: number, length: 4 | 16): Right;
}

/** Why a frame gets no answer. `echo-rate`: there were too many echo requests. */
export type DropReason =
  | NeighborFault
  | Exclude<Right, 'granted'>
  | 'other-destination'
  | 'own-frame'
  | 'arp-not-ethernet-ipv4'
  | 'arp-not-request'
  | 'not-solicitation'
  | EchoFault
  | 'echo-rate';

/** Where the address that is asked for stands in an untagged ARP frame. */
export const ARP_TARGET_AT = 38;
/** Bytes of an Ethernet header and an ARP packet. */
const ARP_FRAME_LENGTH = 42;
/** Where the target address stands in a neighbour solicitation: after Ethernet, IPv6 and 8 bytes of ICMPv6. */
const NDP_TARGET_AT = 62;

/** Makes the buffer that {@link respond} writes ARP replies into: all that never changes stands there already. */
export function arpReplyBuffer(): Uint8Array {
  const reply = new Uint8Array(ARP_FRAME_LENGTH);
  setUint16(reply, 12, ETHERTYPE.ARP);
  reply.set([0, 1, 8, 0, 6, 4, 0, ARP_OPERATION.REPLY], 14);
  return reply;
}

/**
 * Answers one Ethernet frame (without check sequence) as a machine with the hardware address `mac`: the whole reply frame,
 * or why there is none.
 *
 * ARP: broadcast and unicast requests are answered, probes with the sender 0.0.0.0 (RFC 5227 §2.1.1) and gratuitous requests
 * of others too. The reply's frame goes to the Ethernet source of the request; inside, the target is the sender that the
 * request's payload names. The two differ behind some Wi-Fi bridges.
 *
 * NDP: RFC 4861 §7.2.4, with what §7.1.1 wants verified. The advertisement comes from the target itself.
 *
 * A frame with a VLAN tag is never answered: this link is the untagged one.
 *
 * An ARP reply is written into `arpReply` (from {@link arpReplyBuffer}) and that same array is returned: use it before the
 * next call.
 */
export function respond(
  frame: Uint8Array,
  mac: Uint8Array,
  rights: AnswerRights,
  arpReply: Uint8Array = arpReplyBuffer(),
): Uint8Array | DropReason {
  if (frame.length < 14) return 'truncated';
  const etherType = uint16(frame, 12);
  if (etherType === ETHERTYPE.VLAN) return 'vlan-tagged';
  if (etherType !== ETHERTYPE.ARP && etherType !== ETHERTYPE.IPV6) return 'other-ethertype';
  if (isGroupMac(frame, 6)) return 'multicast-source';
  if (holds(frame, 6, mac)) return 'own-frame';
  return etherType === ETHERTYPE.ARP
    ? respondToArp(frame, mac, rights, arpReply)
    : respondToNdp(frame, mac, rights);
}

function respondToArp(
  frame: Uint8Array,
  mac: Uint8Array,
  rights: AnswerRights,
  reply: Uint8Array,
): Uint8Array | DropReason {
  if (frame.length < ARP_FRAME_LENGTH) return 'truncated';
  if (!holds(frame, 0, BROADCAST_MAC) && !holds(frame, 0, mac)) return 'other-destination';
  if (!isEthernetIpv4(frame, 14)) return 'arp-not-ethernet-ipv4';
  if (uint16(frame, 20) !== ARP_OPERATION.REQUEST) return 'arp-not-request';
  const right = rights.check(frame, ARP_TARGET_AT, 4);
  if (right !== 'granted') return right;
  copy(frame, 6, reply, 0, 6); // Ethernet destination: who sent the request
  copy(mac, 0, reply, 6, 6); // Ethernet source
  copy(mac, 0, reply, 22, 6); // sender hardware address
  copy(frame, ARP_TARGET_AT, reply, 28, 4); // sender protocol address: what was asked for
  copy(frame, 22, reply, 32, 10); // target: the sender of the request
  return reply;
}

function respondToNdp(
  frame: Uint8Array,
  mac: Uint8Array,
  rights: AnswerRights,
): Uint8Array | DropReason {
  if (!isGroupMac(frame) && !holds(frame, 0, mac)) return 'other-destination';
  const asked = decodeNeighborFrame(frame);
  if (typeof asked === 'string') return asked;
  const { message } = asked;
  if (message.type !== NDP_TYPE.NEIGHBOR_SOLICITATION) return 'not-solicitation';
  const right = rights.check(frame, NDP_TARGET_AT, 16);
  if (right !== 'granted') return right;
  const solicitation: NeighborSolicitation = message;
  return answerSolicitation({ ...asked, message: solicitation }, mac);
}

/** For a handful of bytes a loop is quicker than a view and `set`. */
function copy(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, count: number): void {
  for (let at = 0; at < count; at++) to[toAt + at] = from[fromAt + at] as number;
}
