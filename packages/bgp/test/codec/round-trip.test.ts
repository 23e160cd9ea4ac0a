import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  type BgpMessage,
  type DecodeOptions,
  type EncodeOptions,
} from '../../src/index.ts';
import { open, update } from '../arbitraries.ts';

const options = (fourOctetAs: boolean): DecodeOptions & EncodeOptions => ({
  external: false,
  families: ['ipv4-unicast', 'ipv6-unicast'],
  fourOctetAs,
  receiveLengthMax: 65_535,
  sendLengthMax: 65_535,
});

/** What is read of the bytes of a message. */
function again(message: BgpMessage, fourOctetAs = true): unknown {
  return decodeMessage(encodeMessage(message, options(fourOctetAs)), options(fourOctetAs));
}

const same = (message: BgpMessage): unknown =>
  expect.objectContaining({ ok: true, message, errors: [] });

test('every OPEN comes back as it was written', () => {
  fc.assert(
    fc.property(open, (message) => {
      expect(again(message)).toEqual(same(message));
    }),
    { numRuns: 500 },
  );
});

test('every UPDATE comes back as it was written, to peers of four octets and of two', () => {
  fc.assert(
    fc.property(update, fc.boolean(), (message, fourOctetAs) => {
      expect(again(message, fourOctetAs)).toEqual(same(message));
    }),
    { numRuns: 1000 },
  );
});

test('every NOTIFICATION comes back as it was written', () => {
  const any = fc.record({
    type: fc.constant('NOTIFICATION' as const),
    code: fc.nat({ max: 255 }),
    subcode: fc.nat({ max: 255 }),
    data: fc.uint8Array({ maxLength: 600 }),
  });
  fc.assert(
    fc.property(any, (message) => {
      expect(again(message)).toEqual(same(message));
    }),
  );
});

test('every ROUTE-REFRESH comes back as it was written', () => {
  const any = fc.record({
    type: fc.constant('ROUTE-REFRESH' as const),
    afi: fc.nat({ max: 0xffff }),
    safi: fc.nat({ max: 255 }),
    subtype: fc.nat({ max: 255 }),
  });
  fc.assert(
    fc.property(any, (message) => {
      expect(again(message)).toEqual(same(message));
    }),
  );
});
