import { describe, expect, test } from 'vitest';
import { exceeded, growthOf, LONG_RUN, type Course } from './bounds.ts';
import type { Vitals } from './vitals.ts';

const vitals = (at: number, more: Partial<Vitals> = {}): Vitals => ({
  atMs: at * 10_000,
  residentMb: 80,
  anonymousMb: 30,
  heapMb: 12,
  descriptors: 30,
  sockets: 12,
  resources: 15,
  series: 40,
  leads: false,
  lines: at,
  ...more,
});

/** Nine samples over 80 s, and a rest at the beginning and at the end. */
const course = (of: (at: number) => Partial<Vitals>): Course => {
  const samples = Array.from({ length: 9 }, (_, at) => vitals(at, of(at)));
  const rest = (begin: number): Course['rests'][number] => ({
    begin: vitals(begin, of(begin)),
    end: vitals(begin + 1, of(begin + 1)),
  });
  return { samples, rests: [rest(0), rest(7)] };
};

test('a daemon that is the same all the time keeps every bound', () => {
  expect(exceeded(growthOf(course(() => ({}))), LONG_RUN)).toEqual([]);
});

test('garbage that is collected counts for nothing; what stays after collections does', () => {
  const sawtooth = course((at) => ({ heapMb: 12 + (at % 3) * 10 }));
  expect(growthOf(sawtooth).heapFloorMb).toBe(0);
  const rising = course((at) => ({ heapMb: 12 + at + (at % 3) * 10 }));
  expect(exceeded(growthOf(rising), LONG_RUN)).toEqual(['heapFloorMb: 6.0 is more than 1.5']);
});

test('memory is compared by the median of the thirds, so that one peak counts for nothing', () => {
  expect(growthOf(course((at) => ({ anonymousMb: at === 7 ? 300 : 30 }))).anonymousMb).toBe(0);
  const grown = course((at) => ({ anonymousMb: 30 + 2 * at }));
  expect(exceeded(growthOf(grown), LONG_RUN)).toEqual(['anonymousMb: 12.0 is more than 6']);
});

test.each(['descriptors', 'sockets', 'resources', 'series'] as const)(
  '%s are compared at the rests, whatever they were between',
  (field) => {
    const busy = course((at) => (at > 1 && at < 7 ? { [field]: 5000 } : {}));
    expect(growthOf(busy)[field]).toBe(0);
    const left = course((at) => (at >= 7 ? { [field]: 1000 } : {}));
    expect(exceeded(growthOf(left), LONG_RUN)).toHaveLength(1);
  },
);

describe('at the rests of each half the lowest counts', () => {
  const { samples } = course(() => ({}));
  const growth = (...rests: readonly (readonly [resources: number, leads: boolean])[]): number =>
    growthOf({
      samples,
      rests: rests.map(([resources, leads], at) => ({
        begin: vitals(at),
        end: vitals(at, { resources, leads }),
      })),
    }).resources;

  test('of those in which it led, and of those in which it stood by', () => {
    expect(growth([13, true], [4, false], [13, true], [13, true])).toBe(0);
    expect(growth([13, true], [4, false], [4, false], [19, true])).toBe(6);
    expect(growth([4, false], [4, false], [9, false], [13, true])).toBe(5);
  });

  test('of all, where it led in one half alone', () => {
    expect(growth([4, false], [7, false], [10, true], [13, true])).toBe(6);
  });
});

test('lines of the log are counted by the minute, over all and at the rests', () => {
  const { linesPerMinute, linesPerMinuteAtRest } = growthOf(course((at) => ({ lines: at * at })));
  expect(linesPerMinute).toBe((64 - 0) / (80 / 60));
  expect(linesPerMinuteAtRest).toBe((1 - 0 + 64 - 49) / (20 / 60));
});

test('a figure that could not be had keeps no bound', () => {
  const unknown = course(() => ({ resources: Number.NaN }));
  expect(exceeded(growthOf(unknown), LONG_RUN)).toEqual(['resources: NaN is more than 4']);
});

test('too little to judge by is an error', () => {
  expect(() => growthOf({ samples: [], rests: [] })).toThrow('too little was seen');
});
