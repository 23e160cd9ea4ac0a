import { describe, expect, test } from 'vitest';
import { type LeaseFate, MemoryLeaseLock, MemoryLeaseStore, SimClock } from '../src/index.ts';

const record = {
  holderIdentity: 'a',
  leaseDurationSeconds: 15,
  acquireTime: '2025-06-15T15:06:40.000000Z',
  renewTime: '2025-06-15T15:06:40.000000Z',
  leaseTransitions: 0,
};

function set(fate: LeaseFate = {}): {
  clock: SimClock;
  store: MemoryLeaseStore;
  lock: MemoryLeaseLock;
} {
  const clock = new SimClock();
  const store = new MemoryLeaseStore();
  const lock = new MemoryLeaseLock(store, clock);
  lock.fate = () => fate;
  return { clock, store, lock };
}

describe('a lease lock in memory', () => {
  test('lets one of several writers win that saw the same version', async () => {
    const { lock, store } = set();
    expect(await lock.get()).toBeUndefined();
    expect(await lock.create(record)).toEqual({ version: '1' });
    expect(await lock.create(record)).toBe('conflict');
    expect(await lock.update({ ...record, holderIdentity: 'b' }, '1')).toEqual({ version: '2' });
    expect(await lock.update({ ...record, holderIdentity: 'c' }, '1')).toBe('conflict');
    expect(await lock.get()).toEqual({ record: { ...record, holderIdentity: 'b' }, version: '2' });
    expect(store.history.map(({ holderIdentity }) => holderIdentity)).toEqual(['a', 'b']);
  });

  test('answers nothing but a conflict for a record that was deleted', async () => {
    const { lock, store } = set();
    store.put(record);
    store.put(undefined);
    expect(await lock.get()).toBeUndefined();
    expect(await lock.update(record, store.version)).toBe('conflict');
  });

  test.each([
    ['done', true, 'answered'],
    ['refused', false, 'failed'],
    ['lost', true, 'failed'],
    ['silent', true, 'nothing'],
    ['stuck', false, 'nothing'],
  ] as const)('%s: carried out %s, then %s', async (outcome, carriedOut, answer) => {
    const { clock, store, lock } = set({ outcome, requestMs: 10, answerMs: 5 });
    let heard = 'nothing';
    lock.create(record).then(
      () => (heard = 'answered'),
      () => (heard = 'failed'),
    );
    await clock.advance(14);
    expect([store.record !== undefined, heard]).toEqual([carriedOut, 'nothing']);
    await clock.advance(1);
    expect(heard).toBe(answer);
  });
});
