import { describe, expect, test } from 'vitest';
import {
  UNNEGOTIATED,
  decodeMessage,
  encodeMessage,
  type BgpMessage,
  type PathAttribute,
  type UpdateMessage,
} from '../../src/index.ts';
import { hex, toHex } from '../bytes.ts';

const M = 'ff'.repeat(16);

describe('a ROUTE-REFRESH', () => {
  test('that marks a beginning or an end has 23 bytes; the answer has all of it (RFC 7313 §5)', () => {
    for (const subtype of ['01', '02']) {
      const bytes = hex(`${M} 0018 05 0001 ${subtype} 01 00`);
      const notification = { type: 'NOTIFICATION', code: 7, subcode: 1, data: bytes };
      expect(decodeMessage(bytes)).toEqual({
        ok: false,
        fault: { reason: 'route-refresh-length', notification },
      });
    }
  });

  test('that asks has 23 bytes too: filters are not negotiated here', () => {
    expect(decodeMessage(hex(`${M} 0018 05 0001 00 01 00`))).toMatchObject({
      fault: { reason: 'bad-length', notification: { code: 1, subcode: 2, data: hex('0018') } },
    });
  });

  test('of a family or subtype that nobody knows is a value', () => {
    expect(decodeMessage(hex(`${M} 0017 05 4004 07 47`))).toMatchObject({
      message: { type: 'ROUTE-REFRESH', afi: 0x4004, safi: 0x47, subtype: 7 },
    });
  });
});

test('bytes that are no whole message are refused', () => {
  const keepalive = encodeMessage({ type: 'KEEPALIVE' });
  for (const bytes of [hex(''), keepalive.subarray(0, 18), hex(`${toHex(keepalive)}00`)]) {
    expect(decodeMessage(bytes)).toMatchObject({ ok: false, fault: { reason: 'bad-length' } });
  }
});

test('the data of a NOTIFICATION that answers a long message fits into a short one', () => {
  const attribute = `50 63 2000 ${'00'.repeat(0x2000)}`; // Well-known, unknown, 8 KiB.
  const bytes = hex(`${M} ${(23 + 0x2004).toString(16)} 02 0000 2004 ${attribute}`);
  const decoded = decodeMessage(bytes, { ...UNNEGOTIATED, receiveLengthMax: 65_535 });
  expect(decoded).toMatchObject({ ok: false, fault: { reason: 'unrecognized-well-known' } });
  const answer = decoded.ok ? decoded.message : decoded.fault.notification;
  expect(encodeMessage(answer)).toHaveLength(4096);
});

describe('attributes are written', () => {
  const types = (bytes: Uint8Array): string[] => {
    const decoded = decodeMessage(bytes, { ...UNNEGOTIATED, external: false });
    return decoded.ok && decoded.message.type === 'UPDATE'
      ? decoded.message.attributes.map(({ type }) => type)
      : [];
  };

  test('in the order of their codes, but routes of other families first (RFC 7606 §5.1)', () => {
    const attributes: PathAttribute[] = [
      { type: 'LARGE_COMMUNITY', communities: ['1:2:3'] },
      { type: 'UNKNOWN', code: 20, flags: 0x80, value: hex('') },
      { type: 'LOCAL_PREF', value: 1 },
      { type: 'MP_UNREACH_NLRI', family: 'ipv6-unicast', withdrawn: ['::/0'] },
      {
        type: 'MP_REACH_NLRI',
        family: 'ipv6-unicast',
        nextHop: { address: '2001:db8::1' },
        nlri: ['2001:db8::/32'],
      },
      { type: 'AS_PATH', segments: [] },
      { type: 'ORIGIN', origin: 'EGP' },
    ];
    const update: UpdateMessage = { type: 'UPDATE', withdrawn: [], attributes, nlri: [] };
    expect(types(encodeMessage(update))).toEqual([
      'MP_REACH_NLRI',
      'MP_UNREACH_NLRI',
      'ORIGIN',
      'AS_PATH',
      'LOCAL_PREF',
      'UNKNOWN',
      'LARGE_COMMUNITY',
    ]);
    expect(attributes[0]?.type).toBe('LARGE_COMMUNITY');
  });

  test('with two octets of length from 256 bytes on', () => {
    for (const size of [255, 256]) {
      const value = new Uint8Array(size).fill(1);
      const attributes: PathAttribute[] = [{ type: 'UNKNOWN', code: 99, flags: 0xc0, value }];
      const bytes = encodeMessage({ type: 'UPDATE', withdrawn: [], attributes, nlri: [] });
      expect(toHex(bytes.subarray(23, 27))).toBe(size === 255 ? 'c063ff01' : 'd0630100');
      expect(decodeMessage(bytes)).toMatchObject({ message: { attributes } });
    }
  });
});

describe('what no message can hold is not written', () => {
  const update = (part: Partial<UpdateMessage>): BgpMessage => ({
    type: 'UPDATE',
    withdrawn: [],
    attributes: [],
    nlri: [],
    ...part,
  });
  const having = (attribute: PathAttribute): BgpMessage => update({ attributes: [attribute] });

  test.each<[string, BgpMessage]>([
    [
      'a NOTIFICATION of more than 4,096 bytes',
      { type: 'NOTIFICATION', code: 6, subcode: 0, data: new Uint8Array(4076) },
    ],
    [
      'an UPDATE of more than 4,096 bytes',
      update({ nlri: Array.from({ length: 900 }, (_, at) => `10.0.${at >> 8}.${at & 255}/32`) }),
    ],
    [
      'more than any message',
      having({ type: 'UNKNOWN', code: 99, flags: 0xc0, value: new Uint8Array(70_000) }),
    ],
    ['a code of 300', { type: 'NOTIFICATION', code: 300, subcode: 0, data: hex('') }],
    ['an IPv6 prefix in NLRI', update({ nlri: ['2001:db8::/32'] })],
    [
      'an IPv4 prefix among IPv6 ones',
      having({ type: 'MP_UNREACH_NLRI', family: 'ipv6-unicast', withdrawn: ['10.0.0.0/8'] }),
    ],
    ['an IPv6 NEXT_HOP', having({ type: 'NEXT_HOP', address: '2001:db8::1' })],
    [
      'an AS number of five octets',
      having({ type: 'AS_PATH', segments: [{ type: 'AS_SET', asns: [2 ** 32] }] }),
    ],
    ['an empty segment', having({ type: 'AS_PATH', segments: [{ type: 'AS_SET', asns: [] }] })],
    [
      'a segment of 256 ASes',
      having({
        type: 'AS_PATH',
        segments: [{ type: 'AS_SEQUENCE', asns: Array.from({ length: 256 }, () => 1) }],
      }),
    ],
    ['a LOCAL_PREF of NaN', having({ type: 'LOCAL_PREF', value: Number.NaN })],
    [
      'a community with a half too large',
      having({ type: 'COMMUNITIES', communities: ['65536:1'] }),
    ],
    ['a community by name', having({ type: 'COMMUNITIES', communities: ['no-export'] })],
    [
      'an extended community of 15 digits',
      having({ type: 'EXTENDED_COMMUNITIES', communities: ['0002fde80000006'] }),
    ],
    ['a large community of two parts', having({ type: 'LARGE_COMMUNITY', communities: ['1:2'] })],
  ])('%s', (_name, message) => expect(() => encodeMessage(message)).toThrow(RangeError));

  test('and the next one is written as if nothing had been', () => {
    expect(toHex(encodeMessage({ type: 'KEEPALIVE' }))).toBe(`${M}001304`);
  });
});
