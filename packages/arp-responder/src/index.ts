/**
 * Answers ARP and NDP questions for addresses it is told to, and announces them, over any {@link LinkSocket}.
 *
 * {@link respond} is the pure core: one frame in, the reply or a named reason out. {@link Responder} keeps a set of addresses,
 * each with a right to answer that ends by itself, and does the announcing. {@link RouterFinder} finds the router behind a link. The codecs stand alone: a decoder returns the
 * value or a reason and never throws, whatever the bytes.
 *
 * Nothing here opens a socket, reads a clock or logs by itself, and no `node:*` module is imported.
 *
 * @packageDocumentation
 */
export {
  ALL_NODES,
  UNSPECIFIED,
  formatAddress,
  formatMac,
  multicastMac,
  parseAddress,
  solicitedNode,
} from './address.ts';
export {
  ANNOUNCE_AT_MS,
  ANNOUNCE_REFRESH_MS,
  QUIET,
  announceStep,
  type AnnounceEffect,
  type AnnounceInput,
  type AnnounceState,
} from './announce-schedule.ts';
export type { ProbeOutcome } from './address-probes.ts';
export { announcement } from './announcement.ts';
export { endInTable } from './answer-table.ts';
export {
  ARP_LENGTH,
  ARP_OPERATION,
  decodeArp,
  encodeArp,
  type ArpFault,
  type ArpPacket,
} from './arp.ts';
export { ECHO_TYPE, answerEcho, isEchoRequest, type EchoFault } from './echo.ts';
export {
  BROADCAST_MAC,
  ETHERTYPE,
  decodeEthernet,
  encodeEthernet,
  type EthernetFault,
  type EthernetFrame,
  type VlanTag,
} from './ethernet.ts';
export { decodeClaim, type Claim, type ClaimFault } from './claim.ts';
export {
  decodeIcmpv6,
  encodeIcmpv6,
  type Icmpv6Ends,
  type Icmpv6Fault,
  type Icmpv6Message,
} from './icmpv6.ts';
export { decodeIcmp, encodeIcmp, type IcmpFault, type IcmpMessage } from './icmp.ts';
export { IPPROTO_ICMP, decodeIpv4, encodeIpv4, type Ipv4Fault, type Ipv4Packet } from './ipv4.ts';
export { IPPROTO_ICMPV6, decodeIpv6, encodeIpv6, type Ipv6Fault, type Ipv6Packet } from './ipv6.ts';
export type { Deadline } from './link-rights.ts';
export type { LinkListener, LinkSocket, SendOutcome, WatchedAddresses } from './link-socket.ts';
export {
  NDP_OPTION,
  NDP_TYPE,
  decodeNdp,
  encodeNdp,
  linkLayerAddress,
  type NdpFault,
  type NdpMessage,
  type NdpOption,
  type NeighborAdvertisement,
  type NeighborSolicitation,
} from './ndp.ts';
export {
  ROUTER_TYPE,
  decodeRouterMessage,
  encodeRouterMessage,
  type RouterAdvertisement,
  type RouterMessage,
  type RouterMessageFault,
  type RouterSolicitation,
} from './router-message.ts';
export {
  ALL_ROUTERS,
  decodeRouterFrame,
  encodeRouterFrame,
  routerAdvertisement,
  routerSolicitation,
  type RouterFault,
  type RouterFrame,
} from './router-frame.ts';
export { RouterFinder, type RouterFinderDeps } from './router-finder.ts';
export {
  NO_SEARCH,
  ROUTER_SEARCH,
  routerSearchStep,
  type RouterSearch,
  type RouterSearchEffect,
  type RouterSearchInput,
  type RouterSearchMoment,
} from './router-search.ts';
export type { FrameEnds, Icmpv6FrameFault } from './icmpv6-frame.ts';
export { probe } from './probe.ts';
export {
  answerSolicitation,
  decodeNeighborFrame,
  encodeNeighborFrame,
  type NeighborFault,
  type NeighborFrame,
} from './neighbor-frame.ts';
export {
  arpReplyBuffer,
  respond,
  type AnswerRights,
  type DropReason,
  type Right,
} from './respond.ts';
export { Responder, type AddressRight, type OwnOptions } from './responder.ts';
export type {
  ConflictWatch,
  ResponderClock,
  ResponderDeps,
  ResponderLog,
  ResponderMetrics,
  ResponderOptions,
} from './responder-deps.ts';
export {
  DEFEND_INTERVAL_MS,
  PROBES,
  PROBE_INTERVAL_MS,
  RECHECK_MS,
  SAME_CONFLICT_MS,
  newTenure,
  tenureStep,
  type HeldTenure,
  type ProbingTenure,
  type Tenure,
  type TenureEffect,
  type TenureInput,
  type TenureStep,
  type YieldedTenure,
} from './tenure.ts';
