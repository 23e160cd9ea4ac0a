import { seededRandom } from '@picluster/testkit';
import { describe, expect, test } from 'vitest';
import { drawFaults } from './faults.ts';
import { Segment, type SegmentOptions } from './segment.ts';

const FAULTY_MS = 6000;
/** From the end of all faults: all answer again, and what is apart is gathered. */
const GATHERED_MS = 6000;
const seeds = Array.from({ length: 300 }, (_, index) => index + 1);

/** Addresses 1 and 2 are of one Service, 3 and 4 of another, … */
const inPairs = (address: string): string | undefined => {
  const number = Number(address.split('.')[3]);
  return number % 2 === 0 ? `192.0.2.${number - 1}` : undefined;
};

function segment(seed: number, more: Partial<SegmentOptions> = {}): Segment {
  return new Segment(seed, {
    nodes: 3,
    addresses: 6,
    beside: inPairs,
    startWithinMs: 500,
    ...more,
  });
}

/** The nodes that answer for each Service. */
function ownersOf(lan: Segment): number[][] {
  const owners = lan.oracle.answerers().map((nodes) => {
    expect(nodes).toHaveLength(1);
    return nodes[0] ?? -1;
  });
  return [0, 2, 4].map((first) => {
    const pair = new Set(owners.slice(first, first + 2));
    return Array.from(pair);
  });
}

const each = (owners: readonly (readonly number[])[]): number[] =>
  owners.map(({ length }) => length);

describe('addresses that belong together', () => {
  test('begin on one node, Services still being spread, and stay there', () => {
    for (const seed of seeds.slice(0, 50)) {
      const lan = segment(seed);
      lan.run(5000);
      const owners = ownersOf(lan);
      expect(each(owners), `seed ${seed}`).toEqual([1, 1, 1]);
      expect(new Set(owners.flat()).size, `seed ${seed}`).toBe(3);
      lan.run(15_000);
      expect(lan.oracle.moves).toBe(0);
    }
  });

  test('are apart as often as not where nobody says that they belong together', () => {
    const apart = seeds.slice(0, 50).filter((seed) => {
      const lan = segment(seed, { beside: () => undefined });
      lan.run(5000);
      return each(ownersOf(lan)).some((count) => count > 1);
    });
    expect(apart.length).toBeGreaterThan(40);
  });

  test.each(['crash', 'stop'] as const)(
    'go to one node together on a %s, and are not given on',
    (kind) => {
      for (const seed of seeds.slice(0, 50)) {
        const lan = segment(seed, { loss: 0.05 });
        lan.run(5000);
        const [node = 0] = ownersOf(lan)[0] ?? [];
        const fault = {
          atMs: 5000,
          forMs: 10_000,
          node,
          other: 0,
          side: 0,
          oneWayMs: 0,
          address: 0,
        };
        lan.schedule([{ ...fault, kind }]);
        lan.run(9000);
        expect(each(ownersOf(lan)), `seed ${seed}`).toEqual([1, 1, 1]);
        // One pair was there, and each of its addresses moved once.
        expect(lan.oracle.moves, `seed ${seed}`).toBe(2);
        expect(lan.oracle.violations).toEqual([]);
      }
    },
  );

  test('are gathered where the first one is, within 30 ms each, when it is learned late that they belong together', () => {
    let late = 0;
    for (const seed of seeds.slice(0, 50)) {
      const known = { now: false };
      const lan = segment(seed, {
        beside: (address) => (known.now ? inPairs(address) : undefined),
      });
      lan.run(5000);
      const before = lan.oracle.answerers().map(([node]) => node);
      known.now = true;
      // Each node hears of it at its own time.
      for (const [index, node] of lan.nodes.entries()) {
        lan.queue.at(5000 + index * 700, () => {
          for (const address of node.addresses) node.stand(address);
        });
      }
      lan.oracle.forgetSilence(5000);
      lan.run(15_000);
      expect(each(ownersOf(lan)), `seed ${seed}`).toEqual([1, 1, 1]);
      const after = lan.oracle.answerers().map(([node]) => node);
      for (const first of [0, 2, 4]) expect(after[first]).toBe(before[first]);
      late = Math.max(late, lan.oracle.longestSilenceMs(15_000));
      expect(lan.oracle.violations).toEqual([]);
    }
    expect(late).toBeLessThan(30);
  });

  test('are together again after all faults, and two that hear each other never both answer', () => {
    for (const seed of seeds) {
      const random = seededRandom(seed);
      const loss = [0, 0.05, 0.2][seed % 3] ?? 0;
      const lan = segment(seed, { loss, withApi: seed % 2 === 0 });
      const size = { nodes: 3, addresses: 6, lengthMs: FAULTY_MS, dense: seed % 4 === 0 };
      lan.schedule(drawFaults(random, size));
      lan.run(FAULTY_MS);
      lan.calmDown();
      lan.run(FAULTY_MS + GATHERED_MS);
      expect(lan.oracle.violations, `seed ${seed}`).toEqual([]);
      expect(each(ownersOf(lan)), `seed ${seed}`).toEqual([1, 1, 1]);
    }
  });
});

describe('nodes that do not agree on what belongs together', () => {
  test('never both answer, whatever happens, and move nothing more after a while', () => {
    for (const seed of seeds.slice(0, 100)) {
      const random = seededRandom(seed);
      const numbers = [undefined, 1, 2, 3, 4, 5, 6];
      // Any address beside any other, also in circles, and on each node differently.
      const drawn = new Map<string, string | undefined>();
      const beside = (address: string, node: number): string | undefined => {
        const key = `${address} ${node}`;
        if (!drawn.has(key)) {
          const number = numbers[Math.floor(random() * numbers.length)];
          drawn.set(key, number === undefined ? undefined : `192.0.2.${number}`);
        }
        return drawn.get(key);
      };
      const lan = segment(seed, { beside, loss: seed % 2 === 0 ? 0.05 : 0 });
      const size = { nodes: 3, addresses: 6, lengthMs: FAULTY_MS, dense: false };
      lan.schedule(drawFaults(random, size));
      lan.run(FAULTY_MS);
      lan.calmDown();
      lan.run(60_000);
      const { moves } = lan.oracle;
      lan.run(120_000);
      expect(lan.oracle.violations, `seed ${seed}`).toEqual([]);
      expect(lan.oracle.moves - moves, `seed ${seed}`).toBe(0);
      expect(lan.oracle.answerers().map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1]);
    }
  });
});
