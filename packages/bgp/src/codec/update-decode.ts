import { mergeAs4Path } from './as-path.ts';
import { readAttributes, updateError, type AttributeList } from './attribute-list.ts';
import type { As4Attribute, DecodeOptions } from './attribute-rules.ts';
import { uint16 } from './bytes.ts';
import type { DecodedMessage, UpdateError, UpdateErrorReason } from './fault.ts';
import { FAMILIES, type Family } from './family.ts';
import { AS_TRANS, HEADER_LENGTH, type UpdateMessage } from './messages.ts';
import { readPrefixes } from './nlri.ts';
import { UPDATE_ERROR } from './notification-codes.ts';
import {
  PATH_ATTRIBUTE,
  attributeOf,
  type MpUnreachAttribute,
  type PathAttribute,
} from './path-attribute.ts';

/** An UPDATE that says nothing: the End-of-RIB of IPv4 unicast (RFC 4724 §2). */
const EMPTY_LENGTH = HEADER_LENGTH + 4;

/** Reads an UPDATE whose header and length are right, and acts upon its errors as RFC 7606 has it. */
export function decodeUpdate(bytes: Uint8Array, options: DecodeOptions): DecodedMessage {
  const withdrawnAt = HEADER_LENGTH + 2;
  const attributesAt = withdrawnAt + uint16(bytes, HEADER_LENGTH) + 2;
  if (attributesAt > bytes.length) return reset('update-lengths');
  const nlriAt = attributesAt + uint16(bytes, attributesAt - 2);
  if (nlriAt > bytes.length) return reset('update-lengths');
  const withdrawn = readPrefixes(bytes, withdrawnAt, attributesAt - 2, 'ipv4-unicast');
  if (withdrawn === undefined) return reset('withdrawn-routes');
  const nlri = readPrefixes(bytes, nlriAt, bytes.length, 'ipv4-unicast');
  if (nlri === undefined) return reset('nlri');
  const list = readAttributes(bytes, attributesAt, nlriAt, options);
  addMissing(list, nlri.length > 0);
  const fatal = fatalIn(list, nlri.length > 0);
  if (fatal !== undefined) return { ok: false, fault: fatal };
  mergeAs4(list);
  const update: UpdateMessage = { type: 'UPDATE', withdrawn, attributes: list.attributes, nlri };
  const { errors } = list;
  const message = negotiatedOnly(
    errors.some(({ grade }) => grade === 'treat-as-withdraw') ? asWithdrawn(update) : update,
    options,
    errors,
  );
  const endOfRib =
    bytes.length === EMPTY_LENGTH ? 'ipv4-unicast' : endOfRibIn(message, list.codes, errors);
  return endOfRib === undefined
    ? { ok: true, message, errors }
    : { ok: true, message, errors, endOfRib };
}

const MANDATORY: readonly number[] = [PATH_ATTRIBUTE.ORIGIN, PATH_ATTRIBUTE.AS_PATH];
const MANDATORY_WITH_NLRI: readonly number[] = [...MANDATORY, PATH_ATTRIBUTE.NEXT_HOP];

/** RFC 7606 §3(d): what the routes need is there, good or not. */
function addMissing({ codes, errors, attributes }: AttributeList, hasNlri: boolean): void {
  const reach = attributeOf(attributes, 'MP_REACH_NLRI');
  if (!hasNlri && (reach?.nlri.length ?? 0) === 0) return;
  for (const code of hasNlri ? MANDATORY_WITH_NLRI : MANDATORY) {
    if (codes.includes(code)) continue;
    errors.push(
      updateError('treat-as-withdraw', 'missing-attribute', {
        subcode: UPDATE_ERROR.MISSING_WELL_KNOWN_ATTRIBUTE,
        code,
        data: Uint8Array.of(code),
      }),
    );
  }
}

/**
 * The error that resets the session. RFC 7606 §5.2: where attributes are malformed and there is no route to withdraw, routes may be hidden in what could not be
 * read.
 */
function fatalIn(list: AttributeList, hasNlri: boolean): UpdateError | undefined {
  const { codes, errors, attributes } = list;
  if (errors.length === 0) return undefined;
  const fatal = errors.find(({ grade }) => grade === 'session-reset');
  const { MP_REACH_NLRI, MP_UNREACH_NLRI } = PATH_ATTRIBUTE;
  // Routes of a family that was not negotiated are not in the list; they are routes all the same.
  const hasReach =
    codes.includes(MP_REACH_NLRI) && attributeOf(attributes, 'MP_REACH_NLRI')?.nlri.length !== 0;
  if (fatal !== undefined || hasNlri || hasReach) return fatal;
  return errors.find(
    ({ grade, attribute }) => grade === 'treat-as-withdraw' && attribute !== MP_UNREACH_NLRI,
  );
}

/** Moves the true path and aggregator into their attributes (RFC 6793 §4.2.3). */
function mergeAs4({ attributes, as4 }: AttributeList): void {
  if (as4.length === 0) return;
  const aggregatorAt = attributes.findIndex(({ type }) => type === 'AGGREGATOR');
  const aggregator = attributes[aggregatorAt];
  const trueAggregator = as4Of(as4, 'AS4_AGGREGATOR');
  if (aggregator?.type === 'AGGREGATOR' && trueAggregator !== undefined) {
    // An aggregator of two octets came later, and left both behind without knowing them.
    if (aggregator.asn !== AS_TRANS) return;
    const { asn, address } = trueAggregator;
    attributes[aggregatorAt] = { ...aggregator, asn, address };
  }
  const pathAt = attributes.findIndex(({ type }) => type === 'AS_PATH');
  const path = attributes[pathAt];
  const truePath = as4Of(as4, 'AS4_PATH');
  if (path?.type !== 'AS_PATH' || truePath === undefined) return;
  attributes[pathAt] = {
    type: 'AS_PATH',
    segments: mergeAs4Path(path.segments, truePath.segments),
  };
}

function as4Of<T extends As4Attribute['type']>(
  as4: readonly As4Attribute[],
  type: T,
): Extract<As4Attribute, { readonly type: T }> | undefined {
  return as4.find((one): one is Extract<As4Attribute, { readonly type: T }> => one.type === type);
}

/** Treat-as-withdraw: every route that the message names is gone, and nothing else of it is left. */
function asWithdrawn({ withdrawn, attributes, nlri }: UpdateMessage): UpdateMessage {
  const reach = attributeOf(attributes, 'MP_REACH_NLRI');
  const unreach = attributeOf(attributes, 'MP_UNREACH_NLRI');
  const gone = FAMILIES.flatMap((family): MpUnreachAttribute[] => {
    const routes = [
      ...(unreach?.family === family ? unreach.withdrawn : []),
      ...(reach?.family === family ? reach.nlri : []),
    ];
    return routes.length > 0 ? [{ type: 'MP_UNREACH_NLRI', family, withdrawn: routes }] : [];
  });
  return { type: 'UPDATE', withdrawn: [...withdrawn, ...nlri], attributes: gone, nlri: [] };
}

/** Without the IPv4 routes of a session that has none. */
function negotiatedOnly(
  message: UpdateMessage,
  { families }: DecodeOptions,
  errors: UpdateError[],
): UpdateMessage {
  const isEmpty = message.withdrawn.length === 0 && message.nlri.length === 0;
  if (isEmpty || families.includes('ipv4-unicast')) return message;
  const subcode = UPDATE_ERROR.OPTIONAL_ATTRIBUTE_ERROR;
  errors.push(updateError('attribute-discard', 'family-not-negotiated', { subcode }));
  return { ...message, withdrawn: [], nlri: [] };
}

/** The family of an MP_UNREACH_NLRI without routes that was alone. */
function endOfRibIn(
  { withdrawn, nlri, attributes }: UpdateMessage,
  codes: readonly number[],
  errors: readonly UpdateError[],
): Family | undefined {
  const [only]: readonly (PathAttribute | undefined)[] = attributes;
  const isAlone = codes.length === 1 && withdrawn.length === 0 && nlri.length === 0;
  if (!isAlone || errors.length > 0 || only?.type !== 'MP_UNREACH_NLRI') return undefined;
  return only.withdrawn.length === 0 ? only.family : undefined;
}

function reset(reason: UpdateErrorReason): DecodedMessage {
  const subcode =
    reason === 'update-lengths'
      ? UPDATE_ERROR.MALFORMED_ATTRIBUTE_LIST
      : UPDATE_ERROR.INVALID_NETWORK_FIELD;
  return { ok: false, fault: updateError('session-reset', reason, { subcode }) };
}
