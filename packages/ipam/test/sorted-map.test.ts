import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedMap } from '../src/sorted-map.ts';

const keys = fc.bigInt({ min: 0n, max: 40n });
const changes = fc.array(fc.tuple(fc.boolean(), keys), { maxLength: 200 });

test('a sorted map agrees with a plain one that is sorted after each change', () => {
  fc.assert(
    fc.property(changes, keys, (steps, probe) => {
      let map = SortedMap.empty<bigint, string>();
      const model = new Map<bigint, string>();
      for (const [at, [add, key]] of steps.entries()) {
        map = add ? map.with(key, `${at}`) : map.without(key);
        if (add) model.set(key, `${at}`);
        else model.delete(key);
      }
      const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      expect([...map]).toEqual(sorted);
      expect(map.size).toBe(sorted.length);
      expect(map.first()).toEqual(sorted[0]);
      expect(map.get(probe)).toBe(model.get(probe));
      expect(map.has(probe)).toBe(model.has(probe));
      expect(map.floor(probe)).toEqual(sorted.findLast(([key]) => key <= probe));
      expect(map.rank(probe)).toBe(sorted.filter(([key]) => key < probe).length);
      expect(sorted.map((_, index) => map.at(index))).toEqual(sorted);
      expect(map.at(sorted.length)).toBeUndefined();
    }),
  );
});

test('a changed map leaves the one it was made from as it was', () => {
  const before = SortedMap.empty<string, number>().with('a', 1).with('b', 2);
  before.with('c', 3);
  before.without('a');
  expect([...before]).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
});

test('a map filled in ascending order stays shallow enough for a hundred thousand entries', () => {
  let map = SortedMap.empty<bigint, bigint>();
  for (let key = 0n; key < 100_000n; key++) map = map.with(key, key);
  expect(map.at(77_777)).toEqual([77_777n, 77_777n]);
  for (let key = 0n; key < 100_000n; key += 2n) map = map.without(key);
  expect([map.size, map.first()]).toEqual([50_000, [1n, 1n]]);
});
