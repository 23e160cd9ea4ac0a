import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FreeSet } from '../src/free-set.ts';

test('a free set agrees with a list of booleans', () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 60 });
  fc.assert(
    fc.property(numbers, (toggled) => {
      let set = FreeSet.of(12n);
      const free = Array.from({ length: 12 }, () => true);
      for (const number of toggled) {
        set = free[number] === true ? set.take(BigInt(number)) : set.give(BigInt(number));
        free[number] = free[number] !== true;
        const first = free.indexOf(true);
        expect(set.first()).toBe(first < 0 ? undefined : BigInt(first));
        expect(free.map((_, at) => set.has(BigInt(at)))).toEqual(free);
      }
    }),
  );
});

test('taking a number twice, or giving back one that is free, is our own mistake and throws', () => {
  const set = FreeSet.of(4n).take(2n);
  expect(() => set.take(2n)).toThrow('not free');
  expect(() => set.take(4n)).toThrow('not free');
  expect(() => set.give(1n)).toThrow('free already');
});

test('nothing is free of a capacity of zero', () => {
  expect(FreeSet.of(0n).first()).toBeUndefined();
});
