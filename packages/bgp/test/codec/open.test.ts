import { describe, expect, test } from 'vitest';
import {
  asnOf,
  decodeMessage,
  encodeMessage,
  twoOctetAs,
  type OpenMessage,
} from '../../src/index.ts';
import { hex, toHex } from '../bytes.ts';

/** An OPEN with this body, and a length that fits. */
function open(body: string): Uint8Array {
  const length = 19 + body.replaceAll(' ', '').length / 2;
  return hex(`${'ff'.repeat(16)}${length.toString(16).padStart(4, '0')}01${body}`);
}

describe('an OPEN is refused', () => {
  test.each([
    [
      'for another version; the data says which is spoken',
      '03 fde8 005a c0000201 00',
      'open-version',
      1,
      '0004',
    ],
    ['for AS 0 (RFC 7607)', '04 0000 005a c0000201 00', 'open-as-zero', 2, ''],
    [
      'for AS 0 in four octets',
      '04 fde8 005a c0000201 08 02 06 41 04 00000000',
      'open-as-zero',
      2,
      '',
    ],
    ['for the identifier 0.0.0.0', '04 fde8 005a 00000000 00', 'open-bgp-identifier', 3, ''],
    [
      'for a parameter that is no capability',
      '04 fde8 005a c0000201 02 01 00',
      'open-optional-parameter',
      4,
      '',
    ],
    ['for a hold time of one second', '04 fde8 0001 c0000201 00', 'open-hold-time', 6, ''],
    ['for a hold time of two seconds', '04 fde8 0002 c0000201 00', 'open-hold-time', 6, ''],
    [
      'when its parameters end behind it',
      '04 fde8 005a c0000201 03 02 00',
      'open-malformed',
      0,
      '',
    ],
    [
      'when its parameters end before it',
      '04 fde8 005a c0000201 01 02 00',
      'open-malformed',
      0,
      '',
    ],
    ['when a parameter is half a header', '04 fde8 005a c0000201 01 02', 'open-malformed', 0, ''],
    [
      'when a parameter overruns the others',
      '04 fde8 005a c0000201 03 02 02 02',
      'open-malformed',
      0,
      '',
    ],
    [
      'when a capability is half a header',
      '04 fde8 005a c0000201 03 02 01 02',
      'open-malformed',
      0,
      '',
    ],
    [
      'when a capability overruns its parameter',
      '04 fde8 005a c0000201 04 02 02 02 01',
      'open-malformed',
      0,
      '',
    ],
    [
      'when the extended length is not there',
      '04 fde8 005a c0000201 ff ff 00',
      'open-malformed',
      0,
      '',
    ],
    [
      'when the extended length is not that of the message',
      '04 fde8 005a c0000201 ff ff 0001',
      'open-malformed',
      0,
      '',
    ],
    [
      'when an extended parameter is half a header',
      '04 fde8 005a c0000201 ff ff 0002 02 00',
      'open-malformed',
      0,
      '',
    ],
  ])('%s', (_name, body, reason, subcode, data) => {
    const decoded = decodeMessage(open(body));
    expect(decoded).toMatchObject({
      ok: false,
      fault: { reason, notification: { code: 2, subcode } },
    });
    expect(toHex(decoded.ok ? hex('ff') : decoded.fault.notification.data)).toBe(data);
  });
});

test('capabilities are read from any number of parameters, in their order', () => {
  const decoded = decodeMessage(open('04 fde8 0003 c0000201 0a 02 02 02 00 02 04 02 00 46 00'));
  expect(decoded).toMatchObject({
    ok: true,
    message: {
      holdTimeS: 3,
      capabilities: [
        { type: 'ROUTE_REFRESH' },
        { type: 'ROUTE_REFRESH' },
        { type: 'ENHANCED_ROUTE_REFRESH' },
      ],
    },
  });
});

test('the extended length is understood whatever the length it replaces says (RFC 9072 §2)', () => {
  const decoded = decodeMessage(open('04 fde8 005a c0000201 05 ff 0005 02 0002 02 00'));
  expect(decoded).toMatchObject({ message: { capabilities: [{ type: 'ROUTE_REFRESH' }] } });
});

test.each([
  ['multiprotocol', '01 03 000100'],
  ['route refresh', '02 01 00'],
  ['extended next hop', '05 05 0001000100'],
  ['extended message', '06 01 00'],
  ['graceful restart', '40 05 0078000101'],
  ['graceful restart without a time', '40 00'],
  ['four-octet AS', '41 02 fde8'],
  ['enhanced route refresh', '46 01 00'],
])('a capability of no length that it may have is an unknown one: %s', (_name, bytes) => {
  const size = bytes.replaceAll(' ', '').length / 2;
  const lengths = [size + 2, 0x02, size].map((one) => one.toString(16).padStart(2, '0'));
  const decoded = decodeMessage(
    open(`04 fde8 005a c0000201 ${lengths[0]} 02 ${lengths[2]} ${bytes}`),
  );
  expect(decoded).toMatchObject({
    ok: true,
    message: {
      capabilities: [{ type: 'UNKNOWN', code: Number.parseInt(bytes.slice(0, 2), 16) }],
    },
  });
});

test('the AS number is the one of four octets, where there is one', () => {
  const plain: OpenMessage = {
    type: 'OPEN',
    myAs: 65_000,
    holdTimeS: 90,
    bgpIdentifier: '192.0.2.1',
    capabilities: [],
  };
  expect(asnOf(plain)).toBe(65_000);
  expect(asnOf({ ...plain, capabilities: [{ type: 'FOUR_OCTET_AS', asn: 70_000 }] })).toBe(70_000);
  expect([0, 65_535, 65_536, 4_294_967_295].map(twoOctetAs)).toEqual([0, 65_535, 23_456, 23_456]);
});

test('what no OPEN can hold is not written', () => {
  const plain: OpenMessage = {
    type: 'OPEN',
    myAs: 65_000,
    holdTimeS: 90,
    bgpIdentifier: '192.0.2.1',
    capabilities: [],
  };
  const long = { type: 'UNKNOWN', code: 200, value: new Uint8Array(255) } as const;
  const restart = { type: 'GRACEFUL_RESTART', restarting: false, notification: false } as const;
  const wrong: Partial<OpenMessage>[] = [
    { myAs: 65_536 },
    { holdTimeS: 70_000 },
    { bgpIdentifier: '2001:db8::1' },
    { bgpIdentifier: 'router' },
    { capabilities: [{ ...long, value: new Uint8Array(256) }] },
    { capabilities: Array.from({ length: 17 }, () => long) },
    { capabilities: [{ ...restart, restartTimeS: 4096, families: [] }] },
  ];
  for (const part of wrong) {
    expect(() => encodeMessage({ ...plain, ...part }), JSON.stringify(part)).toThrow(RangeError);
  }
});
