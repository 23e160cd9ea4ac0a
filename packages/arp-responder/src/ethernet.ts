import { requireLength, setUint16, uint16 } from './bytes.ts';

/** EtherType numbers (IANA, IEEE 802 Numbers) that this package knows. */
export const ETHERTYPE = { IPV4: 0x0800, ARP: 0x0806, VLAN: 0x8100, IPV6: 0x86dd } as const;

/** The hardware address of every machine on the segment. */
export const BROADCAST_MAC: Uint8Array = new Uint8Array(6).fill(0xff);

/** An IEEE 802.1Q tag. */
export interface VlanTag {
  /** VLAN identifier, 0 to 4095; 0 means only the priority counts. */
  readonly id: number;
  /** Priority code point, 0 to 7. */
  readonly priority: number;
  /** Drop eligible indicator. */
  readonly dropEligible: boolean;
}

/** An Ethernet II frame without its check sequence. */
export interface EthernetFrame {
  /** Hardware address of the receiver, 6 bytes. */
  readonly destination: Uint8Array;
  /** Hardware address of the sender, 6 bytes. */
  readonly source: Uint8Array;
  /** Absent: the frame carries no tag. */
  readonly vlan?: VlanTag;
  /** What the payload is, 0x0600 or more; see {@link ETHERTYPE}. */
  readonly etherType: number;
  /** The rest of the frame. Hardware pads it to 46 bytes, so more than the packet may stand there. */
  readonly payload: Uint8Array;
}

/** Why bytes are not an Ethernet II frame. `not-ethernet-ii`: an IEEE 802.3 length stands where the type belongs. */
export type EthernetFault = 'truncated' | 'not-ethernet-ii';

/** Reads a frame. The parts of the result are views on `bytes`, not copies. Of several tags only the outer one is read. */
export function decodeEthernet(bytes: Uint8Array): EthernetFrame | EthernetFault {
  if (bytes.length < 14) return 'truncated';
  const tagged = uint16(bytes, 12) === ETHERTYPE.VLAN;
  if (tagged && bytes.length < 18) return 'truncated';
  const typeAt = tagged ? 16 : 12;
  const etherType = uint16(bytes, typeAt);
  if (etherType < 0x0600) return 'not-ethernet-ii';
  const frame = {
    destination: bytes.subarray(0, 6),
    source: bytes.subarray(6, 12),
    etherType,
    payload: bytes.subarray(typeAt + 2),
  };
  return tagged ? { ...frame, vlan: decodeTag(uint16(bytes, 14)) } : frame;
}

/** Writes a frame. Nothing is padded: the hardware does that. Wrong lengths or numbers throw `RangeError`. */
export function encodeEthernet(frame: EthernetFrame): Uint8Array {
  requireLength('destination', frame.destination, 6);
  requireLength('source', frame.source, 6);
  if (frame.etherType < 0x0600 || frame.etherType > 0xffff) {
    throw new RangeError(`etherType must be 0x0600 to 0xffff, not ${frame.etherType}`);
  }
  const typeAt = frame.vlan === undefined ? 12 : 16;
  const bytes = new Uint8Array(typeAt + 2 + frame.payload.length);
  bytes.set(frame.destination, 0);
  bytes.set(frame.source, 6);
  if (frame.vlan !== undefined) {
    setUint16(bytes, 12, ETHERTYPE.VLAN);
    setUint16(bytes, 14, encodeTag(frame.vlan));
  }
  setUint16(bytes, typeAt, frame.etherType);
  bytes.set(frame.payload, typeAt + 2);
  return bytes;
}

function decodeTag(control: number): VlanTag {
  return { id: control & 0xfff, priority: control >>> 13, dropEligible: (control & 0x1000) !== 0 };
}

function encodeTag(tag: VlanTag): number {
  if (tag.id < 0 || tag.id > 0xfff)
    throw new RangeError(`vlan.id must be 0 to 4095, not ${tag.id}`);
  if (tag.priority < 0 || tag.priority > 7) {
    throw new RangeError(`vlan.priority must be 0 to 7, not ${tag.priority}`);
  }
  return (tag.priority << 13) | (tag.dropEligible ? 0x1000 : 0) | tag.id;
}
