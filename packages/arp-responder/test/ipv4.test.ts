import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IPPROTO_ICMP, decodeIcmp, decodeIpv4, encodeIcmp, encodeIpv4 } from '../src/index.ts';
import { hex, ip, toHex } from './frames.ts';

const MESSAGE = hex(
  '08 00' + // echo request, code 0
    'b599' + // checksum
    '1234 0001' + // identifier, sequence
    '3031', // data
);
const PACKET = hex(
  '45' + // version 4, header of 5 words
    '00 001e' + // type of service, length 30
    '0007 4000' + // identification, don’t fragment
    '40 01' + // time to live 64, ICMP
    'b66a' + // header checksum
    'c0000263 c000020a' + // from 192.0.2.99 to 192.0.2.10
    toHex(MESSAGE),
);
const READ = {
  typeOfService: 0,
  identification: 7,
  dontFragment: true,
  moreFragments: false,
  fragmentOffset: 0,
  timeToLive: 64,
  protocol: IPPROTO_ICMP,
  source: ip('192.0.2.99'),
  destination: ip('192.0.2.10'),
  options: new Uint8Array(),
  payload: MESSAGE,
};

describe('IPv4 packets', () => {
  test('a packet is read, and written to the same bytes', () => {
    expect(decodeIpv4(PACKET)).toEqual(READ);
    expect(encodeIpv4(READ)).toEqual(PACKET);
  });

  test('bytes behind the stated length are padding and left out', () => {
    expect(decodeIpv4(Uint8Array.of(...PACKET, 0, 0, 0))).toMatchObject({ payload: MESSAGE });
  });

  test('cut anywhere it is truncated', () => {
    for (let length = 0; length < PACKET.length; length++) {
      expect(decodeIpv4(PACKET.subarray(0, length))).toBe('truncated');
    }
  });

  test('a header with any single bit turned is refused', () => {
    for (let bit = 0; bit < 20 * 8; bit++) {
      const broken = Uint8Array.from(PACKET);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeIpv4(broken)).toBeTypeOf('string');
    }
  });

  test.each([
    ['another version', 0, 0x65, 'not-ipv4'],
    ['a header of less than 5 words', 0, 0x44, 'bad-length'],
    ['a length that ends in the header', 3, 19, 'bad-length'],
    ['another time to live without another checksum', 8, 63, 'bad-checksum'],
  ])('%s is refused', (_, at, value, reason) => {
    const broken = Uint8Array.from(PACKET);
    broken[at] = value;
    expect(decodeIpv4(broken)).toBe(reason);
  });

  test('what is written, options and all, is read back', () => {
    const packet = fc.record({
      typeOfService: fc.nat(255),
      identification: fc.nat(0xffff),
      dontFragment: fc.boolean(),
      moreFragments: fc.boolean(),
      fragmentOffset: fc.nat(0x1fff),
      timeToLive: fc.nat(255),
      protocol: fc.nat(255),
      source: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      destination: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      options: fc.nat(10).map((words) => new Uint8Array(words * 4).fill(1)),
      payload: fc.uint8Array({ maxLength: 70 }),
    });
    fc.assert(
      fc.property(packet, (written) => {
        expect(decodeIpv4(encodeIpv4(written))).toEqual(written);
      }),
    );
  });

  test('any bytes give a packet or a reason', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(0x45, 0x46, 0x4f),
        (bytes, first) => {
          if (bytes.length > 0) bytes[0] = first;
          const read = decodeIpv4(bytes);
          expect(typeof read === 'string' || read.source.length === 4).toBe(true);
        },
      ),
    );
  });

  test('what cannot be written is refused with the name of the field', () => {
    expect(() => encodeIpv4({ ...READ, source: ip('::1') })).toThrow(
      'source must have 4 bytes, not 16',
    );
    expect(() => encodeIpv4({ ...READ, options: new Uint8Array(3) })).toThrow(
      'options must have 4 n bytes',
    );
    expect(() => encodeIpv4({ ...READ, options: new Uint8Array(44) })).toThrow(
      'at most 40, not 44',
    );
    expect(() => encodeIpv4({ ...READ, payload: new Uint8Array(0xffff) })).toThrow('payload');
  });
});

describe('ICMP messages', () => {
  test('a message is read and its checksum verified', () => {
    expect(decodeIcmp(MESSAGE)).toEqual({ type: 8, code: 0, body: MESSAGE.subarray(4) });
  });

  test('a message with any single bit turned has a bad checksum', () => {
    for (let bit = 0; bit < MESSAGE.length * 8; bit++) {
      const broken = Uint8Array.from(MESSAGE);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeIcmp(broken)).toBe('bad-checksum');
    }
  });

  test('without a whole head it is truncated; cut later, its checksum is wrong', () => {
    for (let length = 0; length < MESSAGE.length; length++) {
      expect(decodeIcmp(MESSAGE.subarray(0, length))).toBe(
        length < 4 ? 'truncated' : 'bad-checksum',
      );
    }
  });

  test('what is written, of even or odd length, is read back', () => {
    const body = fc.uint8Array({ maxLength: 70 });
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), body, (type, code, written) => {
        const message = { type, code, body: written };
        expect(decodeIcmp(encodeIcmp(message))).toEqual(message);
      }),
    );
  });
});
