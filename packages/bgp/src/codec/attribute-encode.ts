import { writeAsPath } from './as-path.ts';
import { twoOctetAs } from './asn.ts';
import { writeCommunities } from './communities.ts';
import { writeMpNlri } from './nlri.ts';
import type { Negotiated } from './negotiated.ts';
import {
  ATTRIBUTE_FLAG,
  PATH_ATTRIBUTE,
  type AggregatorAttribute,
  type AsPathAttribute,
  type PathAttribute,
} from './path-attribute.ts';
import type { Writer } from './writer.ts';

/** What encoding depends on. */
export type EncodeOptions = Pick<Negotiated, 'fourOctetAs' | 'sendLengthMax'>;

const ORIGIN = { IGP: 0, EGP: 1, INCOMPLETE: 2 } as const;
const { OPTIONAL, TRANSITIVE, PARTIAL, EXTENDED_LENGTH } = ATTRIBUTE_FLAG;
const WELL_KNOWN = TRANSITIVE;
const OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;

/**
 * Writes attributes in the order that receivers want: MP_REACH_NLRI and MP_UNREACH_NLRI first (RFC 7606 §5.1), the others by type code (RFC 4271 §5).
 */
export function writeAttributes(
  writer: Writer,
  attributes: readonly PathAttribute[],
  { fourOctetAs }: Pick<EncodeOptions, 'fourOctetAs'>,
): void {
  const parts = attributes.flatMap((attribute) => partsOf(attribute, fourOctetAs));
  for (const { code, flags, write } of parts.sort((a, b) => a.place - b.place)) {
    writeAttribute(writer, code, flags, write);
  }
}

interface Part {
  readonly code: number;
  readonly place: number;
  readonly flags: number;
  readonly write: (writer: Writer) => void;
}

function part(code: number, flags: number, write: Part['write']): Part {
  const isMp = code === PATH_ATTRIBUTE.MP_REACH_NLRI || code === PATH_ATTRIBUTE.MP_UNREACH_NLRI;
  return { code, place: isMp ? code - 256 : code, flags, write };
}

/** Flags, code, length and value; a length of more than 255 needs two bytes, and a move. */
function writeAttribute(
  writer: Writer,
  code: number,
  flags: number,
  write: (writer: Writer) => void,
): void {
  const start = writer.at;
  writer.uint8(flags);
  writer.uint8(code);
  writer.uint8(0);
  write(writer);
  const length = writer.at - start - 3;
  if (length <= 0xff) {
    writer.closeUint8(start + 2);
    return;
  }
  writer.bytes.copyWithin(start + 4, start + 3, writer.at);
  writer.bytes[start] = flags | EXTENDED_LENGTH;
  writer.at++;
  writer.closeUint16(start + 2);
}

/** One attribute, or two where the peer has AS numbers of two octets. */
function partsOf(attribute: PathAttribute, fourOctetAs: boolean): Part | Part[] {
  switch (attribute.type) {
    case 'AS_PATH':
      return asPathParts(attribute, fourOctetAs);
    case 'AGGREGATOR':
      return aggregatorParts(attribute, fourOctetAs);
    case 'UNKNOWN':
      return part(attribute.code, attribute.flags & ~EXTENDED_LENGTH, (writer) =>
        writer.raw(attribute.value),
      );
    default:
      return part(PATH_ATTRIBUTE[attribute.type], flagsOf(attribute), (writer) =>
        writeValue(writer, attribute),
      );
  }
}

type PlainAttribute = Exclude<
  PathAttribute,
  { readonly type: 'AS_PATH' | 'AGGREGATOR' | 'UNKNOWN' }
>;

function flagsOf(attribute: PlainAttribute): number {
  switch (attribute.type) {
    case 'COMMUNITIES':
    case 'EXTENDED_COMMUNITIES':
    case 'LARGE_COMMUNITY':
      return OPTIONAL_TRANSITIVE | (attribute.partial === true ? PARTIAL : 0);
    case 'MULTI_EXIT_DISC':
    case 'ORIGINATOR_ID':
    case 'CLUSTER_LIST':
    case 'MP_REACH_NLRI':
    case 'MP_UNREACH_NLRI':
      return OPTIONAL;
    default:
      return WELL_KNOWN;
  }
}

function writeValue(writer: Writer, attribute: PlainAttribute): void {
  switch (attribute.type) {
    case 'ORIGIN':
      writer.uint8(ORIGIN[attribute.origin]);
      return;
    case 'NEXT_HOP':
      writer.ipv4(attribute.address);
      return;
    case 'MULTI_EXIT_DISC':
    case 'LOCAL_PREF':
      writer.uint32(attribute.value);
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
    default:
  }
}

/** Towards two octets, the true path goes along as AS4_PATH where AS_PATH cannot hold it (RFC 6793 §4.2.2). */
function asPathParts({ segments }: AsPathAttribute, fourOctetAs: boolean): Part[] {
  const path = part(PATH_ATTRIBUTE.AS_PATH, WELL_KNOWN, (writer) =>
    writeAsPath(writer, segments, fourOctetAs),
  );
  const fits = segments.every(({ asns }) => asns.every((asn) => asn === twoOctetAs(asn)));
  if (fourOctetAs || fits) return [path];
  const as4Path = part(PATH_ATTRIBUTE.AS4_PATH, OPTIONAL_TRANSITIVE, (writer) =>
    writeAsPath(writer, segments, true),
  );
  return [path, as4Path];
}

function aggregatorParts(attribute: AggregatorAttribute, fourOctetAs: boolean): Part[] {
  const { asn, address } = attribute;
  const flags = OPTIONAL_TRANSITIVE | (attribute.partial === true ? PARTIAL : 0);
  const aggregator = part(PATH_ATTRIBUTE.AGGREGATOR, flags, (writer) => {
    if (fourOctetAs) writer.uint32(asn);
    else writer.uint16(twoOctetAs(asn));
    writer.ipv4(address);
  });
  if (fourOctetAs || asn === twoOctetAs(asn)) return [aggregator];
  const as4Aggregator = part(PATH_ATTRIBUTE.AS4_AGGREGATOR, OPTIONAL_TRANSITIVE, (writer) => {
    writer.uint32(asn);
    writer.ipv4(address);
  });
  return [aggregator, as4Aggregator];
}
