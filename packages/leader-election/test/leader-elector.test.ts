import { describe, expect, test } from 'vitest';
import { MemoryLeaseLock, MemoryLeaseStore, SimClock } from '@picluster/testkit';
import {
  type Lead,
  LeaderElectionError,
  LeaderElector,
  type LeaderElectorDeps,
  type LeaderElectorOptions,
  type Term,
} from '../src/index.ts';

/** An elector with its own lock on a shared store, and a record of what happened to it. */
class Candidate {
  readonly stopper = new AbortController();
  readonly lock: MemoryLeaseLock;
  readonly elector: LeaderElector;
  readonly terms: Term[] = [];
  readonly statuses: boolean[] = [];
  readonly failures: string[] = [];
  readonly leaders: string[] = [];
  readonly logged: string[] = [];
  over = false;
  run: Promise<void> = Promise.resolve();

  constructor(
    world: World,
    identity: string,
    options: Partial<LeaderElectorOptions> = {},
    knownDead?: LeaderElectorDeps['knownDead'],
  ) {
    this.lock = new MemoryLeaseLock(world.store, world.clock);
    const write = (message: string): void => void this.logged.push(message);
    this.elector = new LeaderElector(
      {
        lock: this.lock,
        clock: world.clock,
        random: () => 0,
        log: { debug: write, info: write, warn: write, error: write },
        metrics: {
          masterStatus: (leading) => void this.statuses.push(leading),
          requestFailed: (request) => void this.failures.push(request),
        },
        ...(knownDead === undefined ? {} : { knownDead }),
      },
      { identity, onNewLeader: (leader) => void this.leaders.push(leader), ...options },
    );
  }

  start(lead: Lead = () => {}): this {
    this.run = this.elector.run((term) => {
      this.terms.push(term);
      return lead(term);
    }, this.stopper.signal);
    this.run.then(
      () => (this.over = true),
      () => (this.over = true),
    );
    return this;
  }

  get term(): Term {
    const term = this.terms.at(-1);
    if (term === undefined) throw new Error('has not led yet');
    return term;
  }
}

class World {
  readonly clock = new SimClock();
  readonly store = new MemoryLeaseStore();
  candidate(
    identity: string,
    options: Partial<LeaderElectorOptions> = {},
    knownDead?: LeaderElectorDeps['knownDead'],
  ): Candidate {
    return new Candidate(this, identity, options, knownDead);
  }
}

describe('an elector', () => {
  test('leads while it renews, and tells what it leads by', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    await world.clock.advance(60_000);
    expect(a.terms).toHaveLength(1);
    expect(a.term.token).toBe(0);
    expect(a.term.valid()).toBe(true);
    expect(a.elector.term).toBe(a.term);
    expect(a.term.untilMs()).toBe(70_000);
    expect(a.elector.observedHolder).toBe('a');
    expect(a.statuses).toEqual([false, true]);
    expect(a.lock.calls.filter(({ kind }) => kind === 'get')).toHaveLength(1);
  });

  test('takes over when the leader dies silently, a lease after it last renewed', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    await world.clock.advance(1);
    const b = world.candidate('b').start();
    await world.clock.advance(10_000);
    // Dead without a word: nothing of it ever reaches the store again. No event tells b.
    a.lock.fate = () => ({ outcome: 'stuck' });
    await world.clock.until(() => b.terms.length > 0, 20_000);
    expect(world.clock.nowMs()).toBeGreaterThanOrEqual(a.term.untilMs());
    expect(world.clock.nowMs()).toBeLessThan(10_000 + 15_000 + 2_000);
    expect(b.term.token).toBe(1);
    expect(b.leaders).toEqual(['a', 'b']);
  });

  test('ends its term at the deadline although the renewal hangs, and before another leads', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    await world.clock.advance(1);
    const b = world.candidate('b').start();
    await world.clock.advance(5_000);
    a.lock.fate = () => ({ outcome: 'stuck' });
    const untilMs = a.term.untilMs();
    await world.clock.until(() => a.term.signal.aborted);
    expect(world.clock.nowMs()).toBe(untilMs);
    expect(a.term.signal.reason).toBeInstanceOf(LeaderElectionError);
    expect(a.term.signal.reason).toMatchObject({ code: 'expired', details: { token: 0 } });
    expect(b.terms).toEqual([]);
    expect(a.elector.term).toBeUndefined();
    expect(a.statuses).toEqual([false, true, false]);
    expect(a.failures).toEqual(['update', 'get']);
  });

  test('does not lead for longer because an answer was slow', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    await world.clock.advance(1);
    a.lock.fate = () => ({ answerMs: 4_000 });
    await world.clock.advance(5_999);
    // Sent at 2 s, answered at 6 s.
    expect(a.term.untilMs()).toBe(12_000);
  });

  test('holds the lease over stored times from any clock', async () => {
    const world = new World();
    const time = '1999-01-01T00:00:00.000000Z';
    const record = {
      acquireTime: time,
      renewTime: time,
      leaseDurationSeconds: 15,
      leaseTransitions: 7,
    };
    world.store.put({ ...record, holderIdentity: 'dead' });
    const a = world.candidate('a').start();
    await world.clock.advance(14_999);
    expect(a.terms).toEqual([]);
    await world.clock.advance(1);
    expect(a.term.token).toBe(8);
  });

  test('writes the lease duration into the record that it creates', async () => {
    const world = new World();
    world.candidate('a').start();
    await world.clock.advance(1);
    expect(world.store.record).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2025-06-15T15:06:40.000000Z',
      renewTime: '2025-06-15T15:06:40.000000Z',
      leaseTransitions: 0,
    });
  });

  test('never leads without a lock: there is no "outside a cluster"', async () => {
    const world = new World();
    const a = world.candidate('a');
    a.lock.fate = () => ({ outcome: 'refused' });
    a.start();
    await world.clock.advance(120_000);
    expect(a.terms).toEqual([]);
    expect(a.over).toBe(false);
    expect(a.failures.length).toBeGreaterThan(50);
    expect(a.logged).toContain('lease request failed');
  });

  test('survives a lock that throws instead of rejecting, or rejects with no error', async () => {
    const world = new World();
    const a = world.candidate('a');
    let calls = 0;
    a.lock.get = () => {
      calls++;
      if (calls === 1) throw new Error('broken');
      // oxlint-disable-next-line prefer-promise-reject-errors -- a foreign lock may do so
      return calls === 2 ? Promise.reject() : Promise.resolve(world.store.get());
    };
    a.start();
    await world.clock.advance(10_000);
    expect(a.term.valid()).toBe(true);
    expect(a.failures).toEqual(['get', 'get']);
  });

  test('after an outage of the lock the sitting holder leads again, and nobody else', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    await world.clock.advance(1);
    const b = world.candidate('b').start();
    const c = world.candidate('c').start();
    await world.clock.advance(10_000);
    for (const { lock } of [a, b, c]) lock.fate = () => ({ outcome: 'refused' });
    await world.clock.advance(60_000);
    expect(a.term.valid()).toBe(false);
    for (const { lock } of [a, b, c]) lock.fate = () => ({});
    await world.clock.advance(60_000);
    expect(a.term.valid()).toBe(true);
    expect(a.terms.map(({ token }) => token)).toEqual([0, 0]);
    expect([...b.terms, ...c.terms]).toEqual([]);
  });

  test('after an outage in which the holder died, another leads a lease after its first look', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    await world.clock.advance(1);
    const b = world.candidate('b').start();
    await world.clock.advance(10_000);
    a.lock.fate = () => ({ outcome: 'stuck' });
    b.lock.fate = () => ({ outcome: 'refused' });
    await world.clock.advance(60_000);
    b.lock.fate = () => ({});
    const backMs = world.clock.nowMs();
    await world.clock.until(() => b.terms.length > 0);
    expect(world.clock.nowMs() - backMs).toBeGreaterThanOrEqual(15_000);
    expect(world.clock.nowMs() - backMs).toBeLessThanOrEqual(17_000);
  });

  test('that runs late, as a thawed process does, says itself that its term is over', async () => {
    const world = new World();
    const late: (() => void)[] = [];
    const frozen = {
      nowMs: () => world.clock.nowMs(),
      wallMs: () => world.clock.wallMs(),
      timer: (ms: number, fire: () => void) => world.clock.timer(ms, () => late.push(fire)),
    };
    const lock = new MemoryLeaseLock(world.store, world.clock);
    let term: Term | undefined;
    const elector = new LeaderElector({ lock, clock: frozen, random: () => 0 }, { identity: 'a' });
    void elector.run((given) => void (term = given), new AbortController().signal);
    await world.clock.advance(11_000);
    expect(term?.signal.aborted).toBe(false);
    expect(term?.valid()).toBe(false);
    expect(elector.term).toBeUndefined();
  });
});

describe('stopping an elector', () => {
  test('aborts the term, awaits the work, gives the lease up, and another leads under the next token', async () => {
    const world = new World();
    const order: string[] = [];
    const a = world.candidate('a').start(async (term) => {
      await aborted(term.signal);
      order.push(`holder while the work ends: ${world.store.record?.holderIdentity}`);
      await world.clock.sleep(300);
      order.push(`holder when it has ended: ${world.store.record?.holderIdentity}`);
    });
    await world.clock.advance(1);
    const b = world.candidate('b').start();
    await world.clock.advance(5_000);
    a.stopper.abort();
    await world.clock.advance(299);
    expect(a.over).toBe(false);
    await world.clock.advance(1);
    expect(order).toEqual(['holder while the work ends: a', 'holder when it has ended: a']);
    expect(world.store.record).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    expect(a.over).toBe(true);
    expect(a.term.signal.reason).toMatchObject({ code: 'stopped' });
    expect(a.logged).toContain('lease released');
    await world.clock.advance(2_000);
    expect(b.term.token).toBe(1);
  });

  test('does not give up a lease under work that does not end, and ends all the same', async () => {
    const world = new World();
    const a = world.candidate('a').start(() => new Promise(() => {}));
    await world.clock.advance(1);
    a.stopper.abort();
    await world.clock.advance(10_000);
    expect(a.over).toBe(true);
    expect(world.store.record?.holderIdentity).toBe('a');
    expect(a.logged).toContain('lease not released: the work did not end in its term');
  });

  test('releases although a renewal is under way that still arrives', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    await world.clock.advance(1);
    a.lock.fate = ({ record }) =>
      record?.holderIdentity === 'a' ? { requestMs: 30 } : { requestMs: 40 };
    await world.clock.advance(2_000);
    a.stopper.abort();
    await world.clock.advance(1_000);
    expect(a.over).toBe(true);
    expect(world.store.record?.holderIdentity).toBe('');
  });

  test('leaves no timer behind', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    const b = world.candidate('b').start();
    await world.clock.advance(5_000);
    for (const { stopper } of [a, b]) stopper.abort();
    await world.clock.advance(0);
    expect([a.over, b.over]).toEqual([true, true]);
    expect(world.clock.pending).toBe(0);
  });

  test('from within the listener of a term that is lost does no harm', async () => {
    const world = new World();
    const a = world.candidate('a');
    a.start((term) => term.signal.addEventListener('abort', () => a.stopper.abort()));
    await world.clock.advance(1);
    a.lock.fate = () => ({ outcome: 'refused' });
    await world.clock.advance(20_000);
    expect(a.over).toBe(true);
    expect(a.terms).toHaveLength(1);
  });

  test('before the start means not to start', async () => {
    const world = new World();
    const a = world.candidate('a');
    a.stopper.abort();
    a.start();
    await a.run;
    expect(a.lock.calls).toEqual([]);
  });
});

describe('the work of a leader', () => {
  test('that fails gives the lease up and rejects the run with its error', async () => {
    const world = new World();
    const boom = new Error('boom');
    const a = world.candidate('a').start(() => Promise.reject(boom));
    const caught = a.run.catch((error: unknown) => error);
    await world.clock.advance(1);
    expect(await caught).toBe(boom);
    expect(a.term.valid()).toBe(false);
    expect(world.store.record?.holderIdentity).toBe('');
  });

  test('that returns at once keeps its term', async () => {
    const world = new World();
    const a = world.candidate('a').start(() => {});
    await world.clock.advance(30_000);
    expect(a.term.valid()).toBe(true);
    expect(a.terms).toHaveLength(1);
  });

  test('that outlives its term keeps the next one from starting', async () => {
    const world = new World();
    let end = (): void => {};
    const a = world.candidate('a').start(() => new Promise((resolve) => (end = resolve)));
    await world.clock.advance(1);
    a.lock.fate = () => ({ outcome: 'refused' });
    await world.clock.advance(12_000);
    a.lock.fate = () => ({});
    await world.clock.advance(60_000);
    expect(a.terms).toHaveLength(1);
    end();
    await world.clock.advance(5_000);
    expect(a.terms).toHaveLength(2);
  });
});

describe('an elector that', () => {
  test('runs already refuses a second run, and runs again after the first is over', async () => {
    const world = new World();
    const a = world.candidate('a').start();
    await expect(a.elector.run(() => {}, new AbortController().signal)).rejects.toMatchObject({
      code: 'already-running',
    });
    a.stopper.abort();
    await world.clock.advance(1);
    let again: Term | undefined;
    void a.elector.run((term) => void (again = term), new AbortController().signal);
    await world.clock.advance(1);
    expect(again?.token).toBe(1);
  });

  test('has an onNewLeader that throws stops with that error', async () => {
    const world = new World();
    const onNewLeader = (): void => {
      throw new Error('no');
    };
    const a = world.candidate('a', { onNewLeader }).start();
    const caught = a.run.catch((error: unknown) => error);
    await world.clock.advance(1);
    expect(await caught).toMatchObject({ message: 'no' });
  });

  test('shares its identity with another stays apart from it', async () => {
    const world = new World();
    const first = world.candidate('same').start();
    await world.clock.advance(1);
    const second = world.candidate('same').start();
    await world.clock.advance(60_000);
    expect(first.term.valid()).toBe(true);
    expect(second.terms).toEqual([]);
    first.lock.fate = () => ({ outcome: 'stuck' });
    await world.clock.advance(20_000);
    expect(first.term.valid()).toBe(false);
    expect(second.term.token).toBe(1);
  });
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
}

describe('an elector that can tell who is dead', () => {
  const held = {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2026-11-23T08:00:00.000000Z',
    renewTime: '2026-11-23T08:00:00.000000Z',
    leaseTransitions: 7,
  };

  test('leads at once after a dead one, and asks about the holder alone', async () => {
    const world = new World();
    world.store.put(held);
    const asked: string[] = [];
    const b = world.candidate('b', {}, async ({ holderIdentity }) => {
      asked.push(holderIdentity);
      return true;
    });
    b.start();
    await world.clock.advance(0);
    expect(b.term.token).toBe(8);
    expect(asked).toEqual(['a']);
    expect(b.logged).toContain('lease holder is known to be dead');
  });

  test('waits where it cannot tell, and never asks about a free lease or its own', async () => {
    const world = new World();
    const asked: string[] = [];
    const inDoubt = async ({ holderIdentity }: { holderIdentity: string }): Promise<boolean> => {
      asked.push(holderIdentity);
      throw new Error('no answer');
    };
    const a = world.candidate('a', {}, inDoubt).start();
    await world.clock.advance(3000);
    expect(a.terms).toHaveLength(1);
    expect(asked).toEqual([]);
    a.lock.fate = () => ({ outcome: 'stuck' });
    const b = world.candidate('b', {}, inDoubt).start();
    await world.clock.advance(14_000);
    expect(b.terms).toHaveLength(0);
    expect(new Set(asked)).toEqual(new Set(['a']));
    expect(b.failures).toEqual([]);
    await world.clock.advance(3000);
    expect(b.terms).toHaveLength(1);
  });
});
