import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARP_LENGTH, ARP_OPERATION, decodeArp, encodeArp } from '../src/index.ts';
import { hex, ip, toHex } from './frames.ts';

const REQUEST = hex(
  '0001' + // hardware: Ethernet
    '0800' + // protocol: IPv4
    '06 04' + // lengths of their addresses
    '0001' + // request
    '020000000099 c0000263' + // sender: 192.0.2.99
    '000000000000 c000020a', // target: 192.0.2.10
);

describe('ARP packets', () => {
  test('a request is read', () => {
    expect(decodeArp(REQUEST)).toEqual({
      operation: ARP_OPERATION.REQUEST,
      senderMac: hex('020000000099'),
      senderIp: ip('192.0.2.99'),
      targetMac: hex('000000000000'),
      targetIp: ip('192.0.2.10'),
    });
  });

  test('cut anywhere it is truncated', () => {
    for (let length = 0; length < ARP_LENGTH; length++)
      expect(decodeArp(REQUEST.subarray(0, length))).toBe('truncated');
  });

  test.each([
    [0, 'hardware type'],
    [2, 'protocol type'],
    [4, 'hardware length'],
    [5, 'protocol length'],
  ])('with another value at byte %i (%s) it does not speak of IPv4 over Ethernet', (at) => {
    const other = Uint8Array.from(REQUEST);
    other[at] = 0x20;
    expect(decodeArp(other)).toBe('not-ethernet-ipv4');
  });

  test('any bytes give a packet that is written back unchanged, or a reason', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .uint8Array({ minLength: 22, maxLength: 40 })
        .map((rest) => Uint8Array.of(...REQUEST.subarray(0, 6), ...rest)),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        const packet = decodeArp(bytes);
        const result = typeof packet === 'string' ? packet : toHex(encodeArp(packet));
        expect(['truncated', 'not-ethernet-ipv4', toHex(bytes.subarray(0, ARP_LENGTH))]).toContain(
          result,
        );
      }),
    );
  });

  test('an address of the wrong length is refused with the name of the field', () => {
    const packet = decodeArp(REQUEST);
    if (typeof packet === 'string') throw new Error(packet);
    expect(() => encodeArp({ ...packet, targetIp: ip('::1') })).toThrow(
      'targetIp must have 4 bytes, not 16',
    );
  });
});
