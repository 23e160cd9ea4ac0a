import { writeAsPath } from './as-path.ts';
import { twoOctetAs } from './asn.ts';
import type { As4Attribute } from './attribute-rules.ts';
import { writeCommunities } from './communities.ts';
import type { Negotiated } from './negotiated.ts';
import { writeMpNlri } from './nlri.ts';
import { ATTRIBUTE_FLAG, PATH_ATTRIBUTE, type PathAttribute } from './path-attribute.ts';
import type { Writer } from './writer.ts';

/** What encoding depends on. */
export type EncodeOptions = Pick<Negotiated, 'fourOctetAs' | 'sendLengthMax'>;

/** What is on the wire: where AS numbers have two octets, some attributes have a second one beside them. */
type WireAttribute = PathAttribute | As4Attribute;

const ORIGIN = { IGP: 0, EGP: 1, INCOMPLETE: 2 } as const;
const { OPTIONAL, TRANSITIVE, PARTIAL, EXTENDED_LENGTH } = ATTRIBUTE_FLAG;

/**
 * Writes attributes in the order that receivers want: MP_REACH_NLRI and MP_UNREACH_NLRI first (RFC 7606 §5.1), the others by type code (RFC 4271 §5).
 */
export function writeAttributes(
  writer: Writer,
  attributes: readonly PathAttribute[],
  { fourOctetAs }: Pick<EncodeOptions, 'fourOctetAs'>,
): void {
  const onWire = fourOctetAs ? attributes : attributes.flatMap(withAs4);
  for (const attribute of inOrder(onWire)) writeAttribute(writer, attribute, fourOctetAs);
}

function inOrder(attributes: readonly WireAttribute[]): readonly WireAttribute[] {
  for (let at = 1; at < attributes.length; at++) {
    if (placeOf(attributes[at - 1] as WireAttribute) > placeOf(attributes[at] as WireAttribute)) {
      return attributes.toSorted((one, other) => placeOf(one) - placeOf(other));
    }
  }
  return attributes;
}

function placeOf(attribute: WireAttribute): number {
  const code = codeOf(attribute);
  const isMp = code === PATH_ATTRIBUTE.MP_REACH_NLRI || code === PATH_ATTRIBUTE.MP_UNREACH_NLRI;
  return isMp ? code - 0x100 : code;
}

function codeOf(attribute: WireAttribute): number {
  return attribute.type === 'UNKNOWN' ? attribute.code : PATH_ATTRIBUTE[attribute.type];
}

/** Towards two octets, the true AS numbers go along where they do not fit (RFC 6793 §4.2.2). */
function withAs4(attribute: PathAttribute): WireAttribute[] {
  if (attribute.type === 'AS_PATH') {
    const { segments } = attribute;
    const fits = segments.every(({ asns }) => asns.every((asn) => asn === twoOctetAs(asn)));
    return fits ? [attribute] : [attribute, { type: 'AS4_PATH', segments }];
  }
  if (attribute.type === 'AGGREGATOR' && attribute.asn !== twoOctetAs(attribute.asn)) {
    const { asn, address } = attribute;
    return [attribute, { type: 'AS4_AGGREGATOR', asn, address }];
  }
  return [attribute];
}

/** Flags, code, length and value; a length of more than 255 needs two bytes, and a move. */
function writeAttribute(writer: Writer, attribute: WireAttribute, fourOctetAs: boolean): void {
  const start = writer.at;
  writer.uint8(flagsOf(attribute));
  writer.uint8(codeOf(attribute));
  writer.uint8(0);
  writeValue(writer, attribute, fourOctetAs);
  const length = writer.at - start - 3;
  if (length <= 0xff) {
    writer.closeUint8(start + 2);
    return;
  }
  writer.bytes.copyWithin(start + 4, start + 3, writer.at);
  writer.bytes[start] = flagsOf(attribute) | EXTENDED_LENGTH;
  writer.at++;
  writer.closeUint16(start + 2);
}

function flagsOf(attribute: WireAttribute): number {
  switch (attribute.type) {
    case 'UNKNOWN':
      return attribute.flags & ~EXTENDED_LENGTH;
    case 'AGGREGATOR':
    case 'COMMUNITIES':
    case 'EXTENDED_COMMUNITIES':
    case 'LARGE_COMMUNITY':
      return OPTIONAL | TRANSITIVE | (attribute.partial === true ? PARTIAL : 0);
    case 'AS4_PATH':
    case 'AS4_AGGREGATOR':
      return OPTIONAL | TRANSITIVE;
    case 'MULTI_EXIT_DISC':
    case 'ORIGINATOR_ID':
    case 'CLUSTER_LIST':
    case 'MP_REACH_NLRI':
    case 'MP_UNREACH_NLRI':
      return OPTIONAL;
    default:
      return TRANSITIVE;
  }
}

function writeValue(writer: Writer, attribute: WireAttribute, fourOctetAs: boolean): void {
  switch (attribute.type) {
    case 'ORIGIN':
      writer.uint8(ORIGIN[attribute.origin]);
      return;
    case 'AS_PATH':
      writeAsPath(writer, attribute.segments, fourOctetAs);
      return;
    case 'AS4_PATH':
      writeAsPath(writer, attribute.segments, true);
      return;
    case 'NEXT_HOP':
      writer.ipv4(attribute.address);
      return;
    case 'MULTI_EXIT_DISC':
    case 'LOCAL_PREF':
      writer.uint32(attribute.value);
      return;
    case 'AGGREGATOR':
    case 'AS4_AGGREGATOR':
      if (fourOctetAs || attribute.type === 'AS4_AGGREGATOR') writer.uint32(attribute.asn);
      else writer.uint16(twoOctetAs(attribute.asn));
      writer.ipv4(attribute.address);
      return;
    case 'COMMUNITIES':
    case 'EXTENDED_COMMUNITIES':
    case 'LARGE_COMMUNITY':
      writeCommunities(writer, attribute);
      return;
    case 'ORIGINATOR_ID':
      writer.ipv4(attribute.id);
      return;
    case 'CLUSTER_LIST':
      for (const id of attribute.ids) writer.ipv4(id);
      return;
    case 'MP_REACH_NLRI':
    case 'MP_UNREACH_NLRI':
      writeMpNlri(writer, attribute);
      return;
    case 'UNKNOWN':
      writer.raw(attribute.value);
      return;
    default:
  }
}
