import { describe, expect, test } from 'vitest';
import { withoutEarshot } from './broken.ts';
import { type HubOptions, killHub } from './hub.ts';

// L2_HUBS=n runs so many, L2_FROM=n from there on.
const count = Number(process.env['L2_HUBS'] ?? 300);
const first = Number(process.env['L2_FROM'] ?? 1);
const seeds = Array.from({ length: count }, (_, index) => first + index);

describe('nodes that heard of each other only by one that died, while all reach the API', () => {
  test.each<[string, HubOptions]>([
    ['', {}],
    [', where processes stand still meanwhile', { stalls: true }],
    [', where addresses were new or on the move', { moves: true }],
    [', where both happens', { moves: true, stalls: true }],
    [
      ', where addresses were new or on the move and the API takes up to 2 s',
      { moves: true, apiMostMs: 2000 },
    ],
  ])(
    'never both answer%s, and one answers for each address later',
    (_title, options) => {
      for (const seed of seeds) {
        const { doubleMs, answerers } = killHub(seed, options);
        expect(doubleMs, `seed ${seed}`).toBe(0);
        expect(new Set(answerers), `seed ${seed}`).toEqual(new Set([1]));
      }
    },
    60_000 + count * 200,
  );

  test('are silent for half a second longer than where all hear each other', () => {
    for (const seed of seeds) {
      expect(killHub(seed).silenceMs, `seed ${seed}`).toBeLessThan(1_400);
    }
  });

  test('would both answer if each took the other for dead', () => {
    for (const seed of seeds.slice(0, 20)) {
      expect(killHub(seed, { machine: withoutEarshot }).doubleMs, `seed ${seed}`).toBeGreaterThan(
        0,
      );
    }
  });

  test('would both answer if a record that a node was not told of were replaced', () => {
    const slow = { moves: true, apiMostMs: 2000, tellsFirst: false };
    const double = seeds.slice(0, 100).map((seed) => killHub(seed, slow).doubleMs);
    expect(Math.max(...double)).toBeGreaterThan(0);
  });
});
