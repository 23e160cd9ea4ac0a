import { describe, expect, test } from 'vitest';
import { WriterLog, writesOutOfTurn } from './writer-log.ts';

const lease = '/apis/coordination.k8s.io/v1/namespaces/pools/leases/picluster-controller';
const service = '/api/v1/namespaces/default/services/web/status';

/** What two controllers do, each line one request that was answered with 200 at once. */
function logOf(
  ...lines: readonly (readonly [ms: number, by: string, path: string, holder?: string])[]
): WriterLog {
  const log = new WriterLog();
  for (const [atMs, by, path, holder = by] of lines) {
    const seen = { method: 'PATCH', path, body: '', atMs };
    const observer = log.observer(by);
    observer.request?.(seen);
    const body = JSON.stringify({
      spec: { holderIdentity: holder, leaseTransitions: by === 'one' ? 0 : 1 },
    });
    observer.answer?.(seen, { status: 200, body, atMs });
  }
  return log;
}

describe('the log of who wrote', () => {
  test('finds nothing where each wrote in its own term', () => {
    const log = logOf(
      [1, 'one', lease],
      [2, 'one', service],
      [9, 'two', lease],
      [10, 'two', service],
    );
    expect(writesOutOfTurn(log)).toEqual([]);
    expect(log.holder).toBe('two');
  });

  test('sees a leader that writes after another took over', () => {
    const log = logOf([1, 'one', lease], [9, 'two', lease], [12, 'one', service]);
    expect(writesOutOfTurn(log)).toEqual([`one: PATCH ${service}, when two led since 3 ms`]);
  });

  test('sees a leader that writes after it gave the Lease up', () => {
    const log = logOf([1, 'one', lease], [5, 'one', lease, ''], [6, 'one', service]);
    expect(writesOutOfTurn(log)).toEqual([`one: PATCH ${service}, when nobody led since 1 ms`]);
    expect(log.holder).toBeUndefined();
  });

  test('does not hold a write against anybody that the API server refused', () => {
    const log = logOf([1, 'one', lease], [9, 'two', lease]);
    const late = { method: 'PATCH', path: service, body: '', atMs: 12 };
    const observer = log.observer('one');
    observer.request?.(late);
    expect(writesOutOfTurn(log)).toHaveLength(1);
    observer.answer?.(late, { status: 409, body: '{}', atMs: 13 });
    expect(writesOutOfTurn(log)).toEqual([]);
  });

  test('sees somebody who writes and never led', () => {
    expect(writesOutOfTurn(logOf([1, 'one', service]))).toEqual([
      `one: PATCH ${service}, when nobody had led`,
    ]);
  });
});
