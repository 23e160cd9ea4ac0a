import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnswerTable } from '../src/answer-table.ts';
import { endInTable } from '../src/index.ts';

const addressOf = (number: number): Uint8Array => Uint8Array.of(192, 0, number >> 8, number);

/** What a link finds in the memory that it was handed last. */
function tableWithMemory() {
  const handed: Uint8Array[] = [];
  const table = new AnswerTable((memory) => void handed.push(memory));
  const find = (address: Uint8Array): number =>
    endInTable(handed.at(-1) ?? new Uint8Array(), Uint8Array.of(9, ...address, 9), 1);
  return { table, find, handed };
}

test('the memory agrees with a plain map, whatever is added, set and removed, however far it grows', () => {
  const step = fc.record({
    number: fc.nat({ max: 300 }),
    kind: fc.constantFrom('add', 'add', 'set', 'remove'),
    endMs: fc.double({ noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const { table, find, handed } = tableWithMemory();
      const slots = new Map<number, number>();
      const model = new Map<number, number>();
      for (const { number, kind, endMs } of steps) {
        const slot = slots.get(number);
        if (kind === 'add' && slot === undefined) {
          slots.set(number, table.add(addressOf(number)));
          model.set(number, 0);
        } else if (kind === 'set' && slot !== undefined) {
          table.set(slot, endMs);
          model.set(number, endMs);
        } else if (kind === 'remove' && slot !== undefined) {
          table.remove(slot);
          slots.delete(number);
          model.delete(number);
        }
      }
      for (let number = 0; number <= 300; number++) {
        expect(find(addressOf(number))).toBe(model.get(number) ?? 0);
      }
      expect(new Set(slots.values()).size).toBe(slots.size);
      for (const memory of handed) expect(memory.byteOffset % 8).toBe(0);
    }),
  );
});

test('only growth hands over new memory, and what was set before stands in it', () => {
  const { table, find, handed } = tableWithMemory();
  for (let number = 0; number < 16; number++) table.set(table.add(addressOf(number)), number + 1);
  expect(handed).toHaveLength(1);
  table.set(table.add(addressOf(16)), 17);
  expect(handed.map((memory) => memory.length)).toEqual([16 * 12, 32 * 12]);
  for (let number = 0; number <= 16; number++) expect(find(addressOf(number))).toBe(number + 1);
  expect(find(addressOf(17))).toBe(0);
});
