import { describe, expect, test } from 'vitest';
import { broken, median, table, type Measured } from './report.ts';

const run = (residentMb: number, readyMs: number = 500) => ({
  residentMb,
  anonymousMb: 20,
  readyMs,
});
const speaker = (services: number, residentMb: number, readyMs?: number): Measured => ({
  name: 'picluster',
  daemon: 'speaker',
  ours: true,
  services,
  runs: [run(residentMb, readyMs)],
});

describe('median', () => {
  test('is the value in the middle, or between the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('a promise is broken', () => {
  test.each([
    [2, 65, []],
    [2, 65.1, ['over 65 MB']],
    [2_000, 80, []],
    [2_000, 80.1, ['over 80 MB']],
    [10_000, 95.1, ['over 95 MB']],
    [20_000, 500, []],
  ])('with %i Services at %d MB: %j', (services, residentMb, complaints) => {
    expect(broken(speaker(services, residentMb))).toEqual(complaints);
  });

  test('by who is ready too late', () => {
    expect(broken(speaker(2, 60, 1_001))).toEqual(['ready after more than 1 s']);
  });

  test('by ours only', () => {
    expect(broken({ ...speaker(2, 500, 5_000), ours: false })).toEqual([]);
  });
});

describe('the table', () => {
  test('tells anonymous pages from those of files, and compares with the peer of the same daemon and load', () => {
    const runs = [run(60), run(66), run(64)];
    const text = table([
      { ...speaker(2, 0), runs },
      { ...speaker(2, 32), name: 'MetalLB', ours: false },
      { ...speaker(2_000, 1), name: 'MetalLB', ours: false },
    ]);
    expect(text.split('\n')[2]).toBe(
      '| 2 | picluster speaker | 64.0 (60.0–66.0) | 20.0 | 44.0 | 0.50 | 2.00 |  |',
    );
  });
});
