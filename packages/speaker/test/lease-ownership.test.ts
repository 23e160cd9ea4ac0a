import { MemoryLeaseLock, MemoryLeaseStore, seededRandom, SimClock } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { leaseNameFor } from '../src/lease-name.ts';
import {
  FREED_WITHIN_MS,
  GATHER_AFTER_MS,
  GATHER_AGAIN_MS,
  LeaseOwnership,
  STAGGER_MS,
} from '../src/lease-ownership.ts';
import type { Standing } from '../src/ownership.ts';

const timings = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 500 };
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ADDRESS = '10.20.30.1';
/** Candidates a, then b. */
const standing: Standing = { interfaces: ['eth0'], candidates: ['a', 'b'], preferred: [] };

let clock: SimClock;
let stores: Map<string, MemoryLeaseStore>;
let locks: MemoryLeaseLock[];
let events: string[];
/** Who was to ask the segment first. */
let fresh: string[];

beforeEach(() => {
  clock = new SimClock();
  stores = new Map();
  locks = [];
  events = [];
  fresh = [];
});

function speaker(name: string): LeaseOwnership {
  const lockFor = (leaseName: string): MemoryLeaseLock => {
    const store = stores.get(leaseName) ?? new MemoryLeaseStore();
    stores.set(leaseName, store);
    const lock = new MemoryLeaseLock(store, clock);
    locks.push(lock);
    return lock;
  };
  const listener = {
    gained: (address: string, on: string, _untilMs: unknown, isFresh?: boolean) => {
      events.push(`${name} gained ${address} on ${on} at ${clock.nowMs()}`);
      if (isFresh === true) fresh.push(name);
    },
    lost: (address: string, on: string) =>
      void events.push(`${name} lost ${address} on ${on} at ${clock.nowMs()}`),
  };
  const holderOf = (leaseName: string): string | undefined =>
    stores.get(leaseName)?.record?.holderIdentity.split('_')[0];
  return new LeaseOwnership(
    { lockFor, holderOf, clock, random: seededRandom(1), log: silent, listener },
    { nodeName: name, identity: `${name}_1`, ...timings },
  );
}

describe('leases of addresses', () => {
  test('the first in line takes a new one at once, the next waits its turn', async () => {
    const [a, b] = [speaker('a'), speaker('b')];
    b.stand(ADDRESS, standing);
    a.stand(ADDRESS, standing);
    await clock.advance(1000);
    expect(events).toEqual(['a gained 10.20.30.1 on eth0 at 0']);
  });

  test('the next in line takes it when the first is not there', async () => {
    speaker('b').stand(ADDRESS, standing);
    await clock.advance(1000);
    expect(events).toEqual([`b gained 10.20.30.1 on eth0 at ${STAGGER_MS}`]);
  });

  test('one that holds an address keeps it, whoever comes later with a better rank', async () => {
    speaker('b').stand(ADDRESS, standing);
    await clock.advance(1000);
    speaker('a').stand(ADDRESS, standing);
    await clock.advance(20_000);
    expect(events).toEqual([`b gained 10.20.30.1 on eth0 at ${STAGGER_MS}`]);
  });

  test('to resign ends the right within the call, and frees the lease', async () => {
    const a = speaker('a');
    a.stand(ADDRESS, standing);
    await clock.advance(1000);
    a.resign(ADDRESS);
    expect(events.at(-1)).toBe('a lost 10.20.30.1 on eth0 at 1000');
    await clock.advance(0);
    expect(stores.get('picluster-l2-10-20-30-1')?.record?.holderIdentity).toBe('');
  });

  test('one that resigned can stand again, even before the lease is given up', async () => {
    const a = speaker('a');
    a.stand(ADDRESS, standing);
    await clock.advance(1000);
    a.resign(ADDRESS);
    a.stand(ADDRESS, standing);
    await clock.advance(1000);
    expect(events).toEqual([
      'a gained 10.20.30.1 on eth0 at 0',
      'a lost 10.20.30.1 on eth0 at 1000',
      'a gained 10.20.30.1 on eth0 at 1000',
    ]);
  });

  test('a candidate that hears that the lease was given up takes it without waiting for its next look', async () => {
    const [a, b] = [speaker('a'), speaker('b')];
    a.stand(ADDRESS, standing);
    b.stand(ADDRESS, standing);
    await clock.advance(1010);
    a.resign(ADDRESS);
    await clock.advance(0);
    b.onFree('picluster-l2-10-20-30-1');
    a.onFree('picluster-l2-10-20-30-1');
    await clock.advance(STAGGER_MS);
    expect(events.slice(1)).toEqual([
      'a lost 10.20.30.1 on eth0 at 1010',
      `b gained 10.20.30.1 on eth0 at ${1010 + STAGGER_MS}`,
    ]);
    // What a speaker had until this moment no other machine has.
    expect(fresh).toEqual(['a']);
    // A holder does not care.
    b.onFree('picluster-l2-10-20-30-1');
    b.onFree('picluster-l2-10-20-30-2');
    await clock.advance(5000);
    expect(events).toHaveLength(3);
  });

  test('one that takes over without a word of the last holder, or long after one, is to ask the segment first', async () => {
    const [a, b] = [speaker('a'), speaker('b')];
    a.stand(ADDRESS, standing);
    await clock.advance(1000);
    a.resign(ADDRESS);
    b.onFree('picluster-l2-10-20-30-1');
    await clock.advance(FREED_WITHIN_MS);
    b.stand(ADDRESS, standing);
    await clock.advance(1000);
    expect(events.at(-1)).toContain('b gained');
    expect(fresh).toEqual(['a', 'b']);
  });

  test('a holder begins and ends on interfaces as it is told to, without giving up the lease', async () => {
    const a = speaker('a');
    a.stand(ADDRESS, standing);
    await clock.advance(1000);
    a.stand(ADDRESS, { ...standing, interfaces: ['eth1', 'eth2'] });
    a.stand(ADDRESS, { ...standing, interfaces: ['eth1'] });
    expect(events.slice(1)).toEqual([
      'a lost 10.20.30.1 on eth0 at 1000',
      'a gained 10.20.30.1 on eth1 at 1000',
      'a gained 10.20.30.1 on eth2 at 1000',
      'a lost 10.20.30.1 on eth2 at 1000',
    ]);
    await clock.advance(5000);
    expect(events).toHaveLength(5);
  });

  test('a stop gives all leases up, and leaves nothing behind', async () => {
    const a = speaker('a');
    a.stand(ADDRESS, standing);
    a.stand('1000::', standing);
    await clock.advance(1000);
    let stopped = false;
    void a.stop().then(() => (stopped = true));
    expect(events.filter((line) => line.includes('lost'))).toHaveLength(2);
    await clock.advance(0);
    expect(stopped).toBe(true);
    expect(clock.pending).toBe(0);
    expect([...stores.values()].map((store) => store.record?.holderIdentity)).toEqual(['', '']);
  });

  test('each candidate writes only when it leads', async () => {
    speaker('a').stand(ADDRESS, standing);
    speaker('b').stand(ADDRESS, standing);
    await clock.advance(10_000);
    expect(locks[1]?.calls.every((call) => call.kind === 'get')).toBe(true);
  });
});

describe('an address that belongs beside another', () => {
  const SECOND = '2001:db8::1';
  const secondLease = leaseNameFor(SECOND);
  const beside = { ...standing, beside: ADDRESS };
  const holderOf = (address: string): string | undefined =>
    stores.get(leaseNameFor(address))?.record?.holderIdentity;
  let a: LeaseOwnership;
  let b: LeaseOwnership;
  beforeEach(async () => {
    [a, b] = [speaker('a'), speaker('b')];
    b.stand(ADDRESS, standing);
    await clock.advance(1000);
    a.stand(ADDRESS, standing);
    await clock.advance(1000);
  });

  test('is taken first by who holds that one, whatever the order of nodes', async () => {
    a.stand(SECOND, beside);
    b.stand(SECOND, beside);
    await clock.advance(1000);
    expect(holderOf(SECOND)).toBe('b_1');
    expect(events).not.toContainEqual(expect.stringContaining(`a gained ${SECOND}`));
  });

  test('is given up for who holds that one, and left where that one does not take it', async () => {
    a.stand(SECOND, standing);
    await clock.advance(1000);
    a.stand(SECOND, beside);
    await clock.advance(GATHER_AFTER_MS + 1000);
    // The other does not stand for it.
    expect(holderOf(SECOND)).toBe('a_1');
    const given = events.filter((line) => line.includes(`a lost ${SECOND}`));
    expect(given).toHaveLength(1);
    a.onHolder(leaseNameFor(ADDRESS));
    await clock.advance(10 * GATHER_AFTER_MS);
    expect(events.filter((line) => line.includes(`a lost ${SECOND}`))).toHaveLength(1);
    b.stand(SECOND, beside);
    await clock.advance(GATHER_AGAIN_MS);
    a.onHolder(leaseNameFor(ADDRESS));
    await clock.advance(GATHER_AFTER_MS);
    b.onFree(secondLease);
    await clock.advance(1000);
    expect(holderOf(SECOND)).toBe('b_1');
  });

  test('is kept where that one changed hands for less than two seconds, and leaves nothing behind', async () => {
    a.stand(SECOND, standing);
    await clock.advance(1000);
    a.stand(SECOND, beside);
    await clock.advance(GATHER_AFTER_MS - 1);
    b.resign(ADDRESS);
    await clock.advance(0);
    a.onFree(leaseNameFor(ADDRESS));
    await clock.advance(GATHER_AFTER_MS);
    expect([holderOf(ADDRESS), holderOf(SECOND)]).toEqual(['a_1', 'a_1']);
    expect(events).not.toContainEqual(expect.stringContaining(`a lost ${SECOND}`));
    await Promise.all([a.stop(), b.stop()]);
    expect(clock.pending).toBe(0);
  });
});

describe('the name of a lease', () => {
  test.each([
    ['10.20.30.1', 'picluster-l2-10-20-30-1'],
    ['2001:db8::1', 'picluster-l2-2001-db8--1'],
    ['1000::', 'picluster-l2-1000--0'],
    ['::', 'picluster-l2---0'],
  ])('of %s is %s', (address, name) => {
    expect(leaseNameFor(address)).toBe(name);
    // RFC 1123 subdomain, as the API server wants it.
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  });
});
