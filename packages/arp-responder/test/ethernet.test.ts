import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEthernet, encodeEthernet } from '../src/index.ts';
import { hex, toHex } from './frames.ts';

const PLAIN = hex(
  'ffffffffffff' + // destination: everybody
    '020000000099' + // source
    '0806' + // ARP
    '0001', // payload begins
);
const TAGGED = hex(
  'ffffffffffff020000000099' +
    '8100' + // IEEE 802.1Q
    'b007' + // priority 5, drop eligible, VLAN 7
    '86dd' + // IPv6
    '60',
);

describe('Ethernet frames', () => {
  test('an untagged frame is read', () => {
    expect(decodeEthernet(PLAIN)).toEqual({
      destination: hex('ffffffffffff'),
      source: hex('020000000099'),
      etherType: 0x0806,
      payload: hex('0001'),
    });
  });

  test('the tag of a VLAN is read', () => {
    expect(decodeEthernet(TAGGED)).toEqual({
      destination: hex('ffffffffffff'),
      source: hex('020000000099'),
      vlan: { id: 7, priority: 5, dropEligible: true },
      etherType: 0x86dd,
      payload: hex('60'),
    });
  });

  test('cut anywhere in its header a frame is truncated', () => {
    for (const [whole, header] of [
      [PLAIN, 14],
      [TAGGED, 18],
    ] as const) {
      for (let length = 0; length < header; length++)
        expect(decodeEthernet(whole.subarray(0, length))).toBe('truncated');
      expect(decodeEthernet(whole.subarray(0, header))).toMatchObject({
        payload: new Uint8Array(),
      });
    }
  });

  test('an IEEE 802.3 length is no type', () => {
    expect(decodeEthernet(hex('ffffffffffff 020000000099 05ff'))).toBe('not-ethernet-ii');
  });

  test('any bytes give a frame that is written back unchanged, or a reason', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .uint8Array({ minLength: 4, maxLength: 20 })
        .map((rest) => Uint8Array.of(...TAGGED.subarray(0, 14), ...rest)),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        const frame = decodeEthernet(bytes);
        const result = typeof frame === 'string' ? frame : toHex(encodeEthernet(frame));
        expect(['truncated', 'not-ethernet-ii', toHex(bytes)]).toContain(result);
      }),
    );
  });

  test('what cannot be written is refused with the name of the field', () => {
    const frame = {
      destination: hex('ffffffffffff'),
      source: hex('020000000099'),
      etherType: 0x0806,
      payload: hex(''),
    };
    expect(() => encodeEthernet({ ...frame, source: hex('02') })).toThrow(
      'source must have 6 bytes, not 1',
    );
    expect(() => encodeEthernet({ ...frame, etherType: 0x05ff })).toThrow('etherType');
    expect(() =>
      encodeEthernet({ ...frame, vlan: { id: 4096, priority: 0, dropEligible: false } }),
    ).toThrow('vlan.id');
    expect(() =>
      encodeEthernet({ ...frame, vlan: { id: 1, priority: 8, dropEligible: false } }),
    ).toThrow('vlan.priority');
  });
});
