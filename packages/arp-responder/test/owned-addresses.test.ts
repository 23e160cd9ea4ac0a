import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress } from '../src/index.ts';
import { OwnedAddresses } from '../src/owned-addresses.ts';

const right = { text: '', deadline: 0, readMs: 0, linkMs: 0, withheld: false, slot: undefined };

test('the set agrees with a plain map from texts, whatever is added and removed', () => {
  const last = fc.constantFrom(0, 1, 128, 255);
  const address = fc.oneof(
    last.map((byte) => Uint8Array.of(byte, 0, 2, byte)),
    last.map((byte) => Uint8Array.of(0xfc, ...Array.from({ length: 14 }, () => byte), 1)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), address)), (steps) => {
      const set = new OwnedAddresses<number>();
      const model = new Set<string>();
      for (const [add, bytes] of steps) {
        const text = formatAddress(bytes);
        const touched = add ? set.add({ bytes, text }, right, 0) : set.remove(bytes);
        expect(touched?.text).toBe(add || model.has(text) ? text : undefined);
        if (add) model.add(text);
        else model.delete(text);
        const frame = Uint8Array.of(9, ...bytes, 9);
        expect(set.find(frame, 1, bytes.length === 4 ? 4 : 16)?.text).toBe(add ? text : undefined);
      }
      expect(Array.from(set, (owned) => owned.text).sort()).toEqual([...model].sort());
    }),
  );
});
