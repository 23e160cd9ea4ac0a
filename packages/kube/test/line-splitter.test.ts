import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../src/line-splitter.ts';

function split(chunks: readonly Uint8Array[], bytesMax = 1_000_000): string[] {
  const splitter = new LineSplitter(bytesMax);
  return chunks.flatMap((chunk) => {
    const { lines, isTooLong } = splitter.push(chunk);
    return isTooLong ? [...lines, 'line-too-long'] : lines;
  });
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('LineSplitter', () => {
  it('gives the same lines wherever the stream is cut, inside a character too', () => {
    const text = '{"name":"größe 🚀"}\n\n{"b":2}\r\n{"c":"';
    const whole = bytes(text);
    for (let at = 0; at <= whole.length; at++) {
      expect(split([whole.subarray(0, at), whole.subarray(at)])).toEqual([
        '{"name":"größe 🚀"}',
        '{"b":2}\r',
      ]);
    }
    expect(split(Array.from(whole, (byte) => Uint8Array.of(byte)))).toHaveLength(2);
  });

  it('agrees with String.split for any lines and any cuts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ' '))),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (lines, cuts) => {
          const whole = bytes(lines.map((line) => `${line}\n`).join(''));
          const edges = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].sort(
            (a, b) => a - b,
          );
          const chunks = edges.slice(1).map((edge, i) => whole.subarray(edges[i], edge));
          expect(split(chunks)).toEqual(lines.filter((line) => line.trim() !== ''));
        },
      ),
    );
  });

  it('refuses a line over the limit, in one chunk or over many, and not one of exactly the limit', () => {
    expect(split([bytes('12345\n')], 5)).toEqual(['12345']);
    expect(split([bytes('123456\n')], 5)).toEqual(['line-too-long']);
    expect(split([bytes('a\n123'), bytes('45'), bytes('6')], 5)).toEqual(['a', 'line-too-long']);
    expect(split([bytes('123'), bytes('45\n12'), bytes('345\n')], 5)).toEqual(['12345', '12345']);
    expect(split([bytes('1\n123456\n2\n')], 5)).toEqual(['1', 'line-too-long']);
    expect(split([bytes('ööö\n')], 5)).toEqual(['line-too-long']);
    expect(split([bytes('ööa\n')], 5)).toEqual(['ööa']);
  });
});
