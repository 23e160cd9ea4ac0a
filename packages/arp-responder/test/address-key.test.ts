import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, keyAt } from '../src/address-key.ts';

test('an address comes back from its key, and two have the same key only if they are the same', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      const key = keyAt(Uint8Array.of(9, ...one, 9), 1, one.length);
      expect(bytesOf(key)).toEqual(one);
      expect(key === keyAt(other, 0, other.length)).toBe(Buffer.compare(one, other) === 0);
    }),
  );
});

test('the addresses with the highest and the lowest bits have keys like all others', () => {
  for (const text of [
    [0, 0, 0, 0],
    [255, 255, 255, 255],
    [128, 0, 0, 1],
    [127, 255, 255, 255],
  ]) {
    expect(bytesOf(keyAt(Uint8Array.from(text), 0, 4))).toEqual(Uint8Array.from(text));
  }
});
