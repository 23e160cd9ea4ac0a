/** Session states (RFC 5880 §4.1), by their number on the wire. */
export const BFD_STATES = ['AdminDown', 'Down', 'Init', 'Up'] as const;

/** The state of a session, or of the peer's. */
export type BfdStateName = (typeof BFD_STATES)[number];

/** Why a session was last left (RFC 5880 §4.1, IANA 2026-11). */
export const DIAGNOSTIC = {
  NONE: 0,
  CONTROL_DETECTION_TIME_EXPIRED: 1,
  ECHO_FUNCTION_FAILED: 2,
  NEIGHBOR_SIGNALED_SESSION_DOWN: 3,
  FORWARDING_PLANE_RESET: 4,
  PATH_DOWN: 5,
  CONCATENATED_PATH_DOWN: 6,
  ADMINISTRATIVELY_DOWN: 7,
  REVERSE_CONCATENATED_PATH_DOWN: 8,
} as const;

/** A BFD Control packet (RFC 5880 §4.1), version 1 and without authentication. */
export interface ControlPacket {
  /** One of {@link DIAGNOSTIC}, or another number up to 31. */
  readonly diagnostic: number;
  readonly state: BfdStateName;
  /** P: the sender wants an answer with `final`. */
  readonly poll: boolean;
  /** F: this answers a `poll`. */
  readonly final: boolean;
  /** C: the sender's BFD survives when its control plane does not. */
  readonly controlPlaneIndependent: boolean;
  /** D: the sender wants no packets while both are up. We send them all the same. */
  readonly demand: boolean;
  /** So many packets in a row may be missed; 1 to 255. */
  readonly detectMultiplier: number;
  /** The sender's own number for the session, never 0. */
  readonly myDiscriminator: number;
  /** Ours, as far as the sender knows it; 0: not yet. */
  readonly yourDiscriminator: number;
  /** Microseconds. */
  readonly desiredMinTxUs: number;
  /** Microseconds; 0: the sender takes no packets at intervals. */
  readonly requiredMinRxUs: number;
  /** Microseconds; 0: the sender answers no echo. */
  readonly requiredMinEchoRxUs: number;
}

/** Why bytes are no packet that we can use (RFC 5880 §6.8.6); a metric's label. */
export type ControlPacketFault =
  | 'short'
  | 'bad-version'
  | 'bad-length'
  | 'zero-multiplier'
  | 'multipoint'
  | 'zero-discriminator'
  /** The peer authenticates; we do not. */
  | 'authenticated'
  /** It does not know us, and yet is past Down. */
  | 'no-discriminator';

/** Of a packet without authentication. */
const LENGTH = 24;
const VERSION = 1;

/** Reads a UDP payload. Never throws; the reason where it is no packet. Bytes behind the packet's own length mean nothing. */
export function decodeControlPacket(bytes: Uint8Array): ControlPacket | ControlPacketFault {
  if (bytes.length < LENGTH) return 'short';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  const length = view.getUint8(3);
  if (first >>> 5 !== VERSION) return 'bad-version';
  if (length < LENGTH || length > bytes.length) return 'bad-length';
  if (view.getUint8(2) === 0) return 'zero-multiplier';
  if ((second & 0x01) !== 0) return 'multipoint';
  if (view.getUint32(4) === 0) return 'zero-discriminator';
  if ((second & 0x04) !== 0) return 'authenticated';
  const state = BFD_STATES[second >>> 6] ?? 'Down';
  const yourDiscriminator = view.getUint32(8);
  if (yourDiscriminator === 0 && state !== 'Down' && state !== 'AdminDown') {
    return 'no-discriminator';
  }
  return {
    diagnostic: first & 0x1f,
    state,
    poll: (second & 0x20) !== 0,
    final: (second & 0x10) !== 0,
    controlPlaneIndependent: (second & 0x08) !== 0,
    demand: (second & 0x02) !== 0,
    detectMultiplier: view.getUint8(2),
    myDiscriminator: view.getUint32(4),
    yourDiscriminator,
    desiredMinTxUs: view.getUint32(12),
    requiredMinRxUs: view.getUint32(16),
    requiredMinEchoRxUs: view.getUint32(20),
  };
}

/** Writes the 24 bytes of a packet. */
export function encodeControlPacket(packet: ControlPacket): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (VERSION << 5) | packet.diagnostic);
  const flags =
    (packet.poll ? 0x20 : 0) |
    (packet.final ? 0x10 : 0) |
    (packet.controlPlaneIndependent ? 0x08 : 0) |
    (packet.demand ? 0x02 : 0);
  view.setUint8(1, (BFD_STATES.indexOf(packet.state) << 6) | flags);
  view.setUint8(2, packet.detectMultiplier);
  view.setUint8(3, LENGTH);
  view.setUint32(4, packet.myDiscriminator);
  view.setUint32(8, packet.yourDiscriminator);
  view.setUint32(12, packet.desiredMinTxUs);
  view.setUint32(16, packet.requiredMinRxUs);
  view.setUint32(20, packet.requiredMinEchoRxUs);
  return bytes;
}
