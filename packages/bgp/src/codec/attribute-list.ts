import {
  AS4_ATTRIBUTES,
  ATTRIBUTE_RULES,
  INTERNAL_ATTRIBUTES,
  type As4Attribute,
  type AttributeRule,
  type DecodeOptions,
} from './attribute-rules.ts';
import { uint16, uint8 } from './bytes.ts';
import type { ErrorGrade, UpdateError, UpdateErrorReason } from './fault.ts';
import { isNextHop } from './nlri.ts';
import { NOTIFICATION, UPDATE_ERROR } from './notification-codes.ts';
import { notificationOf } from './notification.ts';
import { ATTRIBUTE_FLAG, PATH_ATTRIBUTE, type PathAttribute } from './path-attribute.ts';

const { OPTIONAL, TRANSITIVE, PARTIAL, EXTENDED_LENGTH } = ATTRIBUTE_FLAG;
const { ATTRIBUTE_FLAGS_ERROR, OPTIONAL_ATTRIBUTE_ERROR } = UPDATE_ERROR;

/** The attributes of an UPDATE as far as they can be used, and every error on the way. */
export interface AttributeList {
  readonly attributes: PathAttribute[];
  readonly as4: As4Attribute[];
  readonly errors: UpdateError[];
  /** The type codes that are there, good or not; and those that are there more than once. */
  readonly codes: number[];
  readonly repeated: number[];
}

/** Where one attribute lies. */
interface Place {
  readonly flags: number;
  readonly code: number;
  readonly from: number;
  readonly valueAt: number;
  readonly end: number;
}

/** Reads the attributes from `from` to `end`. It stops at the first error that resets the session: nothing behind it matters. */
export function readAttributes(
  bytes: Uint8Array,
  from: number,
  end: number,
  options: DecodeOptions,
): AttributeList {
  const list: AttributeList = { attributes: [], as4: [], errors: [], codes: [], repeated: [] };
  let at = from;
  while (at < end) {
    const place = placeAt(bytes, at, end);
    if (place === undefined) {
      // The routes in the NLRI field are found all the same, by the length of the list (RFC 7606 §4).
      list.errors.push(
        updateError('treat-as-withdraw', 'attribute-overrun', {
          subcode: UPDATE_ERROR.ATTRIBUTE_LENGTH_ERROR,
          data: bytes.subarray(at, end),
        }),
      );
      break;
    }
    const error = readAttribute(bytes, place, options, list);
    if (error !== undefined) list.errors.push(error);
    if (error?.grade === 'session-reset') break;
    at = place.end;
  }
  return list;
}

function placeAt(bytes: Uint8Array, from: number, end: number): Place | undefined {
  if (from + 3 > end) return undefined;
  const flags = uint8(bytes, from);
  const extended = (flags & EXTENDED_LENGTH) !== 0;
  if (extended && from + 4 > end) return undefined;
  const valueAt = from + (extended ? 4 : 3);
  const valueEnd = valueAt + (extended ? uint16(bytes, from + 2) : uint8(bytes, from + 2));
  if (valueEnd > end) return undefined;
  return { flags, code: uint8(bytes, from + 1), from, valueAt, end: valueEnd };
}

/** Adds one attribute to the list, or says what is wrong with it; some that are wrong are added nevertheless, for their routes. */
function readAttribute(
  bytes: Uint8Array,
  place: Place,
  options: DecodeOptions,
  list: AttributeList,
): UpdateError | undefined {
  const { code, flags } = place;
  if (list.codes.includes(code)) return repeated(place, list);
  list.codes.push(code);
  const rule = ATTRIBUTE_RULES[code];
  if (rule === undefined) return keepUnknown(bytes, place, list);
  const unwanted = unwantedReason(code, options);
  if (unwanted !== undefined) {
    return faultOf(bytes, place, 'attribute-discard', unwanted, OPTIONAL_ATTRIBUTE_ERROR);
  }
  const read = readValue(bytes, place, rule, options);
  const flagsDiffer = (flags & (OPTIONAL | TRANSITIVE)) !== rule.flags;
  if (typeof read === 'number') {
    // Wrong flags are graver than what is only discarded.
    if (rule.grade !== 'attribute-discard' || !flagsDiffer) {
      return faultOf(bytes, place, rule.grade, rule.reason, read);
    }
  } else if (read.type === 'OTHER_FAMILY') {
    const reason = 'family-not-negotiated';
    return faultOf(bytes, place, 'attribute-discard', reason, OPTIONAL_ATTRIBUTE_ERROR);
  } else if (read.type === 'AS4_PATH' || read.type === 'AS4_AGGREGATOR') {
    list.as4.push(read);
  } else {
    list.attributes.push(read);
    if (read.type === 'MP_REACH_NLRI' && !isNextHop(read.nextHop)) {
      return faultOf(bytes, place, 'treat-as-withdraw', 'next-hop', OPTIONAL_ATTRIBUTE_ERROR);
    }
  }
  if (!flagsDiffer) return undefined;
  return faultOf(bytes, place, 'treat-as-withdraw', 'attribute-flags', ATTRIBUTE_FLAGS_ERROR);
}

function keepUnknown(
  bytes: Uint8Array,
  place: Place,
  { attributes }: AttributeList,
): UpdateError | undefined {
  const { code, flags, valueAt, end } = place;
  if ((flags & OPTIONAL) === 0) {
    const subcode = UPDATE_ERROR.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE;
    return faultOf(bytes, place, 'session-reset', 'unrecognized-well-known', subcode);
  }
  const kept = flags & (OPTIONAL | TRANSITIVE | PARTIAL);
  attributes.push({ type: 'UNKNOWN', code, flags: kept, value: bytes.slice(valueAt, end) });
  return undefined;
}

function faultOf(
  bytes: Uint8Array,
  { code, from, end }: Place,
  grade: ErrorGrade,
  reason: UpdateErrorReason,
  subcode: number,
): UpdateError {
  return updateError(grade, reason, { subcode, code, data: bytes.subarray(from, end) });
}

/** The value, with its partial bit where it can have one; or the subcode of what is wrong with it. */
function readValue(
  bytes: Uint8Array,
  { flags, valueAt, end }: Place,
  rule: AttributeRule,
  options: DecodeOptions,
): NonNullable<ReturnType<AttributeRule['read']>> | number {
  if (!rule.fits(end - valueAt, options)) return UPDATE_ERROR.ATTRIBUTE_LENGTH_ERROR;
  const read = rule.read(bytes, valueAt, end, options);
  if (read === undefined) return rule.subcode;
  if ((flags & PARTIAL) === 0) return read;
  switch (read.type) {
    case 'AGGREGATOR':
    case 'COMMUNITIES':
    case 'EXTENDED_COMMUNITIES':
    case 'LARGE_COMMUNITY':
      return { ...read, partial: true };
    default:
      return read;
  }
}

/** Why a known attribute must not come from such a peer. */
function unwantedReason(code: number, options: DecodeOptions): UpdateErrorReason | undefined {
  if (options.external && INTERNAL_ATTRIBUTES.includes(code)) return 'internal-attribute';
  return options.fourOctetAs && AS4_ATTRIBUTES.includes(code) ? 'as4-attribute' : undefined;
}

/** RFC 7606 §3(g): the first one counts, but of routes there must be no doubt. However often it comes, that is one error: each is a line in the log. */
function repeated({ code }: Place, list: AttributeList): UpdateError | undefined {
  if (list.repeated.includes(code)) return undefined;
  list.repeated.push(code);
  const subcode = UPDATE_ERROR.MALFORMED_ATTRIBUTE_LIST;
  return code === PATH_ATTRIBUTE.MP_REACH_NLRI || code === PATH_ATTRIBUTE.MP_UNREACH_NLRI
    ? updateError('session-reset', 'mp-attribute-repeated', { subcode, code })
    : updateError('attribute-discard', 'attribute-repeated', { subcode, code });
}

/** An error, and the NOTIFICATION of RFC 4271 §6.3 that belongs to it. */
export function updateError(
  grade: ErrorGrade,
  reason: UpdateErrorReason,
  of: { readonly subcode: number; readonly code?: number; readonly data?: Uint8Array },
): UpdateError {
  return {
    grade,
    reason,
    ...(of.code !== undefined && { attribute: of.code }),
    notification: notificationOf(NOTIFICATION.UPDATE_MESSAGE_ERROR, of.subcode, of.data),
  };
}
