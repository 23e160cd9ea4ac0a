import { describe, expect, test } from 'vitest';
import type { Contestant, Strategy } from './contestant.ts';
import type { Evaluation } from './recording.ts';
import { broken, isUnproven, median, table } from './report.ts';
import type { RunResult } from './run.ts';
import { STALL_MAX_MS, type Aim, type Scenario } from './scenario.ts';

function scenario(aim: Aim): Scenario {
  return {
    name: 'killed',
    title: 'speaker killed',
    fault: async () => {},
    aims: { wire: aim, lease: {} },
  };
}

function contestant(strategy?: Strategy): Contestant {
  const name = strategy === undefined ? 'peer' : 'ours';
  const pod = { account: '', labels: {}, readyUrl: '' };
  const part = { name, pod, heartbeats: [], patienceMs: 0, settleMs: 0 };
  return {
    ...part,
    ...(strategy !== undefined && { strategy }),
    prepare: async () => {},
    startSpeaker: () => Promise.reject(new Error('not in this test')),
    reunite: async () => {},
  };
}

const CALM: Evaluation = { silenceMs: 10, twoMs: 0, moves: 0, announcements: 2 };

function run(evaluation: Partial<Evaluation>, connected?: RunResult['connected']): RunResult {
  return {
    families: new Map([['4', { ...CALM, ...evaluation }]]),
    heartbeatBytesPerSecond: 3_000,
    writesPerMinute: 0,
    connected,
    stallMs: 0,
  };
}

describe('a promise of ours is broken', () => {
  test('when two answered, whatever the scenario', () => {
    const complaints = broken(scenario({}), contestant('lease'), run({ twoMs: 40 }));
    expect(complaints).toEqual(['IPv4: two answered for 40 ms']);
  });

  test('not when two answered for no longer than an aim allows, also where the machine stood still', () => {
    const stalled = { ...run({ twoMs: 40 }), stallMs: STALL_MAX_MS + 1 };
    expect(broken(scenario({ twoMs: 40 }), contestant('wire'), stalled)).toEqual([]);
    expect(broken(scenario({ twoMs: 39 }), contestant('wire'), stalled)).toHaveLength(1);
  });

  test('when the silence or the moves are above the aim, and not when they are at it, in whole milliseconds', () => {
    const aimed = scenario({ silenceMs: 1_000, moves: 1 });
    expect(broken(aimed, contestant('wire'), run({ silenceMs: 1_000.4, moves: 1 }))).toEqual([]);
    expect(broken(aimed, contestant('wire'), run({ silenceMs: 1_001, moves: 2 }))).toEqual([
      'IPv4: silent for 1001 ms, aim 1000',
      'IPv4: moved 2 times, aim 1',
    ]);
  });

  test('when a connection failed where all have to succeed', () => {
    const connected = {
      made: 50,
      failures: ['failed 900 no answer in time'],
      cut: 0,
      slowestMs: 900,
    };
    const complaints = broken(
      scenario({ allConnect: true }),
      contestant('wire'),
      run({}, connected),
    );
    expect(complaints).toEqual(['1 of 50 connections failed: failed 900 no answer in time']);
    expect(broken(scenario({}), contestant('wire'), run({}, connected))).toEqual([]);
  });

  test('by a silence only where the machine did not stand still, and by two answerers always', () => {
    const aimed = scenario({ silenceMs: 1_000 });
    const stalled = { ...run({ silenceMs: 5_000 }), stallMs: STALL_MAX_MS + 1 };
    expect(broken(aimed, contestant('wire'), stalled)).toEqual([]);
    expect(broken({ ...aimed, stallMaxMs: 1_000 }, contestant('wire'), stalled)).toHaveLength(1);
    const two = { ...run({ twoMs: 10 }), stallMs: STALL_MAX_MS + 1 };
    expect(broken(aimed, contestant('wire'), two)).toEqual(['IPv4: two answered for 10 ms']);
  });

  test('never by a peer, who promised us nothing', () => {
    expect(broken(scenario({ silenceMs: 1 }), contestant(), run({ twoMs: 5_000 }))).toEqual([]);
  });
});

test('the median of an even number of values is the upper one of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(3);
});

test('the table shows a line for each contestant and family, with median, worst case and verdict', () => {
  const aimed = scenario({ silenceMs: 1_000 });
  const runs = [run({ silenceMs: 700 }), run({ silenceMs: 1_200 }), run({ silenceMs: 800 })];
  const text = table(
    [
      { scenario: aimed, contestant: contestant('wire'), runs },
      { scenario: aimed, contestant: contestant(), runs },
    ],
    ['4', '6'],
  );
  const [, , ours = '', peer = '', ...more] = text.split('\n');
  expect(more).toEqual([]);
  const cells = ours.split('|').map((cell) => cell.trim());
  expect(cells.slice(1, 8)).toEqual([
    'speaker killed',
    'ours',
    '4',
    '3 + 0',
    '800',
    '1200',
    '≤ 1000',
  ]);
  expect(cells).toContain('BROKEN in 1');
  expect(peer).not.toContain('BROKEN');
});

test('runs in which the machine stood still count only for the two answerers, and prove nothing', () => {
  const aimed = scenario({ silenceMs: 1_000 });
  const stalled = { ...run({ silenceMs: 5_000, twoMs: 0 }), stallMs: STALL_MAX_MS + 1 };
  const measured = { scenario: aimed, contestant: contestant('wire') };
  const mixed = table([{ ...measured, runs: [run({ silenceMs: 700 }), stalled] }], ['4']);
  expect(mixed).toContain('1 + 1');
  expect(mixed).not.toContain('5000');
  expect(isUnproven({ ...measured, runs: [run({}), stalled] })).toBe(false);
  expect(isUnproven({ ...measured, runs: [stalled] })).toBe(true);
  expect(table([{ ...measured, runs: [stalled] }], ['4'])).toContain('machine too busy');
});
