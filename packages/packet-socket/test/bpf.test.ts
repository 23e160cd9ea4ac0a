import fc from 'fast-check';
import { endianness } from 'node:os';
import { describe, expect, test } from 'vitest';
import { assemble, BPF_INSTRUCTIONS_MAX, DROP, KEEP, keepAnyOf, requireField } from '../src/bpf.ts';
import { check, runBpf } from './bpf-interpreter.ts';
import { hex } from './frames.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });

function frameOf(words: readonly number[]): Uint8Array {
  const frame = new Uint8Array(words.length * 4);
  const view = new DataView(frame.buffer);
  for (const [at, value] of words.entries()) view.setUint32(at * 4, value);
  return frame;
}

describe('keepAnyOf', () => {
  test('keeps exactly the frames whose word is in the set', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 700 }), fc.array(word), (keys, others) => {
        const program = keepAnyOf(
          0,
          keys.map((key) => [key]),
        );
        check(program);
        for (const value of [...keys, ...others, ...keys.map((key) => (key + 1) >>> 0)]) {
          expect(runBpf(program, frameOf([value])) > 0).toBe(keys.includes(value));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('keeps exactly the frames whose four words are in the set, also where words are shared', () => {
    const few = fc.integer({ min: 0, max: 5 }); // So that keys share their beginnings.
    const key = fc.tuple(few, few, word, few);
    fc.assert(
      fc.property(fc.array(key, { maxLength: 300 }), fc.array(key), (keys, others) => {
        const program = keepAnyOf(4, keys);
        check(program);
        const known = new Set(keys.map(String));
        for (const words of [...keys, ...others]) {
          expect(runBpf(program, frameOf([7, ...words])) > 0).toBe(known.has(String(words)));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('jumps further than 255 instructions by a jump of its own', () => {
    const program = keepAnyOf(
      0,
      Array.from({ length: 1500 }, (_, at) => [at * 3]),
    );
    check(program);
    expect(program.length).toBeLessThan(BPF_INSTRUCTIONS_MAX);
    for (let value = 0; value < 4510; value += 7) {
      expect(runBpf(program, frameOf([value])) > 0).toBe(value % 3 === 0 && value < 4500);
    }
  });

  test('a frame that ends before the word is dropped', () => {
    expect(runBpf(keepAnyOf(4, [[0]]), new Uint8Array(7))).toBe(0);
  });
});

describe('assemble', () => {
  test('an instruction is 8 bytes: code, two jumps, operand', () => {
    const bytes = assemble([...requireField(2, 12, 0x0806), KEEP]);
    const golden = hex(
      '2800 00 00 0c000000' + // ldh [12]
        '1500 01 00 06080000' + // jeq #0x806, skip 1
        '0600 00 00 00000000' + // ret #0
        '0600 00 00 00000400', // ret #0x40000
    );
    expect(endianness()).toBe('LE');
    expect(bytes).toEqual(golden);
  });

  test.each([0, BPF_INSTRUCTIONS_MAX + 1])('a program of %i instructions is refused', (length) => {
    expect(() => assemble(Array.from({ length }, () => DROP))).toThrow(/instructions/);
  });
});
