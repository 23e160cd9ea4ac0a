import { describe, expect, test } from 'vitest';
import { wifiTimings } from '../src/index.ts';
import {
  withLongRights,
  withoutConsent,
  withoutGuard,
  withoutListening,
  withoutLists,
  withoutObjections,
  withoutPromises,
  withoutQuorum,
  withoutSequence,
} from './broken.ts';
import { drawSchedule, run, type Schedule, shrink } from './schedule.ts';
import { runSeeds } from './seeds.ts';
import type { SegmentOptions } from './segment.ts';

// SEED=n replays one schedule, shrinks it if it fails, and prints what happened; L2_SCHEDULES=n runs so many, L2_FROM=n from there on.
const given = process.env['SEED'];
const count = Number(process.env['L2_SCHEDULES'] ?? 10_000);
const strictCount = Math.ceil(count / 10);

describe('segments under all faults at once', () => {
  test(
    'never have two answerers that hear each other, and one again when the faults are over',
    { timeout: 60_000 + count * 200 },
    async () => {
      const first = Number(given ?? process.env['L2_FROM'] ?? 1);
      const last = given === undefined ? first + count - 1 : first;
      const { failed, turns, moves, doubleMs } = await runSeeds(first, last);
      if (failed !== undefined) throw new Error(explain(drawSchedule(failed)));
      // The simulation is worth something only if much happens in it: addresses move, and parted sides answer each for itself.
      if (given !== undefined) return;
      expect(turns / count).toBeGreaterThan(500);
      expect(moves / count).toBeGreaterThan(1);
      expect(doubleMs / count).toBeGreaterThan(1);
    },
  );

  test.each([
    [214_413, 'addresses that nobody ever had wait for nodes that know of them later'],
    [
      217_822,
      'a node was stopped for so long while it tried that it let others try once it was back, and they left it to the node that the API names',
    ],
  ])('are over after schedule %s, in which %s', (seed) => {
    expect(run(drawSchedule(seed)).violations).toEqual([]);
  });

  test('give the same result for the same seed', () => {
    expect(run(drawSchedule(7))).toEqual(run(drawSchedule(7)));
  });

  test('have no two answerers anywhere if more than half of the nodes must agree', async () => {
    const { failed, moves, doubleMs } = await runSeeds(1, strictCount, { strict: true });
    if (failed !== undefined) throw new Error(explain(drawSchedule(failed, { strict: true })));
    expect(doubleMs).toBe(0);
    expect(moves / strictCount).toBeGreaterThan(1);
  });

  test('keep the promise if what a node was asked while it was stopped is answered before it reads anything', async () => {
    const { failed } = await runSeeds(1, 500, { answersFirst: true });
    expect(failed).toBeUndefined();
  });

  test('keep the promise if nodes begin late, and what they heard before that counts as listening', () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const { violations } = run(drawSchedule(seed, { startsSlowly: true }));
      // All is settled later, too, as those that were dead are started last.
      expect(violations.filter((text) => !text.startsWith('not settled'))).toEqual([]);
    }
  });

  test('with the times for Wi-Fi keep the same promise', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { violations } = run(drawSchedule(seed, { timings: wifiTimings }));
      expect(violations.filter((text) => !text.startsWith('not settled'))).toEqual([]);
    }
  });
});

describe('the oracle sees', () => {
  test.each<[string, Partial<SegmentOptions>, number]>([
    ['a holder that counts what it sent, not what was heard', { machine: withoutPromises }, 600],
    ['a claim that takes silence for consent', { machine: withoutConsent }, 1],
    ['a node that claims without listening first', { machine: withoutListening }, 250],
    [
      'a thawed node that answers before it reads',
      { machine: withoutGuard, answersFirst: true },
      1,
    ],
    ['a node that nobody objects for', { machine: withoutObjections }, 300],
    ['a node that does not mind which list a frame refers to', { machine: withoutLists }, 1250],
    ['a node that takes old frames for new', { machine: withoutSequence }, 880],
    ['clocks that drift by more than is allowed for', { drift: 0.15 }, 50],
    ['a smaller part that goes on', { machine: withoutQuorum, strict: true }, 1],
    ['rights that outlast the promises', { machine: withLongRights }, 1],
  ])('%s', (_rule, broken, from) => {
    let seed = from;
    while (!failsBroken(seed, broken)) {
      seed++;
      expect(seed, 'nothing was caught in 300 schedules').toBeLessThan(from + 300);
    }
    // The same schedule is harmless to the protocol as it is.
    const { strict = false } = broken;
    expect(run(drawSchedule(seed, strict ? { strict } : {})).violations).toEqual([]);
  });

  test('a failing schedule, and shrinks it to the faults that it needs', () => {
    const broken = { machine: withoutConsent };
    let seed = 1;
    while (!failsBroken(seed, broken)) seed++;
    const schedule = drawSchedule(seed, broken);
    const smallest = shrink(schedule);
    expect(run(smallest).violations).not.toEqual([]);
    expect(smallest.faults.length).toBeLessThan(schedule.faults.length);
  });
});

/** Two answered that hear each other: what the tests of broken rules are about. */
function failsBroken(seed: number, broken: Partial<SegmentOptions>): boolean {
  return run(drawSchedule(seed, broken)).violations.some((text) => text.includes('answered by'));
}

function explain(schedule: Schedule): string {
  const smallest = shrink(schedule);
  const lines: string[] = [];
  const { violations } = run(smallest, (line) => lines.push(line));
  return [
    `SEED=${schedule.seed} replays: ${violations.join('; ')}`,
    `with ${JSON.stringify(smallest.options)} and these faults:`,
    ...smallest.faults.map((fault) => JSON.stringify(fault)),
    ...lines.slice(-80),
  ].join('\n');
}
