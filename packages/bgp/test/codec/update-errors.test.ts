// RFC 7606 as a table: what is wrong, how grave it is, and what is left.
import { describe, expect, test } from 'vitest';
import { UNNEGOTIATED, decodeMessage, type DecodeOptions } from '../../src/index.ts';
import { hex, toHex } from '../bytes.ts';

const external: DecodeOptions = UNNEGOTIATED;
const internal: DecodeOptions = { ...external, external: false };
const twoOctets: DecodeOptions = { ...external, fourOctetAs: false };

const two = (value: number): string => value.toString(16).padStart(4, '0');
const sizeOf = (fields: string): number => fields.replaceAll(' ', '').length / 2;

interface Parts {
  readonly withdrawn?: string;
  readonly attributes?: readonly string[];
  readonly nlri?: string;
}

/** An UPDATE of these parts, with lengths that fit. */
function update({ withdrawn = '', attributes = [], nlri = '' }: Parts): Uint8Array {
  const list = attributes.join('');
  const body = `${two(sizeOf(withdrawn))}${withdrawn}${two(sizeOf(list))}${list}${nlri}`;
  return hex(`${'ff'.repeat(16)}${two(19 + sizeOf(body))}02${body}`);
}

const ORIGIN = '40 01 01 00';
const AS_PATH = '40 02 06 02 01 0000fc00';
const NEXT_HOP = '40 03 04 c0000201';
const MANDATORY = [ORIGIN, AS_PATH, NEXT_HOP];
const NLRI = '18 0a141e';
const MP_REACH = '80 0e 1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8';
const MP_UNREACH = '80 0f 08 0002 01 20 20010db8';

/** Without the attribute of this text, and with the other in its place. */
const instead = (of: string, other: string): string[] =>
  MANDATORY.map((one) => (one === of ? other : one));

describe('treated as withdraw', () => {
  test.each<[string, string[], string, number, DecodeOptions?]>([
    ['ORIGIN of two bytes', instead(ORIGIN, '40 01 02 0000'), 'origin', 1],
    ['ORIGIN that nobody knows', instead(ORIGIN, '40 01 01 03'), 'origin', 1],
    ['ORIGIN that says it is optional', instead(ORIGIN, 'c0 01 01 00'), 'attribute-flags', 1],
    ['ORIGIN that says it is not transitive', instead(ORIGIN, '00 01 01 00'), 'attribute-flags', 1],
    ['AS_PATH with an empty segment', instead(AS_PATH, '40 02 02 02 00'), 'as-path', 2],
    [
      'AS_PATH with a segment that overruns',
      instead(AS_PATH, '40 02 06 02 02 0000fc00'),
      'as-path',
      2,
    ],
    [
      'AS_PATH with half a segment header',
      instead(AS_PATH, '40 02 07 02 01 0000fc00 02'),
      'as-path',
      2,
    ],
    [
      'AS_PATH with a segment type nobody knows',
      instead(AS_PATH, '40 02 06 05 01 0000fc00'),
      'as-path',
      2,
    ],
    [
      'AS_PATH with a confederation (RFC 5065)',
      instead(AS_PATH, '40 02 06 03 01 0000fc00'),
      'as-path',
      2,
    ],
    ['AS_PATH with AS 0 (RFC 7607)', instead(AS_PATH, '40 02 06 02 01 00000000'), 'as-path', 2],
    ['NEXT_HOP of three bytes', instead(NEXT_HOP, '40 03 03 c00002'), 'next-hop', 3],
    ['NEXT_HOP 0.0.0.0', instead(NEXT_HOP, '40 03 04 00000000'), 'next-hop', 3],
    ['NEXT_HOP that is multicast', instead(NEXT_HOP, '40 03 04 e0000001'), 'next-hop', 3],
    ['NEXT_HOP that is loopback', instead(NEXT_HOP, '40 03 04 7f000001'), 'next-hop', 3],
    ['no ORIGIN', [AS_PATH, NEXT_HOP], 'missing-attribute', 1],
    ['no AS_PATH', [ORIGIN, NEXT_HOP], 'missing-attribute', 2],
    ['no NEXT_HOP', [ORIGIN, AS_PATH], 'missing-attribute', 3],
    ['MULTI_EXIT_DISC of three bytes', [...MANDATORY, '80 04 03 000000'], 'multi-exit-disc', 4],
    ['LOCAL_PREF of three bytes', [...MANDATORY, '40 05 03 000000'], 'local-pref', 5, internal],
    ['COMMUNITIES of no byte', [...MANDATORY, 'c0 08 00'], 'communities', 8],
    ['COMMUNITIES of six bytes', [...MANDATORY, 'c0 08 06 fde80064fde8'], 'communities', 8],
    [
      'ORIGINATOR_ID of five bytes',
      [...MANDATORY, '80 09 05 0a00000100'],
      'originator-id',
      9,
      internal,
    ],
    ['CLUSTER_LIST of no byte', [...MANDATORY, '80 0a 00'], 'cluster-list', 10, internal],
    [
      'CLUSTER_LIST of five bytes',
      [...MANDATORY, '80 0a 05 0a00000100'],
      'cluster-list',
      10,
      internal,
    ],
    [
      'EXTENDED_COMMUNITIES of seven bytes',
      [...MANDATORY, 'c0 10 07 0002fde8000000'],
      'extended-communities',
      16,
    ],
    [
      'LARGE_COMMUNITY of eleven bytes',
      [...MANDATORY, `c0 20 0b ${'00'.repeat(11)}`],
      'large-community',
      32,
    ],
    [
      'AGGREGATOR that says it is not transitive',
      [...MANDATORY, '80 07 08 0000fc00c0000201'],
      'attribute-flags',
      7,
    ],
    [
      'AGGREGATOR of the wrong length that also says so',
      [...MANDATORY, '80 07 01 00'],
      'attribute-flags',
      7,
    ],
    [
      'MP_REACH_NLRI that says it is transitive',
      [...MANDATORY, MP_REACH.replace('80', 'c0')],
      'attribute-flags',
      14,
    ],
    [
      'MP_REACH_NLRI to ::',
      [...MANDATORY, MP_REACH.replace('20010db8000000000000000000000001', '00'.repeat(16))],
      'next-hop',
      14,
    ],
    [
      'MP_REACH_NLRI to a multicast group',
      [
        ...MANDATORY,
        MP_REACH.replace('20010db8000000000000000000000001', `ff02${'00'.repeat(14)}`),
      ],
      'next-hop',
      14,
    ],
  ])('%s', (_name, attributes, reason, attribute, options = external) => {
    const decoded = decodeMessage(
      update({ attributes: [...attributes, MP_UNREACH], nlri: NLRI, withdrawn: '08 0a' }),
      options,
    );
    const hasReach = attributes.some((one) => one.slice(3, 5) === '0e');
    expect(decoded).toEqual({
      ok: true,
      message: {
        type: 'UPDATE',
        withdrawn: ['10.0.0.0/8', '10.20.30.0/24'],
        attributes: [
          {
            type: 'MP_UNREACH_NLRI',
            family: 'ipv6-unicast',
            withdrawn: hasReach ? ['2001:db8::/32', '2001:db8::/32'] : ['2001:db8::/32'],
          },
        ],
        nlri: [],
      },
      errors: [
        {
          grade: 'treat-as-withdraw',
          reason,
          attribute,
          notification: expect.anything() as unknown,
        },
      ],
    });
  });

  test.each([
    ['its length', '40 05 05 00000064'],
    ['its extended length', '50 05 0005 00000064'],
    ['the list, within its header', '40 05'],
    ['the list, within its extended header', '50 05 00'],
  ])('an attribute that ends behind %s', (_name, attribute) => {
    const decoded = decodeMessage(update({ attributes: [...MANDATORY, attribute], nlri: NLRI }));
    expect(decoded).toMatchObject({
      message: { withdrawn: ['10.20.30.0/24'], attributes: [], nlri: [] },
      errors: [{ grade: 'treat-as-withdraw', reason: 'attribute-overrun' }],
    });
  });

  test('IPv6 routes without ORIGIN and AS_PATH, which need no NEXT_HOP', () => {
    const decoded = decodeMessage(update({ attributes: [MP_REACH] }));
    expect(decoded).toMatchObject({
      message: { attributes: [{ type: 'MP_UNREACH_NLRI', withdrawn: ['2001:db8::/32'] }] },
      errors: [
        { reason: 'missing-attribute', attribute: 1 },
        { reason: 'missing-attribute', attribute: 2 },
      ],
    });
    const complete = decodeMessage(update({ attributes: [MP_REACH, ORIGIN, AS_PATH] }));
    expect(complete).toMatchObject({ ok: true, errors: [] });
  });
});

describe('discarded, and the rest of the message stands', () => {
  test.each<[string, string, string, number, DecodeOptions?]>([
    ['ATOMIC_AGGREGATE with a byte', '40 06 01 00', 'atomic-aggregate', 6],
    ['AGGREGATOR of six bytes', 'c0 07 06 fc00c0000201', 'aggregator', 7],
    [
      'AGGREGATOR of eight bytes from a peer of two octets',
      'c0 07 08 0000fc00c0000201',
      'aggregator',
      7,
      twoOctets,
    ],
    ['AGGREGATOR with AS 0 (RFC 7607)', 'c0 07 08 00000000c0000201', 'aggregator', 7],
    ['LOCAL_PREF from an external peer', '40 05 04 00000064', 'internal-attribute', 5],
    [
      'LOCAL_PREF of the wrong length from an external peer',
      '40 05 01 00',
      'internal-attribute',
      5,
    ],
    ['ORIGINATOR_ID from an external peer', '80 09 04 0a000001', 'internal-attribute', 9],
    ['CLUSTER_LIST from an external peer', '80 0a 04 0a000001', 'internal-attribute', 10],
    ['AS4_PATH from a peer of four octets', 'c0 11 06 02 01 0000fc00', 'as4-attribute', 17],
    ['AS4_AGGREGATOR from a peer of four octets', 'c0 12 08 0000fc00c0000201', 'as4-attribute', 18],
    ['AS4_PATH with an empty segment', 'c0 11 02 02 00', 'as4-path', 17, twoOctets],
    ['AS4_AGGREGATOR of seven bytes', 'c0 12 07 0000fc00c00002', 'as4-aggregator', 18, twoOctets],
    ['a second NEXT_HOP', '40 03 04 c0000202', 'attribute-repeated', 3],
    ['VPN routes that nobody asked for', '80 0e 05 0001 80 00 00', 'family-not-negotiated', 14],
    ['withdrawn VPN routes', '80 0f 03 0001 80', 'family-not-negotiated', 15],
  ])('%s', (_name, attribute, reason, code, options = external) => {
    const path = options.fourOctetAs ? AS_PATH : '40 02 04 02 01 fc00';
    const decoded = decodeMessage(
      update({ attributes: [ORIGIN, path, NEXT_HOP, attribute], nlri: NLRI }),
      options,
    );
    expect(decoded).toEqual({
      ok: true,
      message: {
        type: 'UPDATE',
        withdrawn: [],
        attributes: [
          { type: 'ORIGIN', origin: 'IGP' },
          { type: 'AS_PATH', segments: [{ type: 'AS_SEQUENCE', asns: [64_512] }] },
          { type: 'NEXT_HOP', address: '192.0.2.1' },
        ],
        nlri: ['10.20.30.0/24'],
      },
      errors: [
        {
          grade: 'attribute-discard',
          reason,
          attribute: code,
          notification: expect.anything() as unknown,
        },
      ],
    });
  });

  test('an attribute that is there a thousand times is one error', () => {
    const attributes = [...MANDATORY, ...Array.from({ length: 1000 }, () => 'c0 c8 00')];
    expect(decodeMessage(update({ attributes, nlri: NLRI }))).toMatchObject({
      message: { attributes: { length: 4 }, nlri: ['10.20.30.0/24'] },
      errors: [{ reason: 'attribute-repeated', attribute: 200 }],
    });
  });

  test('the IPv4 routes of a session without that family', () => {
    const options: DecodeOptions = { ...external, families: ['ipv6-unicast'] };
    const bytes = update({ withdrawn: NLRI, attributes: [...MANDATORY, MP_REACH], nlri: NLRI });
    expect(decodeMessage(bytes, options)).toMatchObject({
      message: { withdrawn: [], nlri: [] },
      errors: [{ grade: 'attribute-discard', reason: 'family-not-negotiated' }],
    });
  });

  test('and a message of which nothing is left is no End-of-RIB', () => {
    for (const attribute of ['40 05 04 00000064', '80 0f 03 0001 80']) {
      const decoded = decodeMessage(update({ attributes: [attribute] }));
      expect(decoded).toMatchObject({ ok: true, message: { attributes: [], nlri: [] } });
      expect(decoded).not.toHaveProperty('endOfRib');
    }
  });
});

describe('resets the session', () => {
  const LOOSE = '40 63 00';
  test.each<[string, Parts, string, number, string]>([
    [
      'a well-known attribute that nobody knows',
      { attributes: [LOOSE] },
      'unrecognized-well-known',
      2,
      LOOSE,
    ],
    [
      'MP_REACH_NLRI twice',
      { attributes: [ORIGIN, AS_PATH, MP_REACH, MP_REACH] },
      'mp-attribute-repeated',
      1,
      '',
    ],
    [
      'MP_UNREACH_NLRI twice',
      { attributes: [MP_UNREACH, MP_UNREACH] },
      'mp-attribute-repeated',
      1,
      '',
    ],
    [
      'MP_REACH_NLRI without room for a next hop',
      { attributes: ['80 0e 04 0002 01 00'] },
      'mp-reach-nlri',
      5,
      '80 0e 04 0002 01 00',
    ],
    [
      'MP_REACH_NLRI whose next hop overruns it',
      { attributes: ['80 0e 05 0002 01 10 00'] },
      'mp-reach-nlri',
      9,
      '80 0e 05 0002 01 10 00',
    ],
    [
      'MP_REACH_NLRI with a next hop of 4 bytes for IPv6',
      { attributes: ['80 0e 09 0002 01 04 c0000201 00'] },
      'mp-reach-nlri',
      9,
      '80 0e 09 0002 01 04 c0000201 00',
    ],
    [
      'MP_REACH_NLRI with a prefix of 129 bits',
      { attributes: [MP_REACH.replace('00 20 2', '00 81 2')] },
      'mp-reach-nlri',
      9,
      MP_REACH.replace('00 20 2', '00 81 2'),
    ],
    [
      'MP_UNREACH_NLRI without a SAFI',
      { attributes: ['80 0f 02 0002'] },
      'mp-unreach-nlri',
      5,
      '80 0f 02 0002',
    ],
    [
      'MP_UNREACH_NLRI with half a prefix',
      { attributes: ['80 0f 05 0002 01 20 20'] },
      'mp-unreach-nlri',
      9,
      '80 0f 05 0002 01 20 20',
    ],
    ['a prefix of 33 bits', { attributes: MANDATORY, nlri: '21 0a00000000' }, 'nlri', 10, ''],
    ['half a prefix', { attributes: MANDATORY, nlri: '18 0a14' }, 'nlri', 10, ''],
    ['half a withdrawn prefix', { withdrawn: '18 0a14' }, 'withdrawn-routes', 10, ''],
    // RFC 7606 §5.2: there may have been routes, and nobody knows which.
    [
      'a malformed attribute without any route',
      { attributes: [ORIGIN, '80 04 01 00'] },
      'multi-exit-disc',
      5,
      '80 04 01 00',
    ],
    [
      'a malformed value without any route',
      { attributes: ['40 01 01 07'] },
      'origin',
      6,
      '40 01 01 07',
    ],
    [
      'a malformed attribute beside withdrawn routes',
      { withdrawn: NLRI, attributes: ['40 01 01 07', MP_UNREACH] },
      'origin',
      6,
      '40 01 01 07',
    ],
    [
      'a list that is cut off, without any route',
      { attributes: [ORIGIN, '40 02 07 00'] },
      'attribute-overrun',
      5,
      '40 02 07 00',
    ],
    [
      'wrong flags and MP_REACH_NLRI without a route',
      { attributes: ['c0 01 01 00', MP_REACH.slice(0, -12).replace('1a', '15')] },
      'attribute-flags',
      4,
      'c0 01 01 00',
    ],
  ])('%s', (_name, parts, reason, subcode, data) => {
    const decoded = decodeMessage(update(parts));
    expect(decoded).toMatchObject({
      ok: false,
      fault: { reason, notification: { code: 3, subcode } },
    });
    const sent = decoded.ok ? new Uint8Array() : decoded.fault.notification.data;
    expect(toHex(sent)).toBe(data.replaceAll(' ', ''));
  });

  test.each([
    ['withdrawn routes that end behind the message', '0001 0000'],
    ['attributes that end behind the message', '0000 0001'],
    ['no room for the length of the attributes', '0001 00 00'],
  ])('%s', (_name, body) => {
    const bytes = hex(`${'ff'.repeat(16)}${two(19 + sizeOf(body))}02${body}`);
    expect(decodeMessage(bytes)).toMatchObject({
      fault: { reason: 'update-lengths', notification: { code: 3, subcode: 1 } },
    });
  });
});

test('the gravest error wins, and every one before it is named', () => {
  const bytes = update({
    attributes: [...MANDATORY, '40 06 01 00', '80 04 01 00', 'c0 07 01 00'],
    nlri: NLRI,
  });
  expect(decodeMessage(bytes)).toMatchObject({
    message: { withdrawn: ['10.20.30.0/24'] },
    errors: [
      { grade: 'attribute-discard', reason: 'atomic-aggregate' },
      { grade: 'treat-as-withdraw', reason: 'multi-exit-disc' },
      { grade: 'attribute-discard', reason: 'aggregator' },
    ],
  });
  const worse = update({ attributes: [...MANDATORY, '80 04 01 00', '40 63 00'], nlri: NLRI });
  expect(decodeMessage(worse)).toMatchObject({
    ok: false,
    fault: { reason: 'unrecognized-well-known' },
  });
});

test('the malformed flags of MP_UNREACH_NLRI alone are no reason for a reset', () => {
  expect(decodeMessage(update({ attributes: [MP_UNREACH.replace('80', 'c0')] }))).toMatchObject({
    ok: true,
    message: { attributes: [{ withdrawn: ['2001:db8::/32'] }] },
    errors: [{ grade: 'treat-as-withdraw', reason: 'attribute-flags', attribute: 15 }],
  });
});

test('what is no error: extended lengths of short attributes, unknown optional ones, partial bits', () => {
  const bytes = update({
    attributes: [
      '50 01 0001 00',
      '60 02 06 02 01 0000fc00',
      NEXT_HOP,
      'f0 63 0001 2a',
      '80 64 00',
      'e0 08 04 fde80064',
    ],
    nlri: NLRI,
  });
  expect(decodeMessage(bytes)).toMatchObject({
    errors: [],
    message: {
      attributes: [
        { type: 'ORIGIN' },
        { type: 'AS_PATH' },
        { type: 'NEXT_HOP' },
        { type: 'UNKNOWN', code: 99, flags: 0xe0, value: Uint8Array.of(42) },
        { type: 'UNKNOWN', code: 100, flags: 0x80 },
        { type: 'COMMUNITIES', communities: ['65000:100'], partial: true },
      ],
    },
  });
});
