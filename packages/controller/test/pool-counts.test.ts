import { createPool, Ipam } from '@picluster/ipam';
import { expect, test } from 'vitest';
import { PoolCounts } from '../src/pool-counts.ts';

/** An allocator on pools of these names, each with addresses of its own. */
function ipamOf(...names: string[]): Ipam {
  const pools = names.map((name) => {
    const made = createPool({ name, addresses: [`192.0.2.${name.length}/32`] });
    if (!made.ok) throw new Error(made.problem.message);
    return made.pool;
  });
  const made = Ipam.create(pools);
  if (!made.ok) throw new Error(made.problem.message);
  return made.ipam;
}

/** The pools that the metrics show, as the counts come. */
function start(): { counts: PoolCounts; shown: Map<string, number> } {
  const shown = new Map<string, number>();
  const counts = new PoolCounts({
    metrics: {
      pool: (name, usage, services) => {
        if (usage === undefined) shown.delete(name);
        else shown.set(name, services);
      },
      reconciled: () => {},
      failed: () => {},
      refused: () => {},
      configured: () => {},
    },
    enqueuePool: () => {},
  });
  return { counts, shown };
}

test('a pool that is deleted is shown no more, whether it ever served anybody or not', () => {
  const { counts, shown } = start();
  const before = ipamOf('a', 'bb').allocate('default/web', { families: 'ipv4', pool: 'a' });
  if (!before.ok) throw new Error('no address');
  counts.recount(before.next);
  expect([...shown]).toEqual([
    ['a', 1],
    ['bb', 0],
  ]);
  counts.recount(ipamOf('ccc'));
  expect([...shown]).toEqual([['ccc', 0]]);
});

test('who leads no longer shows no pool', () => {
  const { counts, shown } = start();
  counts.recount(ipamOf('a', 'bb'));
  counts[Symbol.dispose]();
  expect(shown.size).toBe(0);
});
