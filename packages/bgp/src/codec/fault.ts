import type { Family } from './family.ts';
import type { BgpMessage, NotificationMessage } from './messages.ts';

/** What is wrong with the header (RFC 4271 §6.1). */
export type HeaderFaultReason = 'bad-marker' | 'bad-length' | 'bad-type';

/** What is wrong with an OPEN (RFC 4271 §6.2, RFC 5492, RFC 7607). Whether the AS is the right one is the session's business. */
export type OpenFaultReason =
  | 'open-version'
  | 'open-as-zero'
  | 'open-bgp-identifier'
  | 'open-hold-time'
  | 'open-optional-parameter'
  | 'open-malformed';

/** What is wrong with an UPDATE (RFC 4271 §6.3, RFC 7606). The grade that belongs to each is in the comment. */
export type UpdateErrorReason =
  /** Reset: the lengths of the fields contradict each other. */
  | 'update-lengths'
  /** Reset: a prefix in WITHDRAWN ROUTES or in NLRI is too long, or cut off. */
  | 'withdrawn-routes'
  | 'nlri'
  /** Reset: a next hop of no known length, or prefixes that cannot be read, or no room for either. */
  | 'mp-reach-nlri'
  | 'mp-unreach-nlri'
  /** Reset: MP_REACH_NLRI or MP_UNREACH_NLRI is there twice. */
  | 'mp-attribute-repeated'
  /** Reset: not optional, and unknown. */
  | 'unrecognized-well-known'
  /** Withdraw: the optional and transitive bits contradict the attribute's definition. */
  | 'attribute-flags'
  /** Withdraw: an attribute does not end where the list of attributes does. */
  | 'attribute-overrun'
  /** Withdraw: ORIGIN, AS_PATH or NEXT_HOP is missing. */
  | 'missing-attribute'
  /** Withdraw: the value of the attribute is malformed. */
  | 'origin'
  | 'as-path'
  | 'next-hop'
  | 'multi-exit-disc'
  | 'local-pref'
  | 'communities'
  | 'originator-id'
  | 'cluster-list'
  | 'extended-communities'
  | 'large-community'
  /** Discard: the value of the attribute is malformed. */
  | 'atomic-aggregate'
  | 'aggregator'
  | 'as4-path'
  | 'as4-aggregator'
  /** Discard: the attribute is there again. */
  | 'attribute-repeated'
  /** Discard: LOCAL_PREF, ORIGINATOR_ID or CLUSTER_LIST from an external peer. */
  | 'internal-attribute'
  /** Discard: AS4_PATH or AS4_AGGREGATOR from a peer that has four-octet AS numbers (RFC 6793 §4.1). */
  | 'as4-attribute'
  /** Discard: routes of a family that was not negotiated. */
  | 'family-not-negotiated';

/** Why a message cannot be used; a metric's label. */
export type MessageFaultReason =
  | HeaderFaultReason
  | OpenFaultReason
  | UpdateErrorReason
  /** A ROUTE-REFRESH of a length that its subtype does not allow (RFC 7313 §5). */
  | 'route-refresh-length';

/** A message that ends the session, and the NOTIFICATION that tells the peer why. A bad NOTIFICATION is not answered (RFC 4271 §6.4). */
export interface MessageFault {
  readonly reason: MessageFaultReason;
  readonly notification: NotificationMessage;
}

/**
 * How grave an error in an UPDATE is (RFC 7606 §2). "AFI/SAFI disable" is not used where the RFC leaves the choice: a family that is silent until somebody
 * resets the session is worse than the reset.
 */
export type ErrorGrade = 'attribute-discard' | 'treat-as-withdraw' | 'session-reset';

/** An error in an UPDATE. `notification` is the one of RFC 4271 §6.3; it is sent only where the grade is a reset. */
export interface UpdateError {
  readonly grade: ErrorGrade;
  readonly reason: UpdateErrorReason;
  /** The type code, where one attribute is at fault. */
  readonly attribute?: number;
  readonly notification: NotificationMessage;
}

/**
 * What `decodeMessage` gives.
 *
 * `errors` (of an UPDATE; else empty) have already been acted upon: discarded attributes are not in the message, and where one error says "treat as
 * withdraw", every route of the message is among its withdrawn ones. They are for the log and the metrics.
 *
 * `endOfRib` is the family whose routes have all been sent once (RFC 4724 §2), where the message says that. A message from which everything was discarded
 * looks like one, and is none.
 */
export type DecodedMessage =
  | {
      readonly ok: true;
      readonly message: BgpMessage;
      readonly errors: readonly UpdateError[];
      readonly endOfRib?: Family;
    }
  | { readonly ok: false; readonly fault: MessageFault };
