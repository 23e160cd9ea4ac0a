import { twoOctetAs } from './asn.ts';
import { uint16, uint32, uint8 } from './bytes.ts';
import type { AsPathSegment } from './path-attribute.ts';
import type { Writer } from './writer.ts';

const SEGMENT_TYPE = { AS_SET: 1, AS_SEQUENCE: 2 } as const;
/** The count of a segment is one octet. */
const SEGMENT_ASNS_MAX = 255;
/** AS_CONFED_SEQUENCE and AS_CONFED_SET: errors in AS_PATH, left out of AS4_PATH (RFC 6793 §3). */
const isConfederation = (number: number): boolean => number === 3 || number === 4;

/** The segments of an AS_PATH, or `undefined` where it is malformed: RFC 7606 §7.2, AS 0 (RFC 7607), confederations (RFC 5065 §5). */
export function readAsPath(
  bytes: Uint8Array,
  from: number,
  end: number,
  options: { readonly fourOctetAs: boolean; readonly skipConfederations?: true },
): AsPathSegment[] | undefined {
  const size = options.fourOctetAs ? 4 : 2;
  const segments: AsPathSegment[] = [];
  let at = from;
  while (at < end) {
    if (at + 2 > end) return undefined;
    const number = uint8(bytes, at);
    const count = uint8(bytes, at + 1);
    at += 2;
    if (count === 0 || at + count * size > end) return undefined;
    const type = segmentTypeOf(number);
    if (type === undefined) {
      if (!options.skipConfederations || !isConfederation(number)) return undefined;
      at += count * size;
      continue;
    }
    const asns: number[] = [];
    for (const next = at + count * size; at < next; at += size) {
      const asn = size === 4 ? uint32(bytes, at) : uint16(bytes, at);
      if (asn === 0) return undefined;
      asns.push(asn);
    }
    segments.push({ type, asns });
  }
  return segments;
}

function segmentTypeOf(number: number): AsPathSegment['type'] | undefined {
  if (number === SEGMENT_TYPE.AS_SEQUENCE) return 'AS_SEQUENCE';
  return number === SEGMENT_TYPE.AS_SET ? 'AS_SET' : undefined;
}

/** Writes the segments, with AS_TRANS for what two octets do not hold. */
export function writeAsPath(
  writer: Writer,
  segments: readonly AsPathSegment[],
  fourOctetAs: boolean,
): void {
  for (const { type, asns } of segments) {
    if (asns.length === 0) throw new RangeError('a segment of an AS_PATH cannot be empty');
    writer.uint8(SEGMENT_TYPE[type]);
    writer.uint8(asns.length);
    for (const asn of asns) {
      if (fourOctetAs) writer.uint32(asn);
      else writer.uint16(twoOctetAs(asn));
    }
  }
}

/** The true path, of the AS_PATH and the AS4_PATH of a peer with two octets (RFC 6793 §4.2.3). */
export function mergeAs4Path(
  path: readonly AsPathSegment[],
  as4Path: readonly AsPathSegment[],
): readonly AsPathSegment[] {
  let missing = lengthOf(path) - lengthOf(as4Path);
  // Somebody who does not know AS4_PATH aggregated the route and dropped ASes.
  if (missing < 0) return path;
  const segments: AsPathSegment[] = [];
  for (const segment of path) {
    if (missing <= 0) break;
    const { type } = segment;
    const asns = type === 'AS_SET' ? segment.asns : segment.asns.slice(0, missing);
    missing -= type === 'AS_SET' ? 1 : asns.length;
    segments.push({ type, asns });
  }
  const last = segments.at(-1);
  const [first, ...rest] = as4Path;
  // A sequence that was cut is one again.
  const cut = last?.type === 'AS_SEQUENCE' && first?.type === 'AS_SEQUENCE';
  if (!cut || last.asns.length + first.asns.length > SEGMENT_ASNS_MAX) {
    return [...segments, ...as4Path];
  }
  const joined: AsPathSegment = { type: 'AS_SEQUENCE', asns: [...last.asns, ...first.asns] };
  return [...segments.slice(0, -1), joined, ...rest];
}

/** The length that is compared: a set counts as one AS (RFC 4271 §9.1.2.2). */
function lengthOf(path: readonly AsPathSegment[]): number {
  return path.reduce((sum, { type, asns }) => sum + (type === 'AS_SET' ? 1 : asns.length), 0);
}
