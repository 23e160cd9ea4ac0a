import { staleReflector } from '@picluster/kube';
import type { LeaseLock, LeaseRecord } from '@picluster/leader-election';
import { expect, test } from 'vitest';
import { HeardLock } from '../src/heard-lock.ts';

const record: LeaseRecord = {
  holderIdentity: 'other',
  leaseDurationSeconds: 15,
  acquireTime: '',
  renewTime: '',
  leaseTransitions: 1,
};
const { signal } = new AbortController();

/** A lock on an API server that can be away. */
function start(): { lock: HeardLock; pass: (ms: number) => void; away: (now: boolean) => void } {
  let nowMs = 0;
  let isAway = false;
  const answer = <T>(value: T): Promise<T> =>
    isAway ? Promise.reject(new Error('away')) : Promise.resolve(value);
  const inner: LeaseLock = {
    description: 'default/example',
    get: () => answer({ record, version: '1' }),
    create: () => answer('conflict' as const),
    update: () => answer({ version: '2' }),
  };
  return {
    lock: new HeardLock(inner, { nowMs: () => nowMs }),
    pass: (ms) => (nowMs += ms),
    away: (now) => (isAway = now),
  };
}
const said = (lock: HeardLock): string | undefined => staleReflector([['lease', lock]]);

test('a Lease that was never read, and one not heard of for more than two minutes, is told', async () => {
  const { lock, pass, away } = start();
  expect(said(lock)).toBe('lease not read yet');
  await lock.get(signal);
  pass(120_000);
  expect(said(lock)).toBeUndefined();
  away(true);
  pass(1000);
  await expect(lock.get(signal)).rejects.toThrow('away');
  expect(said(lock)).toBe('lease not heard of for 121 s');
  away(false);
  expect(await lock.get(signal)).toEqual({ record, version: '1' });
  expect(said(lock)).toBeUndefined();
});

test('any answer counts, a conflict too', async () => {
  const { lock, pass } = start();
  expect(await lock.create(record, signal)).toBe('conflict');
  expect(lock.staleMs()).toBe(0);
  pass(500);
  expect(lock.staleMs()).toBe(500);
  expect(await lock.update(record, '1', signal)).toEqual({ version: '2' });
  expect(lock.staleMs()).toBe(0);
});
