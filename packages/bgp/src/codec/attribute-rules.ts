import { ipv4At } from './address.ts';
import { readAsPath } from './as-path.ts';
import { uint16, uint32, uint8 } from './bytes.ts';
import { readCommunities, readExtendedCommunities, readLargeCommunities } from './communities.ts';
import type { ErrorGrade, UpdateErrorReason } from './fault.ts';
import { isIpv4Host, readMpReach, readMpUnreach, type OtherFamily } from './nlri.ts';
import type { Negotiated } from './negotiated.ts';
import { UPDATE_ERROR } from './notification-codes.ts';
import {
  ATTRIBUTE_FLAG,
  PATH_ATTRIBUTE,
  type AsPathSegment,
  type PathAttribute,
} from './path-attribute.ts';

/** What decoding depends on. */
export type DecodeOptions = Pick<
  Negotiated,
  'external' | 'families' | 'fourOctetAs' | 'receiveLengthMax'
>;

/** Attributes that are merged into others (RFC 6793), and never leave the decoder. */
export type As4Attribute =
  | { readonly type: 'AS4_PATH'; readonly segments: readonly AsPathSegment[] }
  | { readonly type: 'AS4_AGGREGATOR'; readonly asn: number; readonly address: string };

/** A known attribute, or a family's that was not negotiated. */
type ReadAttribute = PathAttribute | As4Attribute | OtherFamily;

/** How one attribute is read, and how grave it is that it cannot be (RFC 7606 §7). */
export interface AttributeRule {
  /** The optional and transitive bits it must have. */
  readonly flags: number;
  /** Whether it may have so many bytes. */
  readonly fits: (length: number, options: DecodeOptions) => boolean;
  /** Its value; `undefined`: malformed. The length has been looked at. */
  readonly read: (
    bytes: Uint8Array,
    at: number,
    end: number,
    options: DecodeOptions,
  ) => ReadAttribute | undefined;
  readonly reason: UpdateErrorReason;
  readonly grade: ErrorGrade;
  /** The subcode of a malformed value that has an allowed length. */
  readonly subcode: number;
}

const WELL_KNOWN = ATTRIBUTE_FLAG.TRANSITIVE;
const OPTIONAL = ATTRIBUTE_FLAG.OPTIONAL;
const OPTIONAL_TRANSITIVE = ATTRIBUTE_FLAG.OPTIONAL | ATTRIBUTE_FLAG.TRANSITIVE;

const exactly = (size: number) => (length: number) => length === size;
const someOf = (size: number) => (length: number) => length > 0 && length % size === 0;
const atLeast = (size: number) => (length: number) => length >= size;

const ORIGINS = ['IGP', 'EGP', 'INCOMPLETE'] as const;

const withdraw = 'treat-as-withdraw';
const discard = 'attribute-discard';
const reset = 'session-reset';
const { OPTIONAL_ATTRIBUTE_ERROR } = UPDATE_ERROR;

const optional = { flags: OPTIONAL, subcode: OPTIONAL_ATTRIBUTE_ERROR } as const;
const transitive = { flags: OPTIONAL_TRANSITIVE, subcode: OPTIONAL_ATTRIBUTE_ERROR } as const;
const wellKnown = { flags: WELL_KNOWN, subcode: UPDATE_ERROR.ATTRIBUTE_LENGTH_ERROR } as const;

/** The rules of all known attributes, by type code. */
export const ATTRIBUTE_RULES: Readonly<Record<number, AttributeRule>> = {
  [PATH_ATTRIBUTE.ORIGIN]: {
    ...wellKnown,
    fits: exactly(1),
    read(bytes, at) {
      const origin = ORIGINS[uint8(bytes, at)];
      return origin && { type: 'ORIGIN', origin };
    },
    reason: 'origin',
    grade: withdraw,
    subcode: UPDATE_ERROR.INVALID_ORIGIN_ATTRIBUTE,
  },
  [PATH_ATTRIBUTE.AS_PATH]: {
    ...wellKnown,
    fits: atLeast(0),
    read(bytes, at, end, options) {
      const segments = readAsPath(bytes, at, end, options);
      return segments && { type: 'AS_PATH', segments };
    },
    reason: 'as-path',
    grade: withdraw,
    subcode: UPDATE_ERROR.MALFORMED_AS_PATH,
  },
  [PATH_ATTRIBUTE.NEXT_HOP]: {
    ...wellKnown,
    fits: exactly(4),
    read: (bytes, at) =>
      isIpv4Host(uint8(bytes, at)) ? { type: 'NEXT_HOP', address: ipv4At(bytes, at) } : undefined,
    reason: 'next-hop',
    grade: withdraw,
    subcode: UPDATE_ERROR.INVALID_NEXT_HOP_ATTRIBUTE,
  },
  [PATH_ATTRIBUTE.MULTI_EXIT_DISC]: {
    ...optional,
    fits: exactly(4),
    read: (bytes, at) => ({ type: 'MULTI_EXIT_DISC', value: uint32(bytes, at) }),
    reason: 'multi-exit-disc',
    grade: withdraw,
  },
  [PATH_ATTRIBUTE.LOCAL_PREF]: {
    ...wellKnown,
    fits: exactly(4),
    read: (bytes, at) => ({ type: 'LOCAL_PREF', value: uint32(bytes, at) }),
    reason: 'local-pref',
    grade: withdraw,
  },
  [PATH_ATTRIBUTE.ATOMIC_AGGREGATE]: {
    ...wellKnown,
    fits: exactly(0),
    read: () => ({ type: 'ATOMIC_AGGREGATE' }),
    reason: 'atomic-aggregate',
    grade: discard,
  },
  [PATH_ATTRIBUTE.AGGREGATOR]: {
    ...transitive,
    fits: (length, { fourOctetAs }) => length === (fourOctetAs ? 8 : 6),
    read(bytes, at, end, { fourOctetAs }) {
      const asn = fourOctetAs ? uint32(bytes, at) : uint16(bytes, at);
      return asn === 0 ? undefined : { type: 'AGGREGATOR', asn, address: ipv4At(bytes, end - 4) };
    },
    reason: 'aggregator',
    grade: discard,
  },
  [PATH_ATTRIBUTE.COMMUNITIES]: {
    ...transitive,
    fits: someOf(4),
    read: readCommunities,
    reason: 'communities',
    grade: withdraw,
  },
  [PATH_ATTRIBUTE.ORIGINATOR_ID]: {
    ...optional,
    fits: exactly(4),
    read: (bytes, at) => ({ type: 'ORIGINATOR_ID', id: ipv4At(bytes, at) }),
    reason: 'originator-id',
    grade: withdraw,
  },
  [PATH_ATTRIBUTE.CLUSTER_LIST]: {
    ...optional,
    fits: someOf(4),
    read(bytes, at, end) {
      const count = (end - at) / 4;
      const ids = Array.from({ length: count }, (_, index) => ipv4At(bytes, at + index * 4));
      return { type: 'CLUSTER_LIST', ids };
    },
    reason: 'cluster-list',
    grade: withdraw,
  },
  [PATH_ATTRIBUTE.MP_REACH_NLRI]: {
    ...optional,
    fits: atLeast(5),
    read: readMpReach,
    reason: 'mp-reach-nlri',
    grade: reset,
  },
  [PATH_ATTRIBUTE.MP_UNREACH_NLRI]: {
    ...optional,
    fits: atLeast(3),
    read: readMpUnreach,
    reason: 'mp-unreach-nlri',
    grade: reset,
  },
  [PATH_ATTRIBUTE.EXTENDED_COMMUNITIES]: {
    ...transitive,
    fits: someOf(8),
    read: readExtendedCommunities,
    reason: 'extended-communities',
    grade: withdraw,
  },
  [PATH_ATTRIBUTE.AS4_PATH]: {
    ...transitive,
    fits: atLeast(0),
    read(bytes, at, end) {
      const options = { fourOctetAs: true, skipConfederations: true } as const;
      const segments = readAsPath(bytes, at, end, options);
      return segments && { type: 'AS4_PATH', segments };
    },
    reason: 'as4-path',
    grade: discard,
  },
  [PATH_ATTRIBUTE.AS4_AGGREGATOR]: {
    ...transitive,
    fits: exactly(8),
    read(bytes, at) {
      const asn = uint32(bytes, at);
      return asn === 0
        ? undefined
        : { type: 'AS4_AGGREGATOR', asn, address: ipv4At(bytes, at + 4) };
    },
    reason: 'as4-aggregator',
    grade: discard,
  },
  [PATH_ATTRIBUTE.LARGE_COMMUNITY]: {
    ...transitive,
    fits: someOf(12),
    read: readLargeCommunities,
    reason: 'large-community',
    grade: withdraw,
  },
};

/** Attributes that an external peer has no business to send (RFC 7606 §7.5, §7.9, §7.10). */
export const INTERNAL_ATTRIBUTES: readonly number[] = [
  PATH_ATTRIBUTE.LOCAL_PREF,
  PATH_ATTRIBUTE.ORIGINATOR_ID,
  PATH_ATTRIBUTE.CLUSTER_LIST,
];

/** Attributes that only a peer of two octets has reason to send (RFC 6793 §4.1). */
export const AS4_ATTRIBUTES: readonly number[] = [
  PATH_ATTRIBUTE.AS4_PATH,
  PATH_ATTRIBUTE.AS4_AGGREGATOR,
];
