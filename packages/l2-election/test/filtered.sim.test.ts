import { describe, expect, test } from 'vitest';
import { withoutDoubt } from './broken.ts';
import { filterHeartbeats, type FilteredOptions } from './filtered.ts';

// L2_FILTERED=n runs so many, L2_FROM=n from there on.
const count = Number(process.env['L2_FILTERED'] ?? 100);
const first = Number(process.env['L2_FROM'] ?? 1);
const seeds = Array.from({ length: count }, (_, index) => first + index);
const limitMs = 60_000 + count * 500;

describe('where heartbeats are filtered from some moment on, and the API is there', () => {
  test.each<[string, FilteredOptions]>([
    ['', { apiMostMs: 65 }],
    [', and takes up to 0.3 s one way', { apiMostMs: 250 }],
    [', and takes up to 0.15 s, for two nodes', { apiMostMs: 150, nodes: 2 }],
    [', and a process stands still meanwhile', { apiMostMs: 65, stalls: 1 }],
  ])(
    'never two answer%s, and one does later',
    (_title, options) => {
      for (const seed of seeds) {
        const { doubleMs, answerers } = filterHeartbeats(seed, options);
        expect(doubleMs, `seed ${seed}`).toBe(0);
        expect(new Set(answerers), `seed ${seed}`).toEqual(new Set([1]));
      }
    },
    limitMs,
  );

  test('nothing moves, and nobody is silent', () => {
    for (const seed of seeds) {
      expect(filterHeartbeats(seed, { apiMostMs: 65 }), `seed ${seed}`).toMatchObject({
        moves: 0,
        silenceMs: 0,
      });
    }
  });

  test('two would both answer if who hears nobody did not ask the API', () => {
    const double = (options: FilteredOptions): number =>
      Math.max(
        ...seeds.map(
          (seed) => filterHeartbeats(seed, { ...options, machine: withoutDoubt }).doubleMs,
        ),
      );
    expect(double({ apiMostMs: 65, nodes: 2 })).toBeGreaterThan(0);
    expect(double({ apiMostMs: 65, stalls: 1 })).toBeGreaterThan(0);
  });
});
