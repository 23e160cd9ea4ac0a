import type { AfiSafi } from './family.ts';

/** Capability codes (IANA, 2026-11) that this package understands. Others are kept as they are. */
export const CAPABILITY = {
  MULTIPROTOCOL: 1,
  ROUTE_REFRESH: 2,
  EXTENDED_NEXT_HOP: 5,
  EXTENDED_MESSAGE: 6,
  GRACEFUL_RESTART: 64,
  FOUR_OCTET_AS: 65,
  ENHANCED_ROUTE_REFRESH: 70,
} as const;

/** A family that the sender of a graceful restart capability lists. */
export interface RestartFamily extends AfiSafi {
  /** F: its forwarding state survived the restart. */
  readonly forwarding: boolean;
}

/** Multiprotocol extensions (RFC 4760 §8): routes of this family may be exchanged. One capability a family. */
export interface MultiprotocolCapability extends AfiSafi {
  readonly type: 'MULTIPROTOCOL';
}

/** Extended next hop encoding (RFC 8950 §4): routes of `afi`/`safi` may have a next hop of `nextHopAfi`. */
export interface ExtendedNextHopCapability {
  readonly type: 'EXTENDED_NEXT_HOP';
  readonly tuples: readonly (AfiSafi & { readonly nextHopAfi: number })[];
}

/** Graceful restart (RFC 4724 §3, N of RFC 8538 §2). */
export interface GracefulRestartCapability {
  readonly type: 'GRACEFUL_RESTART';
  /** R: the sender has restarted, and does not wait for our End-of-RIB. */
  readonly restarting: boolean;
  /** N: restart also follows a NOTIFICATION, unless it is a Hard Reset. */
  readonly notification: boolean;
  /** How long the sender's routes are to be kept until it is back: seconds, at most 4095. */
  readonly restartTimeS: number;
  /** Empty: the sender will only mark the End-of-RIB. */
  readonly families: readonly RestartFamily[];
}

/** Four-octet AS numbers (RFC 6793 §3), and the sender's own. */
export interface FourOctetAsCapability {
  readonly type: 'FOUR_OCTET_AS';
  readonly asn: number;
}

/** Capabilities without a value: RFC 2918, RFC 7313, RFC 8654. */
export interface PlainCapability {
  readonly type: 'ROUTE_REFRESH' | 'ENHANCED_ROUTE_REFRESH' | 'EXTENDED_MESSAGE';
}

/** A capability that nobody here knows, or whose length its code does not allow. Like an unknown one it is then not agreed on. */
export interface UnknownCapability {
  readonly type: 'UNKNOWN';
  readonly code: number;
  /** At most 255 bytes. */
  readonly value: Uint8Array;
}

/** One capability of an OPEN (RFC 5492). */
export type Capability =
  | MultiprotocolCapability
  | ExtendedNextHopCapability
  | GracefulRestartCapability
  | FourOctetAsCapability
  | PlainCapability
  | UnknownCapability;
