import { describe, expect, test } from 'vitest';
import {
  completeOptions,
  type ElectorEffect,
  type ElectorInput,
  type ElectorState,
  formatMicroTime,
  initialState,
  type LeaderElectorOptions,
  type LeaseRecord,
  step,
} from '../src/index.ts';

const wallStartMs = 1_750_000_000_000;
type Happening = ElectorInput extends infer Input
  ? Input extends unknown
    ? Omit<Input, 'at'>
    : never
  : never;

/** Feeds a machine with the defaults of client-go; `random` is 0, so a candidate looks every 2 s. */
class Bench {
  state: ElectorState;

  constructor(options: Partial<LeaderElectorOptions> = {}) {
    this.state = initialState(completeOptions({ identity: 'me', ...options }));
  }

  at(nowMs: number, happening: Happening): readonly ElectorEffect[] {
    const at = { nowMs, wallMs: wallStartMs + nowMs, random: 0 };
    const [state, effects] = step(this.state, { ...happening, at });
    this.state = state;
    return effects;
  }

  /** Leads from 0 ms on, with token 0 and version 1; the renewal is due at 2 s. */
  lead(): this {
    this.at(0, { kind: 'start' });
    this.at(0, { kind: 'read', found: undefined });
    this.at(0, { kind: 'written', version: '1' });
    return this;
  }
}

function recordOf(holderIdentity: string, change: Partial<LeaseRecord> = {}): LeaseRecord {
  const time = formatMicroTime(wallStartMs);
  return {
    holderIdentity,
    leaseDurationSeconds: 15,
    acquireTime: time,
    renewTime: time,
    leaseTransitions: 0,
    ...change,
  };
}
const others = { record: recordOf('other', { leaseTransitions: 4 }), version: '9' };
const kinds = (effects: readonly ElectorEffect[]): string[] => effects.map(({ kind }) => kind);

describe('a candidate', () => {
  test('creates a record where there is none, and leads from the time it sent it', () => {
    const bench = new Bench();
    expect(bench.at(0, { kind: 'start' })).toEqual([{ kind: 'get', deadlineMs: 5000 }]);
    expect(bench.at(30, { kind: 'read', found: undefined })).toEqual([
      { kind: 'create', record: recordOf('me', times(30)), deadlineMs: 5030 },
    ]);
    expect(bench.at(100, { kind: 'written', version: '1' })).toEqual([
      { kind: 'observed', holder: 'me' },
      { kind: 'lead', token: 0, untilMs: 10_030 },
      { kind: 'wait', atMs: 2100 },
    ]);
  });

  test('waits a whole lease from when it saw the record, whatever the times in it say', () => {
    const longAgo = formatMicroTime(0);
    const record = { ...others.record, renewTime: longAgo, acquireTime: longAgo };
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    for (let ms = 10; ms < 15_010; ms += 1000) {
      expect(kinds(bench.at(ms, { kind: 'read', found: { record, version: '9' } }))).not.toContain(
        'update',
      );
      expect(kinds(bench.at(ms, { kind: 'wake' }))).toEqual(['get']);
    }
    expect(bench.at(15_010, { kind: 'read', found: { record, version: '9' } })).toEqual([
      {
        kind: 'update',
        record: recordOf('me', { ...times(15_010), leaseTransitions: 5 }),
        version: '9',
        deadlineMs: 20_010,
      },
    ]);
  });

  test('takes the lease of a holder that is known to be dead at once, under the next token', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    expect(bench.at(10, { kind: 'read', found: others, holderDead: true })).toEqual([
      { kind: 'observed', holder: 'other' },
      {
        kind: 'update',
        record: recordOf('me', { ...times(10), leaseTransitions: 5 }),
        version: '9',
        deadlineMs: 5010,
      },
    ]);
    bench.at(20, { kind: 'written', version: '10' });
    expect(bench.state.term).toEqual({ token: 5, untilMs: 10_010 });
  });

  test('asks anew whether the holder is dead when somebody wrote in between', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    bench.at(10, { kind: 'read', found: others, holderDead: true });
    expect(kinds(bench.at(20, { kind: 'conflict' }))).toEqual(['get']);
    const third = { record: recordOf('third', { leaseTransitions: 5 }), version: '10' };
    const answer = bench.at(30, { kind: 'read', found: third, holderDead: false });
    expect(kinds(answer)).toEqual(['observed', 'wait']);
  });

  test('waits for the end of its own old work, also where the new holder is known to be dead', () => {
    const bench = new Bench().lead();
    bench.at(10_000, { kind: 'term-over' });
    bench.at(10_010, { kind: 'wake' });
    expect(
      kinds(bench.at(10_020, { kind: 'read', found: others, holderDead: true })),
    ).not.toContain('update');
    bench.at(10_030, { kind: 'work-done' });
    expect(kinds(bench.at(10_040, { kind: 'read', found: others, holderDead: true }))).toContain(
      'update',
    );
  });

  test('counts anew from each change', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    bench.at(0, { kind: 'read', found: others });
    const renewed = { record: { ...others.record, renewTime: formatMicroTime(5) }, version: '10' };
    bench.at(14_999, { kind: 'read', found: renewed });
    expect(kinds(bench.at(29_998, { kind: 'read', found: renewed }))).toEqual(['wait']);
    expect(kinds(bench.at(29_999, { kind: 'read', found: renewed }))).toEqual(['update']);
  });

  test('does not take a label put on the Lease for a sign of life, but names the new version', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    bench.at(0, { kind: 'read', found: others });
    expect(bench.at(15_000, { kind: 'read', found: { ...others, version: '10' } })).toMatchObject([
      { kind: 'update', version: '10' },
    ]);
  });

  test('waits as long as the record says, and its own lease where the record says nothing', () => {
    for (const [seconds, freeMs] of [
      [3, 3000],
      [60, 60_000],
      [0, 15_000],
    ] as const) {
      const bench = new Bench();
      const found = { record: recordOf('other', { leaseDurationSeconds: seconds }), version: '1' };
      bench.at(0, { kind: 'start' });
      bench.at(0, { kind: 'read', found });
      expect(kinds(bench.at(freeMs - 1, { kind: 'read', found }))).toEqual(['wait']);
      expect(kinds(bench.at(freeMs, { kind: 'read', found }))).toEqual(['update']);
    }
  });

  test('looks again with jitter, and at the latest when the lease runs out', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    expect(bench.at(0, { kind: 'read', found: others })).toContainEqual({
      kind: 'wait',
      atMs: 2000,
    });
    const at = { nowMs: 100, wallMs: wallStartMs, random: 0.5 };
    const [, jittered] = step(bench.state, { kind: 'read', found: others, at });
    expect(jittered).toEqual([{ kind: 'wait', atMs: 100 + 2000 * 1.6 }]);
    expect(bench.at(14_000, { kind: 'read', found: others })).toEqual([
      { kind: 'wait', atMs: 15_000 },
    ]);
  });

  test('takes a released lease at once, under the next token', () => {
    const bench = new Bench();
    const released = {
      record: recordOf('', { leaseTransitions: 4, leaseDurationSeconds: 1 }),
      version: '9',
    };
    bench.at(0, { kind: 'start' });
    expect(bench.at(0, { kind: 'read', found: released })).toMatchObject([
      { kind: 'observed', holder: '' },
      { kind: 'update', record: { holderIdentity: 'me', leaseTransitions: 5 } },
    ]);
  });

  test('leaves a free lease alone until its first-try delay is over', () => {
    const bench = new Bench({ firstTryDelayMs: 700 });
    bench.at(100, { kind: 'start' });
    expect(bench.at(110, { kind: 'read', found: undefined })).toEqual([
      { kind: 'wait', atMs: 800 },
    ]);
    bench.at(800, { kind: 'wake' });
    expect(kinds(bench.at(810, { kind: 'read', found: undefined }))).toEqual(['create']);
  });

  test('starts to count again after a failed look: an outage frees nothing', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    bench.at(0, { kind: 'read', found: others });
    bench.at(14_000, { kind: 'failed' });
    expect(kinds(bench.at(50_000, { kind: 'read', found: others }))).toEqual(['wait']);
    expect(kinds(bench.at(64_999, { kind: 'read', found: others }))).toEqual(['wait']);
    expect(kinds(bench.at(65_000, { kind: 'read', found: others }))).toEqual(['update']);
  });

  test('waits for a record that bears its name but was written by another process', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    const found = { record: recordOf('me', { leaseTransitions: 4 }), version: '9' };
    expect(kinds(bench.at(0, { kind: 'read', found }))).toEqual(['observed', 'wait']);
    expect(bench.at(15_000, { kind: 'read', found })).toMatchObject([
      { kind: 'update', record: { holderIdentity: 'me', leaseTransitions: 5 } },
    ]);
  });

  test('knows its own write again whose answer was lost, and leads from the renewal', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    const [create] = bench.at(0, { kind: 'read', found: undefined });
    if (create?.kind !== 'create') throw new Error('no create');
    bench.at(5000, { kind: 'failed' });
    bench.at(7000, { kind: 'wake' });
    expect(
      bench.at(7010, { kind: 'read', found: { record: create.record, version: '1' } }),
    ).toEqual([
      { kind: 'observed', holder: 'me' },
      {
        kind: 'update',
        record: { ...create.record, renewTime: formatMicroTime(wallStartMs + 7010) },
        version: '1',
        deadlineMs: 12_010,
      },
    ]);
    expect(bench.at(7020, { kind: 'written', version: '2' })).toContainEqual({
      kind: 'lead',
      token: 0,
      untilMs: 17_010,
    });
  });

  test('that lost the race looks at once who won', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    bench.at(0, { kind: 'read', found: undefined });
    expect(kinds(bench.at(10, { kind: 'conflict' }))).toEqual(['get']);
    expect(kinds(bench.at(20, { kind: 'read', found: others }))).toEqual(['observed', 'wait']);
  });

  test('goes on waiting for a holder whose Lease somebody deletes, and goes on with the tokens', () => {
    const bench = new Bench();
    bench.at(0, { kind: 'start' });
    bench.at(0, { kind: 'read', found: others });
    expect(kinds(bench.at(8000, { kind: 'read', found: undefined }))).toEqual(['wait']);
    expect(bench.at(15_000, { kind: 'read', found: undefined })).toMatchObject([
      { kind: 'create', record: { leaseTransitions: 5 } },
    ]);
  });
});

describe('a leader', () => {
  test('renews without a look first, and counts its right from when it sent that', () => {
    const bench = new Bench().lead();
    expect(bench.at(2000, { kind: 'wake' })).toMatchObject([
      {
        kind: 'update',
        version: '1',
        deadlineMs: 7000,
        record: {
          ...times(0),
          renewTime: formatMicroTime(wallStartMs + 2000),
          leaseTransitions: 0,
        },
      },
    ]);
    expect(bench.at(4500, { kind: 'written', version: '2' })).toEqual([
      { kind: 'extend', untilMs: 12_000 },
      { kind: 'wait', atMs: 6500 },
    ]);
  });

  test('looks after a conflict, and writes again where only the version changed', () => {
    const bench = new Bench().lead();
    const mine = bench.state.seen?.record ?? recordOf('nobody');
    bench.at(2000, { kind: 'wake' });
    expect(kinds(bench.at(2010, { kind: 'conflict' }))).toEqual(['get']);
    expect(bench.at(2020, { kind: 'read', found: { record: mine, version: '7' } })).toMatchObject([
      { kind: 'update', version: '7', record: { holderIdentity: 'me', leaseTransitions: 0 } },
    ]);
  });

  test('is none any more where the record names somebody else', () => {
    const bench = new Bench().lead();
    bench.at(2000, { kind: 'wake' });
    bench.at(2010, { kind: 'conflict' });
    expect(bench.at(2020, { kind: 'read', found: others })).toMatchObject([
      { kind: 'observed', holder: 'other' },
      { kind: 'lost', reason: 'taken' },
      { kind: 'wait' },
    ]);
  });

  test('tries again after a failure, cuts the last request where its term ends, and then is none', () => {
    const bench = new Bench().lead();
    bench.at(2000, { kind: 'wake' });
    expect(bench.at(7000, { kind: 'failed' })).toEqual([{ kind: 'wait', atMs: 9000 }]);
    expect(bench.at(9000, { kind: 'wake' })).toEqual([{ kind: 'get', deadlineMs: 10_000 }]);
    expect(bench.at(10_000, { kind: 'term-over' })).toEqual([{ kind: 'lost', reason: 'expired' }]);
  });

  test('looks at the clock before it counts an answer: one that comes after the end does not save the term', () => {
    const bench = new Bench().lead();
    bench.at(9_000, { kind: 'wake' });
    expect(kinds(bench.at(10_000, { kind: 'written', version: '2' }))).toEqual(['lost', 'wait']);
  });

  test('leads again after an outage under the same token, but not before its work has ended', () => {
    const bench = new Bench().lead();
    const mine = bench.state.seen?.record ?? recordOf('nobody');
    bench.at(2000, { kind: 'wake' });
    bench.at(7000, { kind: 'failed' });
    bench.at(10_000, { kind: 'term-over' });
    expect(
      kinds(bench.at(60_000, { kind: 'read', found: { record: mine, version: '1' } })),
    ).toEqual(['wait']);
    bench.at(60_100, { kind: 'work-done' });
    expect(
      kinds(bench.at(62_000, { kind: 'read', found: { record: mine, version: '1' } })),
    ).toEqual(['update']);
    expect(bench.at(62_010, { kind: 'written', version: '2' })).toContainEqual({
      kind: 'lead',
      token: 0,
      untilMs: 72_000,
    });
  });

  test('writes a deleted Lease anew with the same token', () => {
    const bench = new Bench().lead();
    bench.at(2000, { kind: 'wake' });
    bench.at(2010, { kind: 'conflict' });
    expect(bench.at(2020, { kind: 'read', found: undefined })).toMatchObject([
      { kind: 'create', record: { holderIdentity: 'me', leaseTransitions: 0, ...acquired(0) } },
    ]);
  });

  test('writes another time at each renewal, even if its wall clock stands still', () => {
    const bench = new Bench().lead();
    const at = { nowMs: 2000, wallMs: wallStartMs, random: 0 };
    const [, [update]] = step(bench.state, { kind: 'wake', at });
    expect(update).toMatchObject({ record: { renewTime: formatMicroTime(wallStartMs + 1) } });
  });
});

describe('an elector that is stopped', () => {
  test('ends the term, waits for the work, and only then gives the lease up as client-go does', () => {
    const bench = new Bench().lead();
    expect(bench.at(1000, { kind: 'stop' })).toEqual([
      { kind: 'lost', reason: 'stopped' },
      { kind: 'wait', atMs: 10_000 },
    ]);
    expect(bench.at(1500, { kind: 'work-done' })).toEqual([
      {
        kind: 'update',
        version: '1',
        deadlineMs: 6500,
        record: recordOf('', { ...times(1500), leaseDurationSeconds: 1 }),
      },
    ]);
    expect(bench.at(1510, { kind: 'written', version: '2' })).toEqual([
      { kind: 'observed', holder: '' },
      { kind: 'finished', outcome: 'released' },
    ]);
  });

  test('does not give the lease up while its work goes on', () => {
    const bench = new Bench().lead();
    bench.at(1000, { kind: 'stop' });
    expect(bench.at(10_000, { kind: 'wake' })).toEqual([
      { kind: 'finished', outcome: 'still-working' },
    ]);
  });

  test('looks first where a renewal was under way, and gives up what it finds to be its own', () => {
    const bench = new Bench().lead();
    bench.at(0, { kind: 'work-done' });
    const [renewal] = bench.at(2000, { kind: 'wake' });
    if (renewal?.kind !== 'update') throw new Error('no update');
    expect(kinds(bench.at(2010, { kind: 'stop' }))).toEqual(['lost', 'cancel', 'get']);
    expect(
      bench.at(2020, { kind: 'read', found: { record: renewal.record, version: '2' } }),
    ).toMatchObject([{ kind: 'update', version: '2', record: { holderIdentity: '' } }]);
    // The renewal that was given up arrives late all the same.
    expect(kinds(bench.at(2030, { kind: 'conflict' }))).toEqual(['get']);
  });

  test('leaves a lease alone that is not its own', () => {
    for (const found of [others, undefined]) {
      const bench = new Bench().lead();
      bench.at(0, { kind: 'work-done' });
      bench.at(2000, { kind: 'wake' });
      bench.at(2010, { kind: 'stop' });
      expect(bench.at(2020, { kind: 'read', found })).toContainEqual({
        kind: 'finished',
        outcome: 'kept',
      });
    }
  });

  test('is over at once where it never tried to lead, or is told to keep the lease', () => {
    const candidate = new Bench();
    candidate.at(0, { kind: 'start' });
    candidate.at(0, { kind: 'read', found: others });
    expect(candidate.at(1, { kind: 'stop' })).toEqual([{ kind: 'finished', outcome: 'kept' }]);
    const keeper = new Bench({ releaseOnStop: false }).lead();
    keeper.at(0, { kind: 'work-done' });
    expect(kinds(keeper.at(1, { kind: 'stop' }))).toEqual(['lost', 'finished']);
    expect(keeper.at(2, { kind: 'stop' })).toEqual([]);
  });

  test('stops trying to give the lease up when it fails or takes too long', () => {
    const failing = new Bench().lead();
    failing.at(0, { kind: 'work-done' });
    failing.at(1, { kind: 'stop' });
    expect(failing.at(2, { kind: 'failed' })).toEqual([{ kind: 'finished', outcome: 'kept' }]);
    const contended = new Bench().lead();
    contended.at(0, { kind: 'work-done' });
    contended.at(1, { kind: 'stop' });
    expect(contended.at(10_001, { kind: 'conflict' })).toEqual([
      { kind: 'finished', outcome: 'kept' },
    ]);
  });
});

function times(ms: number): Pick<LeaseRecord, 'acquireTime' | 'renewTime'> {
  const time = formatMicroTime(wallStartMs + ms);
  return { acquireTime: time, renewTime: time };
}

function acquired(ms: number): Pick<LeaseRecord, 'acquireTime'> {
  return { acquireTime: formatMicroTime(wallStartMs + ms) };
}
