import { requireLength, setUint16, uint16, uint32, uint8 } from './bytes.ts';
import { ETHERTYPE } from './ethernet.ts';

/** ARP operation codes (RFC 826, IANA ARP Parameters). Others exist and are kept by the codec. */
export const ARP_OPERATION = { REQUEST: 1, REPLY: 2 } as const;

/** Bytes of an ARP packet for IPv4 over Ethernet. */
export const ARP_LENGTH = 28;

/** An ARP packet for IPv4 over Ethernet (RFC 826). */
export interface ArpPacket {
  /** See {@link ARP_OPERATION}. */
  readonly operation: number;
  /** Hardware address of the sender, 6 bytes. */
  readonly senderMac: Uint8Array;
  /** IPv4 address of the sender, 4 bytes; 0.0.0.0 in a probe (RFC 5227 §2.1.1). */
  readonly senderIp: Uint8Array;
  /** Hardware address of the target, 6 bytes; without meaning in a request. */
  readonly targetMac: Uint8Array;
  /** IPv4 address that is asked for, 4 bytes. */
  readonly targetIp: Uint8Array;
}

/** Why bytes are not an ARP packet for IPv4 over Ethernet. */
export type ArpFault = 'truncated' | 'not-ethernet-ipv4';

/** Ethernet as hardware type, IPv4 as protocol type. */
const TYPES = ((1 << 16) | ETHERTYPE.IPV4) >>> 0;
/** 6 bytes of hardware address, 4 of protocol address. */
const LENGTHS = 0x0604;

/** Reads a packet. The addresses are views on `bytes`; what follows the packet is padding and ignored. */
export function decodeArp(bytes: Uint8Array): ArpPacket | ArpFault {
  if (bytes.length < ARP_LENGTH) return 'truncated';
  if (!isEthernetIpv4(bytes, 0)) return 'not-ethernet-ipv4';
  return {
    operation: uint16(bytes, 6),
    senderMac: bytes.subarray(8, 14),
    senderIp: bytes.subarray(14, 18),
    targetMac: bytes.subarray(18, 24),
    targetIp: bytes.subarray(24, 28),
  };
}

/** Writes a packet of {@link ARP_LENGTH} bytes. Wrong lengths throw `RangeError`. */
export function encodeArp(packet: ArpPacket): Uint8Array {
  requireLength('senderMac', packet.senderMac, 6);
  requireLength('senderIp', packet.senderIp, 4);
  requireLength('targetMac', packet.targetMac, 6);
  requireLength('targetIp', packet.targetIp, 4);
  const bytes = new Uint8Array(ARP_LENGTH);
  setUint16(bytes, 0, TYPES >>> 16);
  setUint16(bytes, 2, TYPES & 0xffff);
  setUint16(bytes, 4, LENGTHS);
  setUint16(bytes, 6, packet.operation);
  bytes.set(packet.senderMac, 8);
  bytes.set(packet.senderIp, 14);
  bytes.set(packet.targetMac, 18);
  bytes.set(packet.targetIp, 24);
  return bytes;
}

/** Whether the ARP packet at `at` speaks of IPv4 over Ethernet. */
export function isEthernetIpv4(bytes: Uint8Array, at: number): boolean {
  return uint32(bytes, at) === TYPES && uint16(bytes, at + 4) === LENGTHS;
}

/** Whether the hardware address at `at` names a group (or everybody) instead of one machine. */
export function isGroupMac(bytes: Uint8Array, at: number = 0): boolean {
  return (uint8(bytes, at) & 1) === 1;
}
