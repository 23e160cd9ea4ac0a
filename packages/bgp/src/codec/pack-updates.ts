import { prefixSize } from './address.ts';
import { attributesLength, type EncodeOptions } from './message-codec.ts';
import { HEADER_LENGTH, type UpdateMessage } from './messages.ts';
import type {
  MpReachAttribute,
  MpUnreachAttribute,
  NextHop,
  NextHopAttribute,
  PathAttribute,
  Prefix,
} from './path-attribute.ts';

/** An attribute of a route. Where the route goes, and that it does, is said beside them. */
export type RouteAttribute = Exclude<
  PathAttribute,
  NextHopAttribute | MpReachAttribute | MpUnreachAttribute
>;

/** What is said of a prefix to a peer. */
export interface Route {
  /**
   * An IPv6 prefix needs an IPv6 one; an IPv4 prefix may have either, IPv6 where the peer takes that (RFC 8950, `Negotiated.extendedNextHop`).
   */
  readonly nextHop: NextHop;
  /** In any order, each type once. */
  readonly attributes: readonly RouteAttribute[];
}

/** Prefixes that share everything. */
export interface RouteSet extends Route {
  /** Of both families, in any order. */
  readonly prefixes: Iterable<Prefix>;
}

/** The header, and the lengths of WITHDRAWN ROUTES and of the attributes. */
const UPDATE_OVERHEAD = HEADER_LENGTH + 4;
/** Flags, type and two octets of length. */
const ATTRIBUTE_OVERHEAD = 4;
/** AFI and SAFI. */
const MP_UNREACH_OVERHEAD = ATTRIBUTE_OVERHEAD + 3;
/** AFI, SAFI, the length of the next hop, and the reserved octet. */
const MP_REACH_OVERHEAD = ATTRIBUTE_OVERHEAD + 5;

/**
 * Packs changes into as few UPDATEs as they fit into: the withdrawn prefixes first, then each set with as many of its prefixes as there is room for. Each
 * message has reachable or unreachable routes of one family, never both (RFC 7606 §5.1).
 *
 * `oversized` are the prefixes whose attributes leave no room for them in a message. They must not be announced (RFC 4271 §9.2), and what the peer has of
 * them is to be withdrawn.
 *
 * @throws RangeError at what is no prefix or no value, as `encodeMessage`
 */
export function packUpdates(
  changes: { readonly withdrawn: Iterable<Prefix>; readonly announced: Iterable<RouteSet> },
  options: EncodeOptions,
): { readonly updates: UpdateMessage[]; readonly oversized: Prefix[] } {
  const updates = [...packWithdrawn(changes.withdrawn, options)];
  const oversized: Prefix[] = [];
  for (const { nextHop, attributes, prefixes } of changes.announced) {
    const room = roomFor({ nextHop, attributes }, options);
    const fitting: Prefix[] = [];
    for (const prefix of prefixes) {
      (prefixSize(prefix) > room(prefix) ? oversized : fitting).push(prefix);
    }
    updates.push(...packAnnounced({ nextHop, attributes, prefixes: fitting }, room));
  }
  return { updates, oversized };
}

/** How many bytes the NLRI of such a prefix may have in one message, all prefixes of its family together. */
export type Room = (prefix: Prefix) => number;

/** The room that the attributes of a route leave. It may be negative. */
export function roomFor({ nextHop, attributes }: Route, options: EncodeOptions): Room {
  const rest = options.sendLengthMax - UPDATE_OVERHEAD - attributesLength(attributes, options);
  const { address, linkLocal } = nextHop;
  const nextHopLength = (address.includes(':') ? 16 : 4) + (linkLocal === undefined ? 0 : 16);
  const inField = rest - (NEXT_HOP_LENGTH + 3);
  const inAttribute = rest - MP_REACH_OVERHEAD - nextHopLength;
  return (prefix) => (isInField(prefix, nextHop) ? inField : inAttribute);
}

const NEXT_HOP_LENGTH = 4;

/** IPv4 routes to IPv4 next hops are in the NLRI field, all others in MP_REACH_NLRI. */
function isInField(prefix: Prefix, { address }: NextHop): boolean {
  return !prefix.includes(':') && !address.includes(':');
}

/** The UPDATEs that withdraw prefixes, one at a time. */
export function* packWithdrawn(
  prefixes: Iterable<Prefix>,
  { sendLengthMax }: EncodeOptions,
): Generator<UpdateMessage, void, undefined> {
  const [ipv4, ipv6] = byFamily(prefixes);
  for (const withdrawn of chunks(ipv4, sendLengthMax - UPDATE_OVERHEAD)) {
    yield { type: 'UPDATE', withdrawn, attributes: [], nlri: [] };
  }
  const room = sendLengthMax - UPDATE_OVERHEAD - MP_UNREACH_OVERHEAD;
  for (const withdrawn of chunks(ipv6, room)) {
    const unreach = { type: 'MP_UNREACH_NLRI', family: 'ipv6-unicast', withdrawn } as const;
    yield { type: 'UPDATE', withdrawn: [], attributes: [unreach], nlri: [] };
  }
}

/** The UPDATEs that announce the prefixes of a set, one at a time. Each prefix alone must fit. */
export function* packAnnounced(
  { nextHop, attributes, prefixes }: RouteSet,
  room: Room,
): Generator<UpdateMessage, void, undefined> {
  for (const ofFamily of byFamily(prefixes)) {
    const [first] = ofFamily;
    if (first === undefined) continue;
    const family = first.includes(':') ? 'ipv6-unicast' : 'ipv4-unicast';
    for (const nlri of chunks(ofFamily, room(first))) {
      if (isInField(first, nextHop)) {
        const hop = { type: 'NEXT_HOP', address: nextHop.address } as const;
        yield { type: 'UPDATE', withdrawn: [], attributes: [...attributes, hop], nlri };
      } else {
        const reach = { type: 'MP_REACH_NLRI', family, nextHop, nlri } as const;
        yield { type: 'UPDATE', withdrawn: [], attributes: [reach, ...attributes], nlri: [] };
      }
    }
  }
}

function byFamily(prefixes: Iterable<Prefix>): [ipv4: Prefix[], ipv6: Prefix[]] {
  const [ipv4, ipv6]: [Prefix[], Prefix[]] = [[], []];
  for (const prefix of prefixes) (prefix.includes(':') ? ipv6 : ipv4).push(prefix);
  return [ipv4, ipv6];
}

/** Cuts a list where the next prefix would not fit. */
function* chunks(prefixes: readonly Prefix[], room: number): Generator<Prefix[], void, undefined> {
  let [from, size] = [0, 0];
  for (const [at, prefix] of prefixes.entries()) {
    const more = prefixSize(prefix);
    if (at > from && size + more > room) {
      yield prefixes.slice(from, at);
      [from, size] = [at, 0];
    }
    size += more;
  }
  if (from < prefixes.length) yield prefixes.slice(from);
}
