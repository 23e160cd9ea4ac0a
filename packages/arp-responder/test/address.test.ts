import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatAddress,
  formatMac,
  multicastMac,
  parseAddress,
  solicitedNode,
} from '../src/index.ts';
import { hex, ip, toHex } from './frames.ts';

describe('addresses', () => {
  test.each([
    ['10.20.30.1', '0a141e01'],
    ['0.0.0.0', '00000000'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['fe80::', 'fe800000000000000000000000000000'],
    ['FC00:F853:CCD:E799::1', 'fc00f8530ccde7990000000000000001'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['1:2:3:4:5:6:192.0.2.1', '000100020003000400050006c0000201'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ])('%s is read', (text, bytes) => {
    expect(toHex(ip(text))).toBe(bytes);
  });

  test.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'fe80::1%eth0',
    '1.2.3.4::',
    '::1.2.3',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    ' 1.2.3.4',
    '1.2.3.4/24',
    'node-a',
  ])('"%s" is no address', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test('texts that Node takes for an address are read, all others are not', () => {
    const alike = fc.stringMatching(/^[0-9a-f:.]{0,12}$/);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), alike), (text) => {
        expect(parseAddress(text) === undefined).toBe(isIP(text) === 0);
      }),
    );
  });

  test('what is written is read back as the same bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc
        .array(fc.constantFrom(0, 1), { minLength: 16, maxLength: 16 })
        .map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });

  test.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // RFC 5952 §4.2.3: the first of equal runs
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // §4.2.2: one zero word is not shortened
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
  ])('%s is written %s', (text, canonical) => {
    expect(formatAddress(ip(text))).toBe(canonical);
  });

  test('bytes of another length have no text', () => {
    expect(() => formatAddress(hex('0102'))).toThrow('4 or 16 bytes, not 2');
  });

  test('the solicited-node group keeps the last 24 bits, its Ethernet address the last 32', () => {
    const group = solicitedNode(ip('fc00:f853:ccd:e799::ab12:3456'));
    expect(formatAddress(group)).toBe('ff02::1:ff12:3456');
    expect(formatMac(multicastMac(group))).toBe('33:33:ff:12:34:56');
  });
});
