/**
 * Linux packet sockets (AF_PACKET) for Node, with the filter in the kernel before the first frame can come.
 *
 * {@link openLinkSocket} gives the link that `@picluster/arp-responder` works on: it hears the ARP requests and neighbour
 * solicitations for the watched addresses, and who claims them, and nothing else, joins the multicast groups that switches want, and looks after itself
 * when the link goes down or the interface is made anew. {@link PacketSocket} is the plain socket beneath it, {@link
 * InterfaceMonitor} tells what happens to an interface.
 *
 * Importing works on every system; opening a socket elsewhere than on Linux throws {@link PacketSocketError} with the code
 * `unsupported-platform`.
 *
 * @packageDocumentation
 */
export {
  BPF_CODE,
  BPF_INSTRUCTIONS_MAX,
  DROP,
  KEEP,
  SKF_AD_PKTTYPE,
  assemble,
  keepAnyOf,
  orElse,
  refuseField,
  requireField,
  requireOneOf,
  type BpfInstruction,
  type BpfProgram,
} from './bpf.ts';
export { bootTimeMs } from './boot-time.ts';
export { ETHERTYPE, KEEP_NOTHING, arpFilter, echoFilter, neighborFilter } from './filters.ts';
export {
  InterfaceMonitor,
  readInterface,
  type InterfaceListener,
  type InterfaceState,
} from './interface-monitor.ts';
export { watchLinks } from './link-changes.ts';
export {
  RETRY_MS,
  openLinkSocket,
  type LinkSocketDeps,
  type LinkSocketOptions,
  type PacketLinkSocket,
} from './link-socket.ts';
export {
  GROUPS_PER_SOCKET_MAX,
  MulticastGroups,
  solicitedNodeGroup,
  type GroupSocket,
  type MulticastGroupsDeps,
} from './multicast-groups.ts';
export {
  PacketSocket,
  type PacketListener,
  type PacketSocketOptions,
  type PacketSocketStats,
} from './packet-socket.ts';
export { releaseMemory } from './process-memory.ts';
export {
  PacketSocketError,
  type PacketSocketErrorCode,
  type PacketSocketErrorDetails,
} from './packet-socket-error.ts';
export { MD5_KEY_BYTES_MAX, type PlainSocketOptions, type TcpMd5Key } from './socket-options.ts';
export {
  TcpServer,
  connectTcp,
  type TcpServerOptions,
  type TcpSocketOptions,
} from './tcp-socket.ts';
export {
  BFD_PORT,
  BfdReceiver,
  BfdSender,
  type BfdReceiverOptions,
  type BfdSenderOptions,
} from './bfd-socket.ts';
export { minTtlFilter, openUdp, type UdpSocketOptions } from './udp-socket.ts';
export { TcpAcceptor, TcpDialer, TcpStream, type TcpStreamListener } from './tcp-transport.ts';
export type { Addon, AddonCallback, AddonHandle, SocketAddon } from './addon.ts';
