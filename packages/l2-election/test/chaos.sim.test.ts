import { describe, expect, test } from 'vitest';
import { wiredTimings } from '../src/index.ts';
import {
  withoutConsent,
  withoutGuard,
  withoutListening,
  withoutObjections,
  withoutPromises,
  withoutSequence,
} from './broken.ts';
import { drawSchedule, run, shrink } from './schedule.ts';
import type { SegmentOptions } from './segment.ts';

// SEED=n replays one schedule, shrinks it if it fails, and prints what happened; L2_SCHEDULES=n runs so many.
const given = process.env['SEED'];
const count = Number(process.env['L2_SCHEDULES'] ?? 7500);

describe('segments under all faults at once', () => {
  test(
    'never have two answerers that hear each other, and one again when the faults are over',
    { timeout: 60_000 + count * 100 },
    () => {
      const from = given === undefined ? 1 : Number(given);
      const to = given === undefined ? count : from;
      let [turns, moves, doubleMs] = [0, 0, 0];
      for (let seed = from; seed <= to; seed++) {
        const result = run(drawSchedule(seed));
        if (result.violations.length > 0) throw new Error(explain(seed));
        turns += result.turns;
        moves += result.moves;
        doubleMs += result.doubleMs;
      }
      // The simulation is worth something only if much happens in it: addresses move, and parted sides answer each for itself.
      if (given !== undefined) return;
      expect(turns / count).toBeGreaterThan(500);
      expect(moves / count).toBeGreaterThan(1);
      expect(doubleMs / count).toBeGreaterThan(1);
    },
  );

  test('give the same result for the same seed', () => {
    expect(run(drawSchedule(7))).toEqual(run(drawSchedule(7)));
  });

  test('with the times for Wi-Fi keep the same promise', async () => {
    const { wifiTimings } = await import('../src/index.ts');
    for (let seed = 1; seed <= 200; seed++) {
      const { violations } = run(drawSchedule(seed, { timings: wifiTimings }));
      expect(violations.filter((text) => !text.startsWith('not settled'))).toEqual([]);
    }
  });
});

describe('the oracle sees', () => {
  test.each<[string, Partial<SegmentOptions>, number]>([
    ['a holder that counts what it sent, not what was heard', { machine: withoutPromises }, 100],
    ['a claim that takes silence for consent', { machine: withoutConsent }, 1],
    ['a node that claims without listening first', { machine: withoutListening }, 250],
    [
      'a thawed node that answers before it reads',
      { machine: withoutGuard, answersFirst: true },
      1,
    ],
    ['a node that nobody objects for', { machine: withoutObjections }, 150],
    ['a node that takes old frames for new', { machine: withoutSequence }, 150],
    ['clocks that drift by more than is allowed for', { drift: 0.15 }, 50],
    ['rights that outlast the promises', { timings: { ...wiredTimings, marginMs: -150 } }, 1],
  ])('%s', (_rule, broken, from) => {
    let seed = from;
    while (!failsBroken(seed, broken)) {
      seed++;
      expect(seed, 'nothing was caught in 300 schedules').toBeLessThan(from + 300);
    }
    // The same schedule is harmless to the protocol as it is.
    expect(run(drawSchedule(seed)).violations).toEqual([]);
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

function explain(seed: number): string {
  const smallest = shrink(drawSchedule(seed));
  const lines: string[] = [];
  const { violations } = run(smallest, (line) => lines.push(line));
  return [
    `SEED=${seed} replays: ${violations.join('; ')}`,
    `with ${JSON.stringify(smallest.options)} and these faults:`,
    ...smallest.faults.map((fault) => JSON.stringify(fault)),
    ...lines.slice(-80),
  ].join('\n');
}
