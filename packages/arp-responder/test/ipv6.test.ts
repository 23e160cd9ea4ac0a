import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  IPPROTO_ICMPV6,
  decodeIcmpv6,
  decodeIpv6,
  encodeIcmpv6,
  encodeIpv6,
} from '../src/index.ts';
import { hex, ip, toHex } from './frames.ts';

const MESSAGE = hex(
  '87 00' + // neighbour solicitation, code 0
    '4a13' + // checksum
    '00000000' + // reserved
    '20010db8000000000000000000000010' + // target
    '01 01 020000000099', // source link-layer address
);
const PACKET = hex(
  '6' + // version
    'e0' + // traffic class
    '12345' + // flow label
    '0020' + // payload length
    '3a ff' + // ICMPv6, hop limit 255
    'fe800000000000000000000000000099' +
    'ff0200000000000000000001ff000010' +
    toHex(MESSAGE),
);
const ENDS = { source: ip('fe80::99'), destination: ip('ff02::1:ff00:10') };

describe('IPv6 packets', () => {
  test('a packet is read', () => {
    expect(decodeIpv6(PACKET)).toEqual({
      trafficClass: 0xe0,
      flowLabel: 0x12345,
      nextHeader: IPPROTO_ICMPV6,
      hopLimit: 255,
      ...ENDS,
      payload: MESSAGE,
    });
  });

  test('cut anywhere it is truncated', () => {
    for (let length = 0; length < PACKET.length; length++)
      expect(decodeIpv6(PACKET.subarray(0, length))).toBe('truncated');
  });

  test('bytes behind the stated payload are padding and left out', () => {
    expect(decodeIpv6(Uint8Array.of(...PACKET, 0, 0, 0))).toMatchObject({ payload: MESSAGE });
  });

  test('another version is not IPv6', () => {
    expect(decodeIpv6(Uint8Array.of(0x45, ...PACKET.subarray(1)))).toBe('not-ipv6');
  });

  test('any bytes give a packet that is written back unchanged, or a reason', () => {
    const anything = fc
      .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ maxLength: 80 }))
      .map(([head, rest]) =>
        Uint8Array.of(
          (head[0] ?? 0) % 2 === 0 ? 0x60 : 0x40,
          head[1] ?? 0,
          head[2] ?? 0,
          head[3] ?? 0,
          0,
          8,
          ...rest,
        ),
      );
    fc.assert(
      fc.property(anything, (bytes) => {
        const packet = decodeIpv6(bytes);
        const result = typeof packet === 'string' ? packet : toHex(encodeIpv6(packet));
        expect(['truncated', 'not-ipv6', toHex(bytes.subarray(0, 48))]).toContain(result);
      }),
    );
  });

  test('an address of the wrong length is refused with the name of the field', () => {
    const packet = decodeIpv6(PACKET);
    if (typeof packet === 'string') throw new Error(packet);
    expect(() => encodeIpv6({ ...packet, source: ip('1.2.3.4') })).toThrow(
      'source must have 16 bytes, not 4',
    );
  });
});

describe('ICMPv6 messages', () => {
  test('a message is read and its checksum verified', () => {
    expect(decodeIcmpv6(MESSAGE, ENDS)).toEqual({ type: 135, code: 0, body: MESSAGE.subarray(4) });
  });

  test('a message with any single bit turned has a bad checksum', () => {
    for (let bit = 0; bit < MESSAGE.length * 8; bit++) {
      const broken = Uint8Array.from(MESSAGE);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeIcmpv6(broken, ENDS)).toBe('bad-checksum');
    }
  });

  test('the checksum covers the ends of the packet', () => {
    expect(decodeIcmpv6(MESSAGE, { ...ENDS, source: ip('fe80::98') })).toBe('bad-checksum');
  });

  test('without a whole head it is truncated', () => {
    for (let length = 0; length < 4; length++)
      expect(decodeIcmpv6(MESSAGE.subarray(0, length), ENDS)).toBe('truncated');
  });

  test('what is written, of even or odd length, is read back', () => {
    const message = fc.record({
      type: fc.nat(255),
      code: fc.nat(255),
      body: fc.uint8Array({ maxLength: 70 }),
    });
    const end = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(message, end, end, (written, source, destination) => {
        const ends = { source, destination };
        expect(decodeIcmpv6(encodeIcmpv6(written, ends), ends)).toEqual(written);
      }),
    );
  });
});
