import { ipv4At, ipv4PrefixAt, ipv6At, ipv6PrefixAt } from './address.ts';
import { uint16, uint8 } from './bytes.ts';
import { afiSafiOf, familyOf, type Family } from './family.ts';
import type { MpReachAttribute, MpUnreachAttribute, NextHop, Prefix } from './path-attribute.ts';
import type { Writer } from './writer.ts';

/** Where the next hop of an MP_REACH_NLRI begins: after AFI, SAFI and its length (RFC 4760 §3). */
const NEXT_HOP_AT = 4;
/** Where the routes of an MP_UNREACH_NLRI begin: after AFI and SAFI. */
const WITHDRAWN_AT = 3;

/** Routes of a family that is not to be exchanged. */
export interface OtherFamily {
  readonly type: 'OTHER_FAMILY';
}

interface Families {
  readonly families: readonly Family[];
}

/** The prefixes from `from` to `end`; `undefined` where one is longer than an address, or does not end in time (RFC 7606 §5.3). */
export function readPrefixes(
  bytes: Uint8Array,
  from: number,
  end: number,
  family: Family,
): Prefix[] | undefined {
  const [bitsMax, read] = family === 'ipv6-unicast' ? [128, ipv6PrefixAt] : [32, ipv4PrefixAt];
  const prefixes: Prefix[] = [];
  let at = from;
  while (at < end) {
    const bits = uint8(bytes, at);
    const next = at + 1 + ((bits + 7) >> 3);
    if (bits > bitsMax || next > end) return undefined;
    prefixes.push(read(bytes, at));
    at = next;
  }
  return prefixes;
}

/** Reads the value of an MP_REACH_NLRI of at least 5 bytes. */
export function readMpReach(
  bytes: Uint8Array,
  at: number,
  end: number,
  { families }: Families,
): MpReachAttribute | OtherFamily | undefined {
  const family = familyOf(uint16(bytes, at), uint8(bytes, at + 2));
  if (family === undefined || !families.includes(family)) return { type: 'OTHER_FAMILY' };
  const nextHopAt = at + NEXT_HOP_AT;
  const nextHopLength = uint8(bytes, nextHopAt - 1);
  // A reserved octet follows the next hop.
  const nlriAt = nextHopAt + nextHopLength + 1;
  if (nlriAt > end) return undefined;
  const nextHop = readNextHop(bytes, nextHopAt, nextHopLength, family);
  const nlri = readPrefixes(bytes, nlriAt, end, family);
  return nextHop && nlri && { type: 'MP_REACH_NLRI', family, nextHop, nlri };
}

/** RFC 4760 §3, RFC 2545 §3, RFC 8950 §3: by its length alone, whatever was negotiated. */
function readNextHop(
  bytes: Uint8Array,
  at: number,
  length: number,
  family: Family,
): NextHop | undefined {
  if (length === 4 && family === 'ipv4-unicast') return { address: ipv4At(bytes, at) };
  if (length === 16) return { address: ipv6At(bytes, at) };
  if (length === 32) return { address: ipv6At(bytes, at), linkLocal: ipv6At(bytes, at + 16) };
  return undefined;
}

/** Reads the value of an MP_UNREACH_NLRI of at least 3 bytes. */
export function readMpUnreach(
  bytes: Uint8Array,
  at: number,
  end: number,
  { families }: Families,
): MpUnreachAttribute | OtherFamily | undefined {
  const family = familyOf(uint16(bytes, at), uint8(bytes, at + 2));
  if (family === undefined || !families.includes(family)) return { type: 'OTHER_FAMILY' };
  const withdrawn = readPrefixes(bytes, at + WITHDRAWN_AT, end, family);
  return withdrawn && { type: 'MP_UNREACH_NLRI', family, withdrawn };
}

/** Writes the value of an MP_REACH_NLRI or MP_UNREACH_NLRI. `RangeError` where a prefix is of another family. */
export function writeMpNlri(
  writer: Writer,
  attribute: MpReachAttribute | MpUnreachAttribute,
): void {
  const { afi, safi } = afiSafiOf(attribute.family);
  writer.uint16(afi);
  writer.uint8(safi);
  if (attribute.type === 'MP_UNREACH_NLRI') {
    writePrefixes(writer, attribute.withdrawn, attribute.family);
    return;
  }
  const lengthAt = writer.at;
  writer.uint8(0);
  writer.address(attribute.nextHop.address);
  if (attribute.nextHop.linkLocal !== undefined) writer.address(attribute.nextHop.linkLocal);
  writer.closeUint8(lengthAt);
  writer.uint8(0);
  writePrefixes(writer, attribute.nlri, attribute.family);
}

/** Writes prefixes that must all be of one family. `RangeError` where one is not. */
export function writePrefixes(writer: Writer, prefixes: readonly Prefix[], family: Family): void {
  const ipv6 = family === 'ipv6-unicast';
  for (const prefix of prefixes) writer.prefix(prefix, ipv6);
}

/** Whether routes can go there: one address of a host, or any two (RFC 2545 §3; some routers leave the first of two empty). */
export function isNextHop({ address, linkLocal }: NextHop): boolean {
  if (linkLocal !== undefined) return true;
  return address.includes(':')
    ? address !== '::' && !address.startsWith('ff')
    : isIpv4Host(Number.parseInt(address, 10));
}

/** RFC 4271 §6.3 wants a valid host address: not of this network, not loopback, neither multicast nor reserved. Its first octet tells. */
export function isIpv4Host(first: number): boolean {
  return first !== 0 && first !== 127 && first < 224;
}
