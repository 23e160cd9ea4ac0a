import { seededRandom } from '@picluster/testkit';
import { describe, expect, test } from 'vitest';
import { Segment } from './segment.ts';

// L2_HUBS=n runs so many, L2_FROM=n from there on.
const count = Number(process.env['L2_HUBS'] ?? 300);
const first = Number(process.env['L2_FROM'] ?? 1);

const apartMs = 4_000;
const deadAtMs = 9_000;
/** One that stood still while it tried may let others try first. */
const watchedMs = 20_000;
/** One way; each segment has an API that takes up to some time between these. */
const apiLeastMs = 1;
const apiMostMs = 300;

interface HubRun {
  readonly doubleMs: number;
  readonly silenceMs: number;
  readonly answerers: readonly number[];
}

/**
 * One node hears two parts that hear nothing of each other, and dies; the API is there for all, and takes its time. With `stalls`, processes of the others stand still
 * for up to 500 ms each, at any moment.
 */
function killHub(seed: number, { stalls }: { readonly stalls: boolean }): HubRun {
  const random = seededRandom(seed + 4242);
  const between = (least: number, most: number): number => least + random() * (most - least);
  const nodes = 3 + Math.floor(random() * 3);
  const segment = new Segment(seed, { nodes, addresses: 3, startWithinMs: 500 });
  segment.api.unheardMs = 12_000;
  segment.api.delayMs = [apiLeastMs, between(2 * apiLeastMs, apiMostMs)];
  segment.run(apartMs);
  const [hub, ...others] = segment.nodes;
  for (const one of others) {
    for (const other of others) {
      if (one.index % 2 !== other.index % 2) segment.cut(one, other, true);
    }
  }
  segment.run(deadAtMs);
  const fault = { side: 0, oneWayMs: 0, address: 0, other: 0 };
  const atMs = deadAtMs + between(0, 300);
  const frozen = Array.from({ length: stalls ? 3 : 0 }, () => ({
    ...fault,
    kind: 'freeze' as const,
    atMs: atMs + between(-500, 3000),
    forMs: between(1, 500),
    node: 1 + Math.floor(random() * (nodes - 1)),
  }));
  segment.oracle.forgetSilence(segment.queue.nowMs);
  segment.schedule([
    { ...fault, kind: 'crash', atMs, forMs: 2 * watchedMs, node: hub?.index ?? 0 },
    ...frozen,
  ]);
  segment.run(atMs + watchedMs);
  return {
    doubleMs: segment.oracle.doubleMs,
    silenceMs: segment.oracle.longestSilenceMs(segment.queue.nowMs),
    answerers: segment.oracle.answerers().map(({ length }) => length),
  };
}

describe('nodes that heard of each other only by one that died', () => {
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  // Where the API is quick for one and slow for another, what it took the one says little of the other: 1 of 3,500 segments.
  const doubleAtMost = Math.floor(count / 1000);

  test.each([
    ['while the API is there and takes up to 0.3 s one way', { stalls: false }],
    ['and where they stand still meanwhile', { stalls: true }],
  ])(
    'never both answer %s',
    (_title, how) => {
      let double = 0;
      for (const seed of seeds) {
        const { doubleMs, silenceMs, answerers } = killHub(seed, how);
        if (doubleMs > 0) double++;
        expect(answerers, `seed ${seed}`).toEqual([1, 1, 1]);
        expect(how.stalls ? 0 : silenceMs, `seed ${seed}`).toBeLessThan(6_000);
      }
      expect(double).toBeLessThanOrEqual(doubleAtMost);
    },
    60_000 + count * 200,
  );
});
