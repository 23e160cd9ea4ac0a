import { MemoryLeaseLock, MemoryLeaseStore, seededRandom, SimClock } from '@picluster/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leaseNameFor } from '../src/lease-name.ts';
import { OwnershipRecords, viewRecord, type RecordView } from '../src/ownership-records.ts';
import { TestCache } from './test-cache.ts';

const ADDRESS = '10.20.30.1';
const NAME = 'picluster-l2-10-20-30-1';
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let clock: SimClock;
let store: MemoryLeaseStore;
let lock: MemoryLeaseLock;
let leases: TestCache<RecordView>;
let told: string[];
/** The Leases that were asked for. */
let asked: Set<string>;
let records: OwnershipRecords;
let end: AbortController;

beforeEach(() => {
  clock = new SimClock();
  store = new MemoryLeaseStore();
  lock = new MemoryLeaseLock(store, clock);
  leases = new TestCache();
  told = [];
  asked = new Set();
  end = new AbortController();
  records = new OwnershipRecords(
    {
      leases,
      lockFor: (name) => {
        asked.add(name);
        return lock;
      },
      clock,
      random: seededRandom(1),
      log: silent,
      onRecord: (address, { node, term }) => void told.push(`${address} ${node} ${term}`),
      onRenewal: (node) => void told.push(`${node} lives`),
    },
    { nodeName: 'n1', namespace: 'here' },
  );
  void records.run(end.signal);
});
afterEach(() => end.abort());

function put(holderIdentity: string, leaseTransitions: number): void {
  store.put({
    holderIdentity,
    leaseTransitions,
    leaseDurationSeconds: 20,
    acquireTime: 'then',
    renewTime: 'lately',
  });
}

const writes = (): number => lock.calls.filter(({ kind }) => kind !== 'get').length;

describe('an owner', () => {
  test('is written where there is no record, and told back', async () => {
    records.write(ADDRESS, 3);
    await clock.advance(0);
    expect(store.record).toMatchObject({
      holderIdentity: 'n1',
      leaseTransitions: 3,
      renewTime: '',
      acquireTime: '',
    });
    expect(told).toEqual([`${ADDRESS} n1 3`]);
    expect([...asked]).toEqual([NAME]);
  });

  test('replaces another of a lower term that it was told of, and touches no time', async () => {
    put('n2', 2);
    leases.set(`here/${NAME}`, { node: 'n2', term: 2, renewTime: '' });
    records.follow(ADDRESS);
    records.write(ADDRESS, 3);
    await clock.advance(0);
    expect(store.record).toEqual({
      holderIdentity: 'n1',
      leaseTransitions: 3,
      leaseDurationSeconds: 20,
      acquireTime: 'then',
      renewTime: 'lately',
    });
  });

  test('learns of another that it did not know of before it replaces it: it wishes again, if it still does', async () => {
    put('n2', 2);
    records.write(ADDRESS, 3);
    await clock.advance(60_000);
    expect(writes()).toBe(0);
    expect(told).toEqual([`${ADDRESS} n2 2`]);
    records.write(ADDRESS, 3);
    await clock.advance(0);
    expect(store.record).toMatchObject({ holderIdentity: 'n1', leaseTransitions: 3 });
  });

  test('does not write what it wished before it was told of another', async () => {
    put('n2', 2);
    leases.set(`here/${NAME}`, { node: 'n2', term: 2, renewTime: '' });
    records.write(ADDRESS, 3, 20);
    records.follow(ADDRESS);
    await clock.advance(60_000);
    expect(writes()).toBe(0);
  });

  test('leaves another of the same term as it is, and learns of it', async () => {
    put('n2', 3);
    records.write(ADDRESS, 3);
    await clock.advance(0);
    expect(writes()).toBe(0);
    expect(told).toEqual([`${ADDRESS} n2 3`]);
  });

  test('leaves a higher term as it is, and learns of it', async () => {
    put('n2_0b7c6a5e', 9);
    records.write(ADDRESS, 3);
    await clock.advance(0);
    expect(writes()).toBe(0);
    expect(told).toEqual([`${ADDRESS} n2 9`]);
  });

  test('replaces a record that names nobody, whatever its term', async () => {
    put('', 9);
    records.write(ADDRESS, 3);
    await clock.advance(0);
    expect(store.record).toMatchObject({ holderIdentity: 'n1', leaseTransitions: 3 });
  });

  test('is not written twice', async () => {
    records.write(ADDRESS, 3);
    await clock.advance(0);
    records.write(ADDRESS, 3);
    await clock.advance(60_000);
    expect(writes()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('is written when the API is back, and only as it is then', async () => {
    lock.fate = () => ({ outcome: 'refused' });
    records.write(ADDRESS, 3);
    await clock.advance(5000);
    records.write(ADDRESS, 5);
    await clock.advance(30_000);
    lock.fate = () => ({});
    await clock.advance(20_000);
    expect(store.history.map(({ leaseTransitions }) => leaseTransitions)).toEqual([5]);
  });

  test('that owns it no more when the API is back is not written', async () => {
    lock.fate = () => ({ outcome: 'refused' });
    records.write(ADDRESS, 3);
    await clock.advance(5000);
    records.withdraw(ADDRESS);
    lock.fate = () => ({});
    await clock.advance(30_000);
    expect(store.history).toEqual([]);
  });

  test('that another overtakes while it writes looks again, and learns of that one', async () => {
    lock.fate = ({ kind }) => {
      if (kind === 'create' && store.record === undefined) put('n2', 2);
      return {};
    };
    records.write(ADDRESS, 3);
    await clock.advance(1000);
    expect(told).toEqual([`${ADDRESS} n2 2`]);
    records.write(ADDRESS, 3);
    await clock.advance(0);
    expect(store.history.map(({ holderIdentity }) => holderIdentity)).toEqual(['n2', 'n1']);
  });
});

describe('what the API knows of an address', () => {
  test('is told when it is first followed, and at each change', () => {
    leases.set(`here/${NAME}`, { node: 'n2', term: 4, renewTime: '' });
    leases.set('here/picluster-l2-10-20-30-9', { node: 'n2', term: 4, renewTime: '' });
    expect(told).toEqual([]);
    records.follow(ADDRESS);
    leases.set(`here/${NAME}`, { node: 'n3', term: 5, renewTime: '' });
    leases.set(`here/${NAME}`, { node: '', term: 6, renewTime: '' });
    leases.set(`here/${NAME}`, undefined);
    expect(told).toEqual([`${ADDRESS} n2 4`, `${ADDRESS} n3 5`]);
  });
});

test('a holder that renews its Lease lives; one that was found so may be dead', () => {
  leases.set(`here/${NAME}`, { node: 'n2', term: 4, renewTime: '10:00' });
  expect(told).toEqual([]);
  leases.set(`here/${NAME}`, { node: 'n2', term: 4, renewTime: '10:02' });
  leases.set(`here/${NAME}`, { node: '', term: 4, renewTime: '10:04' });
  expect(told).toEqual(['n2 lives']);
});

describe('what is kept of a Lease', () => {
  test('is the node and the term, also of one that was held under the strategy lease', () => {
    const lease = (holderIdentity?: string): unknown => ({
      metadata: { name: leaseNameFor('fd00::1') },
      spec: { holderIdentity, leaseTransitions: 7 },
    });
    expect(viewRecord(lease('n1'))).toEqual({ node: 'n1', term: 7, renewTime: '' });
    expect(viewRecord(lease('n1_4f1c'))).toEqual({ node: 'n1', term: 7, renewTime: '' });
    expect(viewRecord(lease())).toEqual({ node: '', term: 7, renewTime: '' });
    expect(viewRecord({ metadata: { name: leaseNameFor('fd00::1') } })).toEqual({
      node: '',
      term: 0,
      renewTime: '',
    });
  });

  test('is one value for all Leases that say the same', () => {
    const lease = (address: string, holderIdentity: string): unknown => ({
      metadata: { name: leaseNameFor(address) },
      spec: { holderIdentity, leaseTransitions: 7 },
    });
    expect(viewRecord(lease('fd00::1', 'n1'))).toBe(viewRecord(lease('fd00::2', 'n1')));
    expect(viewRecord(lease('fd00::1', 'n1'))).not.toEqual(viewRecord(lease('fd00::1', 'n2')));
  });

  test('of other Leases is nothing', () => {
    expect(viewRecord({ metadata: { name: 'picluster-controller' } })).toBeUndefined();
    expect(viewRecord({})).toBeUndefined();
  });
});
