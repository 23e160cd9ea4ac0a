// Any value that a message can hold, in the form in which it is read back.
import fc from 'fast-check';
import {
  CAPABILITY,
  PATH_ATTRIBUTE,
  type AsPathSegment,
  type Capability,
  type Family,
  type OpenMessage,
  type PathAttribute,
  type UpdateMessage,
} from '../src/index.ts';
import { ipv4At, ipv4PrefixAt, ipv6At, ipv6PrefixAt, writePrefix } from '../src/codec/address.ts';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const uint16 = fc.nat({ max: 0xffff });
const uint32 = fc.nat({ max: 0xffff_ffff });
/** Small ones, and those that need four octets; never 0, nor AS_TRANS, which stands for others. */
const asn: fc.Arbitrary<number> = fc
  .oneof(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 0x1_0000, max: 0xffff_ffff }))
  .filter((one) => one !== 23_456);

const ipv4: fc.Arbitrary<string> = bytes(4).map((one) => ipv4At(one, 0));
export const ipv4Host: fc.Arbitrary<string> = ipv4.filter((text) => {
  const first = Number.parseInt(text, 10);
  return first > 0 && first < 224 && first !== 127;
});
export const ipv6: fc.Arbitrary<string> = fc
  .tuple(bytes(16), fc.constantFrom(0xff, 0x01))
  .map(([one, mask]) =>
    ipv6At(
      one.map((byte) => byte & mask),
      0,
    ),
  );
/** fe80::/64. */
const linkLocal = bytes(16).map((one) =>
  ipv6At(Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...one.subarray(8)), 0),
);
const ipv6Host = ipv6.filter((text) => text !== '::' && !text.startsWith('ff'));

/** A prefix of an address and a length, without bits behind it. */
function prefixOf(address: string, bits: number): string {
  const wire = new Uint8Array(17);
  writePrefix(wire, 0, `${address}/${bits}`);
  return address.includes(':') ? ipv6PrefixAt(wire, 0) : ipv4PrefixAt(wire, 0);
}
export const ipv4Prefix: fc.Arbitrary<string> = fc
  .tuple(ipv4, fc.nat({ max: 32 }))
  .map(([address, bits]) => prefixOf(address, bits));
export const ipv6Prefix: fc.Arbitrary<string> = fc
  .tuple(ipv6, fc.nat({ max: 128 }))
  .map(([address, bits]) => prefixOf(address, bits));
const prefixesOf = (family: Family): fc.Arbitrary<string[]> =>
  fc.array(family === 'ipv4-unicast' ? ipv4Prefix : ipv6Prefix, { maxLength: 20 });

const known: readonly number[] = Object.values(CAPABILITY);
const capability: fc.Arbitrary<Capability> = fc.oneof(
  fc.record({
    type: fc.constant('MULTIPROTOCOL' as const),
    afi: uint16,
    safi: fc.nat({ max: 255 }),
  }),
  fc.record({
    type: fc.constant('EXTENDED_NEXT_HOP' as const),
    tuples: fc.array(fc.record({ afi: uint16, safi: uint16, nextHopAfi: uint16 }), {
      maxLength: 40,
    }),
  }),
  fc.record({
    type: fc.constant('GRACEFUL_RESTART' as const),
    restarting: fc.boolean(),
    notification: fc.boolean(),
    restartTimeS: fc.nat({ max: 4095 }),
    families: fc.array(
      fc.record({ afi: uint16, safi: fc.nat({ max: 255 }), forwarding: fc.boolean() }),
      { maxLength: 60 },
    ),
  }),
  fc.record({ type: fc.constant('FOUR_OCTET_AS' as const), asn }),
  fc.record({
    type: fc.constantFrom(
      'ROUTE_REFRESH' as const,
      'ENHANCED_ROUTE_REFRESH' as const,
      'EXTENDED_MESSAGE' as const,
    ),
  }),
  fc.record({
    type: fc.constant('UNKNOWN' as const),
    code: fc.nat({ max: 255 }).filter((code) => !known.includes(code)),
    value: fc.uint8Array({ maxLength: 255 }),
  }),
);

export const open: fc.Arbitrary<OpenMessage> = fc.record({
  type: fc.constant('OPEN' as const),
  myAs: fc.integer({ min: 1, max: 0xffff }),
  holdTimeS: uint16.filter((seconds) => seconds === 0 || seconds >= 3),
  bgpIdentifier: ipv4.filter((text) => text !== '0.0.0.0'),
  capabilities: fc.array(capability, { maxLength: 14 }),
});

const segments: fc.Arbitrary<AsPathSegment[]> = fc.array(
  fc.record({
    type: fc.constantFrom('AS_SET' as const, 'AS_SEQUENCE' as const),
    asns: fc.array(asn, { minLength: 1, maxLength: 20 }),
  }),
  { maxLength: 4 },
);
const community = fc.tuple(uint16, uint16).map((halves) => halves.join(':'));
const large = fc.tuple(uint32, uint32, uint32).map((parts) => parts.join(':'));
const extended = bytes(8).map((one) => Buffer.from(one).toString('hex'));
const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(one, { minLength: 1, maxLength: 100 });
/** Optional and transitive, at times partial. */
const transitive = <T extends object>(one: fc.Arbitrary<T>): fc.Arbitrary<T & { partial?: true }> =>
  fc.oneof(
    one,
    one.map((value) => Object.assign(value, { partial: true as const })),
  );

const family = fc.constantFrom('ipv4-unicast' as const, 'ipv6-unicast' as const);
const nextHop = (of: Family): fc.Arbitrary<{ address: string; linkLocal?: string }> =>
  fc.oneof(
    (of === 'ipv4-unicast' ? fc.oneof(ipv4Host, ipv6Host) : ipv6Host).map((address) => ({
      address,
    })),
    fc.record({ address: ipv6, linkLocal }),
  );

const attributeCodes: readonly number[] = Object.values(PATH_ATTRIBUTE);
/** One of each type, in the order in which they are written. */
const attributes: readonly fc.Arbitrary<PathAttribute>[] = [
  family.chain((of) =>
    fc.record({
      type: fc.constant('MP_REACH_NLRI' as const),
      family: fc.constant(of),
      nextHop: nextHop(of),
      nlri: prefixesOf(of),
    }),
  ),
  family.chain((of) =>
    fc.record({
      type: fc.constant('MP_UNREACH_NLRI' as const),
      family: fc.constant(of),
      withdrawn: prefixesOf(of),
    }),
  ),
  fc.record({
    type: fc.constant('ORIGIN' as const),
    origin: fc.constantFrom('IGP' as const, 'EGP' as const, 'INCOMPLETE' as const),
  }),
  fc.record({ type: fc.constant('AS_PATH' as const), segments }),
  fc.record({ type: fc.constant('NEXT_HOP' as const), address: ipv4Host }),
  fc.record({ type: fc.constant('MULTI_EXIT_DISC' as const), value: uint32 }),
  fc.record({ type: fc.constant('LOCAL_PREF' as const), value: uint32 }),
  fc.record({ type: fc.constant('ATOMIC_AGGREGATE' as const) }),
  transitive(fc.record({ type: fc.constant('AGGREGATOR' as const), asn, address: ipv4 })),
  transitive(
    fc.record({ type: fc.constant('COMMUNITIES' as const), communities: some(community) }),
  ),
  fc.record({ type: fc.constant('ORIGINATOR_ID' as const), id: ipv4 }),
  fc.record({ type: fc.constant('CLUSTER_LIST' as const), ids: some(ipv4) }),
  transitive(
    fc.record({ type: fc.constant('EXTENDED_COMMUNITIES' as const), communities: some(extended) }),
  ),
  transitive(
    fc.record({
      type: fc.constant('LARGE_COMMUNITY' as const),
      communities: fc.uniqueArray(large, { minLength: 1, maxLength: 50 }),
    }),
  ),
  fc.record({
    type: fc.constant('UNKNOWN' as const),
    code: fc.integer({ min: 33, max: 255 }).filter((code) => !attributeCodes.includes(code)),
    flags: fc.constantFrom(0x80, 0xc0, 0xe0),
    value: fc.uint8Array({ maxLength: 300 }),
  }),
];

/** What the routes need is always there. */
const MANDATORY = new Set([2, 3, 4]);

export const update: fc.Arbitrary<UpdateMessage> = fc
  .tuple(
    fc.tuple(...attributes),
    fc.array(fc.boolean(), { minLength: attributes.length, maxLength: attributes.length }),
    prefixesOf('ipv4-unicast'),
    prefixesOf('ipv4-unicast'),
  )
  .map(([all, chosen, withdrawn, nlri]) => ({
    type: 'UPDATE',
    withdrawn,
    attributes: all.filter((_, at) => chosen[at] === true || MANDATORY.has(at)),
    nlri,
  }));
