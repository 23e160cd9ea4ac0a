import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  prefixSize,
  writeAddress,
  writePrefix,
  ipv4At,
  ipv6At,
  ipv4PrefixAt,
  ipv6PrefixAt,
} from '../../src/codec/address.ts';
import { isAddress, isPrefix } from '../../src/index.ts';
import { hex, toHex } from '../bytes.ts';

test.each([
  ['192.0.2.1', 'c0000201'],
  ['0.0.0.0', '00000000'],
  ['255.255.255.255', 'ffffffff'],
])('%s is %s', (text, bytes) => {
  const wire = new Uint8Array(4);
  expect(writeAddress(wire, 0, text)).toBe(4);
  expect(toHex(wire)).toBe(bytes);
  expect(ipv4At(hex(bytes), 0)).toBe(text);
});

test.each([
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['2001:db8::', '20010db8000000000000000000000000'],
  ['2001:db8::1', '20010db8000000000000000000000001'],
  // RFC 5952 §4.2.2: one zero word stays; §4.2.3: the first of two equal runs is shortened.
  ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001'],
  ['2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
  ['1:2:3:4:5:6::', '00010002000300040005000600000000'],
  ['fe80::abcd:ef01:2345:6789', 'fe80000000000000abcdef0123456789'],
])('%s is %s', (text, bytes) => {
  const wire = new Uint8Array(16).fill(0xaa);
  expect(writeAddress(wire, 0, text)).toBe(16);
  expect(toHex(wire)).toBe(bytes);
  expect(ipv6At(hex(bytes), 0)).toBe(text);
});

test.each([
  ['0.0.0.0/0', '00'],
  ['10.0.0.0/8', '080a'],
  ['10.128.0.0/9', '090a80'],
  ['192.0.2.1/32', '20c0000201'],
  ['::/0', '00'],
  ['2001:db8::/32', '2020010db8'],
  ['2001:db8:8000::/33', '2120010db880'],
  ['2001:db8::1/128', '8020010db8000000000000000000000001'],
])('the prefix %s is %s on the wire', (text, bytes) => {
  const wire = new Uint8Array(17);
  expect(writePrefix(wire, 0, text)).toBe(bytes.length / 2);
  expect(prefixSize(text)).toBe(bytes.length / 2);
  expect(toHex(wire.subarray(0, bytes.length / 2))).toBe(bytes);
  expect((text.includes(':') ? ipv6PrefixAt : ipv4PrefixAt)(hex(bytes), 0)).toBe(text);
});

test('bits behind the length of a prefix are left out, read or written', () => {
  expect(ipv4PrefixAt(hex('090affffff'), 0)).toBe('10.128.0.0/9');
  expect(ipv6PrefixAt(hex('2120010db8ff'), 0)).toBe('2001:db8:8000::/33');
  const wire = new Uint8Array(5);
  writePrefix(wire, 0, '10.255.0.0/9');
  expect(toHex(wire.subarray(0, 3))).toBe('090a80');
});

test.each([
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '256.1.1.1',
  '01.2.3.4',
  '1.2.3.4 ',
  '1.2.3.x',
  ':',
  ':::',
  '1:',
  ':1',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  '12345::',
  'g::',
  '::1%eth0',
  '::ffff:1.2.3.4',
  // No canonical texts.
  '2001:DB8::1',
  '2001:db8:0::1',
  '0::1',
  '2001:0db8::1',
])('%j is not the text of an address', (text) => expect(isAddress(text)).toBe(false));

test.each([
  '',
  '/',
  '1.2.3.4',
  '1.2.3.4/',
  '1.2.3.4/33',
  '1.2.3.4/032',
  '1.2.3.4/ 32',
  '1.2.3.4/-1',
  '1.2.3.4/24',
  '::/129',
  '::1/64',
  '/24',
  '::',
  '::/1000',
])('%j is not the text of a prefix', (text) => expect(isPrefix(text)).toBe(false));

test('what is no address or prefix is not written', () => {
  const wire = new Uint8Array(17);
  for (const text of ['1.2.3', 'x::', '']) {
    expect(() => writeAddress(wire, 0, text)).toThrow(RangeError);
  }
  for (const text of ['1.2.3.4', '1.2.3.4/33', '1.2.3/8', '::/129', '::x/8', '']) {
    expect(() => writePrefix(wire, 0, text)).toThrow(RangeError);
  }
});

test('every address and prefix is read as it was written, and as the URL parser writes it', () => {
  const anyBits = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(anyBits, fc.nat(128), fc.constantFrom(0xff, 0x11, 0x01), (bits, length, mask) => {
      const address = bits.map((byte) => byte & mask); // Runs of zeros are likely with the last one.
      const [four, six] = [ipv4At(address, 0), ipv6At(address, 0)];
      expect(four).toBe(address.subarray(0, 4).join('.'));
      expect(new URL(`http://[${six}]`).hostname).toBe(`[${six}]`);
      const wire = new Uint8Array(17);
      writeAddress(wire, 0, six);
      expect(wire.subarray(0, 16)).toEqual(address);
      writePrefix(wire, 0, `${six}/${length}`);
      const prefix = ipv6PrefixAt(wire, 0);
      expect(isPrefix(prefix)).toBe(true);
      expect(writePrefix(wire, 0, prefix)).toBe(prefixSize(prefix));
      expect(ipv6PrefixAt(wire, 0)).toBe(prefix);
      const bits4 = length % 33;
      writePrefix(wire, 0, `${four}/${bits4}`);
      const kept = Array.from(
        { length: 32 },
        (_, bit) => bit < bits4 && ((address[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1,
      );
      const text = [0, 8, 16, 24]
        .map((from) =>
          Number.parseInt(
            kept
              .slice(from, from + 8)
              .map(Number)
              .join(''),
            2,
          ),
        )
        .join('.');
      expect(ipv4PrefixAt(wire, 0)).toBe(`${text}/${bits4}`);
    }),
    { numRuns: 2000 },
  );
});
