import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLinkEvent } from '../src/link-event.ts';
import { hex } from './frames.ts';

/** A message of a little-endian machine: interface 7, up and running. */
const NEW_LINK = hex(
  '20000000' + // length 32
    '1000' + // RTM_NEWLINK
    '0000' + // flags
    '00000000 00000000' + // sequence, port
    '00' + // AF_UNSPEC
    '00' +
    '0100' + // ARPHRD_ETHER
    '07000000' + // interface 7
    '43100100' + // flags: UP, BROADCAST, RUNNING, MULTICAST, LOWER_UP
    'ffffffff', // change
);

function changed(at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(NEW_LINK);
  copy[at] = value;
  return copy;
}

describe('decodeLinkEvent', () => {
  test('reads interface and state of a new link', () => {
    expect(decodeLinkEvent(NEW_LINK)).toEqual({
      interfaceIndex: 7,
      deleted: false,
      running: true,
    });
  });

  test('a link without carrier, or taken down, is not running', () => {
    expect(decodeLinkEvent(changed(24, 0x03))).toMatchObject({ running: false });
    expect(decodeLinkEvent(changed(24, 0x42))).toMatchObject({ running: false });
  });

  test('knows a deleted link', () => {
    expect(decodeLinkEvent(changed(4, 17))).toMatchObject({ deleted: true, interfaceIndex: 7 });
  });

  test('what a bridge says of its port is not about the link itself', () => {
    expect(decodeLinkEvent(changed(16, 7))).toBe('other-family');
  });

  test('refuses other messages', () => {
    expect(decodeLinkEvent(changed(4, 20))).toBe('other-type');
  });

  test('a message cut off at any offset is short', () => {
    for (let end = 0; end < NEW_LINK.length; end++) {
      expect(decodeLinkEvent(NEW_LINK.subarray(0, end))).toBe('short');
    }
  });

  test('arbitrary bytes never throw: they are an event or a named fault', () => {
    const faults = new Set<unknown>(['short', 'other-type', 'other-family']);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const result = decodeLinkEvent(bytes);
        expect(typeof result === 'object' || faults.has(result)).toBe(true);
      }),
    );
  });
});
