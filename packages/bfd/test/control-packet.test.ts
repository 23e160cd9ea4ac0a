import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BFD_STATES,
  type ControlPacket,
  decodeControlPacket,
  encodeControlPacket,
} from '../src/index.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

const golden = hex(
  '21' + // version 1, diagnostic 1: control detection time expired
    'e0' + // state Up, P
    '03' + // detection multiplier 3
    '18' + // 24 bytes
    '0000002a' + // my discriminator 42
    '00000007' + // your discriminator 7
    '000493e0' + // desired min TX: 300,000 µs
    '0007a120' + // required min RX: 500,000 µs
    '00000000', // no echo
);

const packet: ControlPacket = {
  diagnostic: 1,
  state: 'Up',
  poll: true,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 42,
  yourDiscriminator: 7,
  desiredMinTxUs: 300_000,
  requiredMinRxUs: 500_000,
  requiredMinEchoRxUs: 0,
};

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const anyPacket: fc.Arbitrary<ControlPacket> = fc.record({
  diagnostic: fc.integer({ min: 0, max: 31 }),
  state: fc.constantFrom(...BFD_STATES),
  poll: fc.boolean(),
  final: fc.boolean(),
  controlPlaneIndependent: fc.boolean(),
  demand: fc.boolean(),
  detectMultiplier: fc.integer({ min: 1, max: 255 }),
  myDiscriminator: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  yourDiscriminator: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  desiredMinTxUs: uint32,
  requiredMinRxUs: uint32,
  requiredMinEchoRxUs: uint32,
});

describe('a control packet', () => {
  test('is 24 bytes', () => {
    expect(encodeControlPacket(packet)).toEqual(golden);
    expect(decodeControlPacket(golden)).toEqual(packet);
  });

  test('comes back as it was', () => {
    fc.assert(
      fc.property(anyPacket, (each) => {
        expect(decodeControlPacket(encodeControlPacket(each))).toEqual(each);
      }),
    );
  });

  test('may have anything behind its own length, wherever it lies in memory', () => {
    const padded = Uint8Array.of(9, 9, ...golden, 9, 9);
    expect(decodeControlPacket(padded.subarray(2))).toEqual(packet);
  });

  test('that is cut off anywhere is short', () => {
    for (let length = 0; length < golden.length; length++) {
      expect(decodeControlPacket(golden.subarray(0, length)), `${length}`).toBe('short');
    }
  });

  test.each([
    ['bad-version', 0, 0x41],
    ['bad-length', 3, 23],
    ['bad-length', 3, 25],
    ['zero-multiplier', 2, 0],
    ['multipoint', 1, 0xe1],
    ['zero-discriminator', 7, 0],
    ['authenticated', 1, 0xe4],
    ['no-discriminator', 11, 0],
  ] as const)('is refused: %s', (fault, at, value) => {
    const bytes = golden.slice();
    bytes[at] = value;
    expect(decodeControlPacket(bytes)).toBe(fault);
  });

  test('of arbitrary bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(['string', 'object']).toContain(typeof decodeControlPacket(bytes));
      }),
    );
  });
});
