import type { Capability } from './capability.ts';
import type { Address, PathAttribute, Prefix } from './path-attribute.ts';

/** Message types (RFC 4271 §4.1, RFC 2918). */
export const MESSAGE_TYPE = {
  OPEN: 1,
  UPDATE: 2,
  NOTIFICATION: 3,
  KEEPALIVE: 4,
  'ROUTE-REFRESH': 5,
} as const;

/** The largest message, header included (RFC 4271 §4.1). OPEN and KEEPALIVE never exceed it. */
export const MESSAGE_LENGTH_MAX = 4096;

/** The largest message where the receiver has said that it takes extended messages (RFC 8654). */
export const EXTENDED_MESSAGE_LENGTH_MAX = 65_535;

/** Marker, length and type. */
export const HEADER_LENGTH = 19;

/** Stands in two octets for an AS number that needs four (RFC 6793 §9). */
export const AS_TRANS = 23_456;

/** The first message of each side (RFC 4271 §4.2). The version is always 4. */
export interface OpenMessage {
  readonly type: 'OPEN';
  /** My Autonomous System, two octets as on the wire: AS_TRANS where the true number needs four. `asnOf` and `twoOctetAs` translate. */
  readonly myAs: number;
  /** Seconds; 0: no keepalives, else at least 3. The session uses the smaller of both sides'. */
  readonly holdTimeS: number;
  /** The sender's router ID, as an IPv4 address. Never `0.0.0.0`. */
  readonly bgpIdentifier: Address;
  /** Of all capabilities parameters, in their order. Some peers say one twice. */
  readonly capabilities: readonly Capability[];
}

/**
 * Routes that come and go (RFC 4271 §4.3). `routesOf` gives those of all families in one form.
 *
 * What RFC 7606 forbids to send, `encodeMessage` writes all the same when told to: repeaters and tests want it. `packUpdates` makes only what it allows.
 */
export interface UpdateMessage {
  readonly type: 'UPDATE';
  /** WITHDRAWN ROUTES: IPv4 only. */
  readonly withdrawn: readonly Prefix[];
  /** In the order of the wire when decoded, whatever the order when encoded; each type at most once, but for UNKNOWN. */
  readonly attributes: readonly PathAttribute[];
  /** NETWORK LAYER REACHABILITY INFORMATION: IPv4 only. */
  readonly nlri: readonly Prefix[];
}

/** Why the sender ends the session (RFC 4271 §4.5). `NOTIFICATION` has the codes, `explainNotification` a sentence. */
export interface NotificationMessage {
  readonly type: 'NOTIFICATION';
  /** Error code. */
  readonly code: number;
  /** Error subcode; 0: unspecific. */
  readonly subcode: number;
  readonly data: Uint8Array;
}

/** "I am here" (RFC 4271 §4.4). */
export interface KeepaliveMessage {
  readonly type: 'KEEPALIVE';
}

/** Subtypes of a ROUTE-REFRESH (RFC 7313 §3.2). Other numbers are to be ignored. */
export const ROUTE_REFRESH_SUBTYPE = {
  /** Send all your routes of this family again. */
  REQUEST: 0,
  /** BoRR: here the sender's routes begin to be sent again. */
  BEGINNING: 1,
  /** EoRR: here they end; what was not among them is gone. */
  ENDING: 2,
} as const;

/** Asks for the routes of a family again, or marks the beginning and end of such an answer (RFC 2918, RFC 7313). */
export interface RouteRefreshMessage {
  readonly type: 'ROUTE-REFRESH';
  readonly afi: number;
  readonly safi: number;
  readonly subtype: number;
}

/** Any message. */
export type BgpMessage =
  | OpenMessage
  | UpdateMessage
  | NotificationMessage
  | KeepaliveMessage
  | RouteRefreshMessage;
