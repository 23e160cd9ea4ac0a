import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NDP_OPTION, NDP_TYPE, decodeNdp, encodeNdp, linkLayerAddress } from '../src/index.ts';
import { hex, ip, toHex } from './frames.ts';

/** The body of an advertisement for fc00:f853:ccd:e799::1: what follows the checksum. */
const ADVERTISEMENT = hex(
  'e0000000' + // R, S, O
    'fc00f8530ccde7990000000000000001' + // target
    '02 01 020000000001' + // target link-layer address
    'fd 02 0102030405060708090a0b0c0d0e', // an option of 16 bytes that nobody knows
);
const MESSAGE = { type: 136, code: 0, body: ADVERTISEMENT };

describe('neighbour discovery messages', () => {
  test('an advertisement is read with all of its options', () => {
    expect(decodeNdp(MESSAGE)).toEqual({
      type: NDP_TYPE.NEIGHBOR_ADVERTISEMENT,
      router: true,
      solicited: true,
      override: true,
      target: ip('fc00:f853:ccd:e799::1'),
      options: [
        { type: NDP_OPTION.TARGET_LINK_LAYER_ADDRESS, data: hex('020000000001') },
        { type: 0xfd, data: hex('0102030405060708090a0b0c0d0e') },
      ],
    });
  });

  test('cut anywhere it is truncated or its option is bad, except between two options', () => {
    for (let length = 0; length < ADVERTISEMENT.length; length++) {
      const result = decodeNdp({ ...MESSAGE, body: ADVERTISEMENT.subarray(0, length) });
      const whole = length === 20 || length === 28;
      const fault = length < 20 ? 'truncated' : 'bad-option';
      expect(typeof result === 'string' ? result : 'read').toBe(whole ? 'read' : fault);
    }
  });

  test('an option of length zero makes the message a bad one', () => {
    const body = Uint8Array.of(...ADVERTISEMENT.subarray(0, 20), 1, 0, 0, 0, 0, 0, 0, 0);
    expect(decodeNdp({ ...MESSAGE, body })).toBe('bad-option');
  });

  test('other types, other codes and a multicast target are refused by name', () => {
    expect(decodeNdp({ ...MESSAGE, type: 134 })).toBe('not-neighbor-discovery');
    expect(decodeNdp({ ...MESSAGE, code: 1 })).toBe('bad-code');
    const body = Uint8Array.from(ADVERTISEMENT);
    body[4] = 0xff;
    expect(decodeNdp({ ...MESSAGE, body })).toBe('multicast-target');
  });

  test('every message survives being written and read, unknown options included', () => {
    const option = fc
      .tuple(fc.nat(255), fc.integer({ min: 1, max: 5 }))
      .chain(([type, n]) =>
        fc
          .uint8Array({ minLength: n * 8 - 2, maxLength: n * 8 - 2 })
          .map((data) => ({ type, data })),
      );
    const target = fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .filter((bytes) => bytes[0] !== 0xff);
    const common = { target, options: fc.array(option, { maxLength: 4 }) };
    const message = fc.oneof(
      fc.record({ type: fc.constant(NDP_TYPE.NEIGHBOR_SOLICITATION), ...common }),
      fc.record({
        type: fc.constant(NDP_TYPE.NEIGHBOR_ADVERTISEMENT),
        router: fc.boolean(),
        solicited: fc.boolean(),
        override: fc.boolean(),
        ...common,
      }),
    );
    fc.assert(
      fc.property(message, (written) => {
        expect(decodeNdp(encodeNdp(written))).toEqual(written);
      }),
    );
  });

  test('any bytes give a message that is written back unchanged but for reserved bits, or a reason', () => {
    const body = fc
      .tuple(
        fc.uint8Array({ minLength: 16, maxLength: 20 }),
        fc.array(fc.nat(3), { maxLength: 30 }),
      )
      .map(([head, rest]) => Uint8Array.of(0, 0, 0, 0, ...head, ...rest));
    fc.assert(
      fc.property(body, fc.constantFrom(135, 136), (bytes, type) => {
        const message = decodeNdp({ type, code: 0, body: bytes });
        const result = typeof message === 'string' ? message : toHex(encodeNdp(message).body);
        expect(['truncated', 'bad-option', 'multicast-target', toHex(bytes)]).toContain(result);
      }),
    );
  });

  test('a link-layer address is the first option of its type, if it has 6 bytes', () => {
    const data = hex('020000000099');
    const type = NDP_OPTION.SOURCE_LINK_LAYER_ADDRESS;
    expect(
      linkLayerAddress(
        [
          { type: 14, data: hex('') },
          { type, data },
        ],
        type,
      ),
    ).toEqual(data);
    expect(
      linkLayerAddress([{ type, data: hex('0102030405060708090a0b0c0d0e') }], type),
    ).toBeUndefined();
    expect(linkLayerAddress([], type)).toBeUndefined();
  });

  test('option data that fills no whole number of 8 bytes is refused', () => {
    const message = {
      type: NDP_TYPE.NEIGHBOR_SOLICITATION,
      target: ip('::1'),
      options: [{ type: 1, data: hex('01') }],
    };
    expect(() => encodeNdp(message)).toThrow('8 n - 2 bytes, not 1');
  });
});
