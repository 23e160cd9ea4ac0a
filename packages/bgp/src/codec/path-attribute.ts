import type { Family } from './family.ts';

/**
 * An IP address in its canonical text: `192.0.2.1`, or RFC 5952's `2001:db8::1`.
 *
 * Text, not bytes: equal addresses are equal strings, so they are keys of a Map, compare by `===`, cannot be changed behind one's back, and print
 * themselves; and in V8 a short string costs less time and memory than a `Uint8Array` of 4 bytes (`bench/codec.ts` measures it).
 */
export type Address = string;

/** A prefix in its canonical text, `192.0.2.0/24` or `2001:db8::/32`: no bit is set behind its length. Text for the reasons of {@link Address}. */
export type Prefix = string;

/** Type codes of path attributes (IANA, 2026-11) that this package understands. Others are kept as they are. */
export const PATH_ATTRIBUTE = {
  ORIGIN: 1,
  AS_PATH: 2,
  NEXT_HOP: 3,
  MULTI_EXIT_DISC: 4,
  LOCAL_PREF: 5,
  ATOMIC_AGGREGATE: 6,
  AGGREGATOR: 7,
  COMMUNITIES: 8,
  ORIGINATOR_ID: 9,
  CLUSTER_LIST: 10,
  MP_REACH_NLRI: 14,
  MP_UNREACH_NLRI: 15,
  EXTENDED_COMMUNITIES: 16,
  AS4_PATH: 17,
  AS4_AGGREGATOR: 18,
  LARGE_COMMUNITY: 32,
} as const;

/** Bits of an attribute's flags octet (RFC 4271 §4.3). */
export const ATTRIBUTE_FLAG = {
  OPTIONAL: 0x80,
  TRANSITIVE: 0x40,
  PARTIAL: 0x20,
  EXTENDED_LENGTH: 0x10,
} as const;

/** Where the route came from (RFC 4271 §5.1.1). */
export interface OriginAttribute {
  readonly type: 'ORIGIN';
  readonly origin: 'IGP' | 'EGP' | 'INCOMPLETE';
}

/** A part of an AS_PATH: ASes in the order of travel, or in none. Those of confederations (RFC 5065) are errors to this package. */
export interface AsPathSegment {
  readonly type: 'AS_SET' | 'AS_SEQUENCE';
  /** 1 to 255 of them. */
  readonly asns: readonly number[];
}

/**
 * The ASes that the route came through (RFC 4271 §5.1.2), nearest first. Always with true AS numbers: towards and from a peer of two octets the codec
 * writes and merges AS_TRANS and AS4_PATH (RFC 6793), which therefore are no attributes here.
 */
export interface AsPathAttribute {
  readonly type: 'AS_PATH';
  readonly segments: readonly AsPathSegment[];
}

/** The next hop of the routes in the NLRI field (RFC 4271 §5.1.3), IPv4. Routes of MP_REACH_NLRI have their own. */
export interface NextHopAttribute {
  readonly type: 'NEXT_HOP';
  readonly address: Address;
}

/** MULTI_EXIT_DISC and LOCAL_PREF (RFC 4271 §5.1.4, §5.1.5): 0 to 2³² − 1. LOCAL_PREF never comes from an external peer. */
export interface MetricAttribute {
  readonly type: 'MULTI_EXIT_DISC' | 'LOCAL_PREF';
  readonly value: number;
}

/** Some more specific path information was left out (RFC 4271 §5.1.6). */
export interface AtomicAggregateAttribute {
  readonly type: 'ATOMIC_AGGREGATE';
}

/** What optional transitive attributes have besides their value. */
export interface Transitive {
  /** A speaker on the way did not know the attribute (RFC 4271 §4.3). Absent: every one did. */
  readonly partial?: true;
}

/** Who aggregated the route (RFC 4271 §5.1.7); the true AS number, as in AS_PATH. */
export interface AggregatorAttribute extends Transitive {
  readonly type: 'AGGREGATOR';
  readonly asn: number;
  readonly address: Address;
}

/** Communities (RFC 1997) as `65000:100`: the two halves of each in decimal, in the order of the wire. */
export interface CommunitiesAttribute extends Transitive {
  readonly type: 'COMMUNITIES';
  readonly communities: readonly string[];
}

/** Extended communities (RFC 4360) as 16 hexadecimal digits, such as `0002fde800000064`: their kinds have no text in common. */
export interface ExtendedCommunitiesAttribute extends Transitive {
  readonly type: 'EXTENDED_COMMUNITIES';
  readonly communities: readonly string[];
}

/** Large communities (RFC 8092) as `64512:1:2`, three numbers of 32 bits; none twice. */
export interface LargeCommunityAttribute extends Transitive {
  readonly type: 'LARGE_COMMUNITY';
  readonly communities: readonly string[];
}

/** Who brought the route into the AS (RFC 4456 §8): a BGP identifier. Never from an external peer. */
export interface OriginatorIdAttribute {
  readonly type: 'ORIGINATOR_ID';
  readonly id: Address;
}

/** The clusters of route reflectors that the route passed (RFC 4456 §8), the last first. Never from an external peer. */
export interface ClusterListAttribute {
  readonly type: 'CLUSTER_LIST';
  readonly ids: readonly Address[];
}

/** Where routes go: an address, and over a link to an IPv6 router also its link-local one (RFC 2545 §3). */
export interface NextHop {
  /** IPv4 for IPv4 routes, or IPv6 for either family (RFC 8950). Some routers put a link-local address here, alone. */
  readonly address: Address;
  readonly linkLocal?: Address;
}

/** Reachable routes of a family, and their next hop (RFC 4760 §3). IPv4 ones are here when their next hop is IPv6. */
export interface MpReachAttribute {
  readonly type: 'MP_REACH_NLRI';
  readonly family: Family;
  readonly nextHop: NextHop;
  readonly nlri: readonly Prefix[];
}

/** Routes of a family that are withdrawn (RFC 4760 §4); none of them, alone in its UPDATE: the End-of-RIB (RFC 4724 §2). */
export interface MpUnreachAttribute {
  readonly type: 'MP_UNREACH_NLRI';
  readonly family: Family;
  readonly withdrawn: readonly Prefix[];
}

/** An optional attribute that nobody here knows. */
export interface UnknownAttribute {
  readonly type: 'UNKNOWN';
  readonly code: number;
  /** Optional, transitive and partial: bits of {@link ATTRIBUTE_FLAG}. How its length is written is not kept. */
  readonly flags: number;
  readonly value: Uint8Array;
}

/** One path attribute of an UPDATE. */
export type PathAttribute =
  | OriginAttribute
  | AsPathAttribute
  | NextHopAttribute
  | MetricAttribute
  | AtomicAggregateAttribute
  | AggregatorAttribute
  | CommunitiesAttribute
  | ExtendedCommunitiesAttribute
  | LargeCommunityAttribute
  | OriginatorIdAttribute
  | ClusterListAttribute
  | MpReachAttribute
  | MpUnreachAttribute
  | UnknownAttribute;

/** The attribute of a type, or `undefined`: `attributeOf(update.attributes, 'ORIGIN')?.origin`. */
export function attributeOf<T extends PathAttribute['type']>(
  attributes: readonly PathAttribute[],
  type: T,
): Extract<PathAttribute, { readonly type: T }> | undefined {
  return attributes.find(
    (one): one is Extract<PathAttribute, { readonly type: T }> => one.type === type,
  );
}
