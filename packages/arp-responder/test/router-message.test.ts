import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ROUTER_TYPE, decodeRouterMessage, encodeRouterMessage } from '../src/index.ts';
import { hex, toHex } from './frames.ts';

/** What follows the checksum of an advertisement as FRR sends it where BGP needs it. */
const ADVERTISEMENT = hex(
  '40' + // hop limit 64
    '80' + // M
    '0708' + // router lifetime 1,800 s
    '0000ea60' + // reachable for 60,000 ms
    '000003e8' + // 1,000 ms between solicitations
    '01 01 020000000002' + // source link-layer address
    '05 01 0000 000005dc', // MTU 1500
);
/** The same of a solicitation. */
const SOLICITATION = hex('00000000 01 01 020000000001');
const OPTIONS_AT = { 133: 4, 134: 12 } as const;

describe('messages of router discovery', () => {
  test('an advertisement is read with all of its fields and options', () => {
    expect(decodeRouterMessage({ type: 134, code: 0, body: ADVERTISEMENT })).toEqual({
      type: ROUTER_TYPE.ADVERTISEMENT,
      hopLimit: 64,
      flags: 0x80,
      lifetimeS: 1800,
      reachableMs: 60_000,
      retransmitMs: 1000,
      options: [
        { type: 1, data: hex('020000000002') },
        { type: 5, data: hex('0000 000005dc') },
      ],
    });
  });

  test('a solicitation is read with its options', () => {
    expect(decodeRouterMessage({ type: 133, code: 0, body: SOLICITATION })).toEqual({
      type: ROUTER_TYPE.SOLICITATION,
      options: [{ type: 1, data: hex('020000000001') }],
    });
  });

  test.each([
    [133, SOLICITATION],
    [134, ADVERTISEMENT],
  ] as const)('type %i cut anywhere but between options is refused by name', (type, body) => {
    for (let length = 0; length < body.length; length++) {
      const read = decodeRouterMessage({ type, code: 0, body: body.subarray(0, length) });
      const isWhole = length >= OPTIONS_AT[type] && (length - OPTIONS_AT[type]) % 8 === 0;
      const fault = length < OPTIONS_AT[type] ? 'truncated' : 'bad-option';
      expect(typeof read === 'string' ? read : 'read', `${length}`).toBe(isWhole ? 'read' : fault);
    }
  });

  test('other types, other codes and options of length zero are refused by name', () => {
    const body = ADVERTISEMENT;
    expect(decodeRouterMessage({ type: 135, code: 0, body })).toBe('not-router-discovery');
    expect(decodeRouterMessage({ type: 134, code: 1, body })).toBe('bad-code');
    const endless = Uint8Array.of(...body.subarray(0, 12), 1, 0, 0, 0, 0, 0, 0, 0);
    expect(decodeRouterMessage({ type: 134, code: 0, body: endless })).toBe('bad-option');
  });

  test('every message survives being written and read, unknown options included', () => {
    const option = fc
      .tuple(fc.nat(255), fc.integer({ min: 1, max: 5 }))
      .chain(([type, n]) =>
        fc
          .uint8Array({ minLength: n * 8 - 2, maxLength: n * 8 - 2 })
          .map((data) => ({ type, data })),
      );
    const options = fc.array(option, { maxLength: 4 });
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const message = fc.oneof(
      fc.record({ type: fc.constant(ROUTER_TYPE.SOLICITATION), options }),
      fc.record({
        type: fc.constant(ROUTER_TYPE.ADVERTISEMENT),
        hopLimit: fc.nat(255),
        flags: fc.nat(255),
        lifetimeS: fc.nat(0xffff),
        reachableMs: word,
        retransmitMs: word,
        options,
      }),
    );
    fc.assert(
      fc.property(message, (written) => {
        expect(decodeRouterMessage(encodeRouterMessage(written))).toEqual(written);
      }),
    );
  });

  test('any bytes give a message that is written back unchanged but for reserved bytes, or a reason', () => {
    const body = fc
      .tuple(fc.uint8Array({ maxLength: 14 }), fc.array(fc.nat(3), { maxLength: 30 }))
      .map(([head, rest]) => Uint8Array.of(0, 0, 0, 0, ...head, ...rest));
    fc.assert(
      fc.property(body, fc.constantFrom(133, 134), (bytes, type) => {
        const message = decodeRouterMessage({ type, code: 0, body: bytes });
        const result =
          typeof message === 'string' ? message : toHex(encodeRouterMessage(message).body);
        expect(['truncated', 'bad-option', toHex(bytes)]).toContain(result);
      }),
    );
  });
});
