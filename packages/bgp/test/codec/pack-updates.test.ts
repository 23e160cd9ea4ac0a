import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  UNNEGOTIATED,
  decodeMessage,
  encodeMessage,
  packUpdates,
  routesOf,
  type EncodeOptions,
  type Prefix,
  type RouteAttribute,
  type RouteSet,
  type UpdateMessage,
} from '../../src/index.ts';
import { ipv4Host, ipv4Prefix, ipv6, ipv6Prefix } from '../arbitraries.ts';

const ORIGIN: RouteAttribute = { type: 'ORIGIN', origin: 'IGP' };
const AS_PATH: RouteAttribute = {
  type: 'AS_PATH',
  segments: [{ type: 'AS_SEQUENCE', asns: [64_512] }],
};
const hosts = (count: number, from = 0): Prefix[] =>
  Array.from(
    { length: count },
    (_, at) => `10.${(at + from) >> 16}.${((at + from) >> 8) & 255}.${(at + from) & 255}/32`,
  );
const routes = (
  prefixes: Iterable<Prefix>,
  address = '192.0.2.1',
  attributes: RouteAttribute[] = [ORIGIN, AS_PATH],
): RouteSet => ({
  nextHop: { address },
  attributes,
  prefixes,
});
const sizes = (
  updates: readonly UpdateMessage[],
  options: EncodeOptions = UNNEGOTIATED,
): number[] => updates.map((update) => encodeMessage(update, options).length);

/** What a peer has after these messages: prefix → next hop and attributes, as text. */
function table(
  updates: readonly UpdateMessage[],
  before: Iterable<readonly [Prefix, string]> = [],
): Map<Prefix, string> {
  const known = new Map(before);
  for (const update of updates) {
    const decoded = decodeMessage(encodeMessage(update, LONG), { ...LONG, external: false });
    expect(decoded).toMatchObject({ ok: true, errors: [] });
    if (!decoded.ok || decoded.message.type !== 'UPDATE') continue;
    const { withdrawn, announced } = routesOf(decoded.message);
    for (const { prefixes } of withdrawn) for (const prefix of prefixes) known.delete(prefix);
    const own = decoded.message.attributes.filter(
      ({ type }) => !type.startsWith('MP_') && type !== 'NEXT_HOP',
    );
    for (const { prefixes, nextHop } of announced) {
      for (const prefix of prefixes) known.set(prefix, JSON.stringify([nextHop, own]));
    }
  }
  return known;
}
const LONG = { ...UNNEGOTIATED, receiveLengthMax: 65_535, sendLengthMax: 65_535 };

describe('updates are packed', () => {
  test('into as few messages as they fit into', () => {
    // Each host has 5 bytes; the header and the attributes 48.
    const { updates } = packUpdates(
      { withdrawn: [], announced: [routes(hosts(10_000))] },
      UNNEGOTIATED,
    );
    const perMessage = Math.floor((4096 - 44) / 5);
    expect(updates).toHaveLength(Math.ceil(10_000 / perMessage));
    expect(
      sizes(updates)
        .slice(0, -1)
        .every((size) => size > 4096 - 5 && size <= 4096),
    ).toBe(true);
  });

  test('and into fewer where messages are extended', () => {
    const { updates } = packUpdates({ withdrawn: hosts(13_000), announced: [] }, LONG);
    expect(sizes(updates, LONG)).toEqual([23 + 13_000 * 5]);
  });

  test('withdrawn first, and what is said of routes never mixed (RFC 7606 §5.1)', () => {
    const { updates } = packUpdates(
      {
        withdrawn: ['10.0.0.1/32', '2001:db8::1/128'],
        announced: [routes(['2001:db8::2/128', '10.0.0.2/32'], '2001:db8::ff')],
      },
      UNNEGOTIATED,
    );
    expect(updates.map((update) => routesOf(update))).toEqual([
      { withdrawn: [{ family: 'ipv4-unicast', prefixes: ['10.0.0.1/32'] }], announced: [] },
      { withdrawn: [{ family: 'ipv6-unicast', prefixes: ['2001:db8::1/128'] }], announced: [] },
      {
        withdrawn: [],
        announced: [
          {
            family: 'ipv4-unicast',
            nextHop: { address: '2001:db8::ff' },
            prefixes: ['10.0.0.2/32'],
          },
        ],
      },
      {
        withdrawn: [],
        announced: [
          {
            family: 'ipv6-unicast',
            nextHop: { address: '2001:db8::ff' },
            prefixes: ['2001:db8::2/128'],
          },
        ],
      },
    ]);
  });

  test('nothing into nothing', () => {
    expect(packUpdates({ withdrawn: [], announced: [routes([])] }, UNNEGOTIATED)).toEqual({
      updates: [],
      oversized: [],
    });
  });

  test('to the last byte, with a link-local next hop and without', () => {
    for (const nextHop of [
      { address: '2001:db8::1' },
      { address: '2001:db8::1', linkLocal: 'fe80::1' },
    ]) {
      for (const [prefixes, size] of [
        [hosts(3000), 5],
        [Array.from({ length: 3000 }, (_, at) => `2001:db8:${at.toString(16)}::/48`), 7],
      ] as const) {
        const { updates } = packUpdates(
          { withdrawn: [], announced: [{ nextHop, attributes: [ORIGIN], prefixes }] },
          UNNEGOTIATED,
        );
        const full = sizes(updates).slice(0, -1);
        expect(full.length).toBeGreaterThan(0);
        expect(full.every((one) => one > 4096 - size && one <= 4096)).toBe(true);
      }
    }
  });
});

test('prefixes whose attributes leave no room are named, those that fit are sent', () => {
  const filling = (size: number): RouteAttribute => ({
    type: 'UNKNOWN',
    code: 99,
    flags: 0xc0,
    value: new Uint8Array(size),
  });
  // Header and lengths 23, NEXT_HOP 7, the attribute's own head 4.
  const rest = 4096 - 23 - 7 - 4;
  const prefixes = ['10.0.0.0/8', '10.1.2.3/32'];
  const packed = (size: number): readonly [string[], string[]] => {
    const set = routes(prefixes, '192.0.2.1', [filling(size)]);
    const { updates, oversized } = packUpdates({ withdrawn: [], announced: [set] }, UNNEGOTIATED);
    return [updates.flatMap(({ nlri }) => nlri), oversized];
  };
  expect(packed(rest - 7)).toEqual([prefixes, []]);
  expect(packed(rest - 5)).toEqual([prefixes, []]);
  expect(packed(rest - 4)).toEqual([['10.0.0.0/8'], ['10.1.2.3/32']]);
  expect(packed(rest - 2)).toEqual([['10.0.0.0/8'], ['10.1.2.3/32']]);
  expect(packed(rest - 1)).toEqual([[], prefixes]);
  expect(packed(70_000)).toEqual([[], prefixes]);
});

test('whatever changes are packed, the peer ends with the same table as by one message for each prefix', () => {
  const prefix = fc.oneof(ipv4Prefix, ipv6Prefix);
  const metric = fc
    .nat({ max: 3 })
    .map((value): RouteAttribute => ({ type: 'MULTI_EXIT_DISC', value }));
  const set = fc
    .tuple(fc.oneof(ipv4Host, ipv6), metric, fc.array(prefix, { maxLength: 60 }))
    .map(([address, med, prefixes]) => ({
      nextHop: { address },
      attributes: [AS_PATH, med, ORIGIN],
      prefixes: prefixes.filter((one) => address.includes(':') || !one.includes(':')),
    }))
    .filter(({ nextHop }) => nextHop.address !== '::' && !nextHop.address.startsWith('ff'));
  fc.assert(
    fc.property(
      fc.array(prefix),
      fc.array(set, { maxLength: 6 }),
      fc.integer({ min: 120, max: 600 }),
      (withdrawn, announced, sendLengthMax) => {
        const options = { fourOctetAs: true, sendLengthMax };
        const before = withdrawn.map((one) => [one, 'old'] as const);
        const { updates, oversized } = packUpdates({ withdrawn, announced }, options);
        expect(oversized).toEqual([]);
        expect(Math.max(0, ...sizes(updates, options))).toBeLessThanOrEqual(sendLengthMax);
        const single = [
          ...withdrawn.map((one) => packUpdates({ withdrawn: [one], announced: [] }, options)),
          ...announced.flatMap((one) =>
            one.prefixes.map((only) =>
              packUpdates({ withdrawn: [], announced: [{ ...one, prefixes: [only] }] }, options),
            ),
          ),
        ].flatMap((packed) => packed.updates);
        expect(table(updates, before)).toEqual(table(single, before));
      },
    ),
  );
});
