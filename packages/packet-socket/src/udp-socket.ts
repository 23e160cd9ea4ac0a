import { createSocket, type Socket } from 'node:dgram';
import { type SocketAddon, loadAddon } from './addon.ts';
import { assemble, BPF_CODE, type BpfProgram, DROP, KEEP } from './bpf.ts';
import { ADDRESS_FAMILY, type SocketAddress, socketAddress } from './socket-address.ts';
import { PlainSocket, type PlainSocketOptions } from './socket-options.ts';

/** What a UDP socket is bound to. */
export interface UdpSocketOptions extends PlainSocketOptions {
  /** `0.0.0.0` and `::` are two sockets: one for each family. */
  readonly address: string;
  /** 0: the system chooses. */
  readonly port: number;
}

/** Offset of the network header in a filter of a UDP socket. */
const SKF_NET_OFF = 0xfff00000;
/** Where IPv4 has its TTL, and IPv6 its hop limit. */
const TTL_AT: Readonly<Record<SocketAddress['family'], number>> = {
  [ADDRESS_FAMILY.IPV4]: 8,
  [ADDRESS_FAMILY.IPV6]: 7,
};

/** Keeps what has come with this TTL or hop limit, or a higher one. */
export function minTtlFilter(family: SocketAddress['family'], minTtl: number): BpfProgram {
  return [
    { code: BPF_CODE.LD_B_ABS, jt: 0, jf: 0, k: (SKF_NET_OFF + TTL_AT[family]) >>> 0 },
    { code: BPF_CODE.JMP_JGE_K, jt: 0, jf: 1, k: minTtl },
    KEEP,
    DROP,
  ];
}

/**
 * A UDP socket with options that `node:dgram` does not have: in force before the first packet can come or go. What comes with a lower TTL than `minTtl` is
 * dropped in the kernel (RFC 5082), which UDP has no option for: it is a filter.
 *
 * `bind` is done; listen for `message`, `listening` and `error`.
 *
 * @throws PacketSocketError the address, the port or an option cannot be had
 */
export function openUdp(options: UdpSocketOptions, addon: SocketAddon = loadAddon()): Socket {
  const { minTtl, ...others } = options;
  const local = socketAddress(options.address, options.port, addon);
  const plain = new PlainSocket(local.family, 'datagram', addon);
  try {
    plain.apply(others);
    if (minTtl !== undefined) plain.filter(assemble(minTtlFilter(local.family, minTtl)));
    plain.bind(local);
  } catch (error) {
    plain.close();
    throw error;
  }
  const type = local.family === ADDRESS_FAMILY.IPV4 ? 'udp4' : 'udp6';
  return createSocket(type).bind({ fd: plain.descriptor });
}
