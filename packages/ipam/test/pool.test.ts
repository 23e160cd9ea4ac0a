import { describe, expect, test } from 'vitest';
import {
  comparePools,
  createPool,
  findOverlap,
  Ipam,
  type Pool,
  type PoolSpec,
} from '../src/index.ts';

function pool(name: string, addresses: string[], more: Partial<PoolSpec> = {}): Pool {
  const made = createPool({ name, addresses, ...more });
  if (!made.ok) throw new Error(made.problem.message);
  return made.pool;
}

describe('a pool', () => {
  test.each([
    [{ name: '', addresses: ['1.2.3.0/24'] }, 'no-name', 'give the pool a name'],
    [{ name: 'p', addresses: [] }, 'no-addresses', 'list a CIDR or a range'],
    [{ name: 'p', addresses: ['1.2.3.0/33'] }, 'bad-range', 'pool "p": invalid CIDR "1.2.3.0/33"'],
    [{ name: 'p', addresses: ['1.2.3.4-fc00::1'] }, 'bad-range', 'one range for each family'],
    [{ name: 'p', addresses: ['1.2.3.0/24', '1.2.3.9/32'] }, 'overlap', 'both have 1.2.3.9'],
  ])('%j is refused as %s: %s', (spec, code, text) => {
    const made = createPool(spec);
    expect(made.ok ? undefined : made.problem.code).toBe(code);
    expect(made.ok ? '' : made.problem.message).toContain(text);
  });

  test('gives addresses automatically and keeps .0 and .255, unless told otherwise', () => {
    expect(pool('p', ['1.2.3.0/24'])).toMatchObject({
      autoAssign: true,
      avoidBuggyIPs: false,
      priority: 0,
    });
  });
});

describe('pools', () => {
  test.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0-10.0.0.9', '10.0.0.9-10.0.0.20', true],
    ['10.0.0.0-10.0.0.8', '10.0.0.9-10.0.0.20', false],
    ['0.0.0.0/0', '::/0', false],
    ['fc00::/64', 'fc00::ffff/128', true],
  ])('%s and %s overlap: %s', (first, second, overlaps) => {
    const problem = findOverlap([pool('a', [first]), pool('b', [second])]);
    expect(problem?.code).toBe(overlaps ? 'overlap' : undefined);
  });

  test('that overlap are refused with both entries and both pools named, the later one as the culprit', () => {
    const made = Ipam.create([pool('a', ['10.1.0.0/16']), pool('b', ['10.0.0.0/8'])]);
    expect(made.ok ? undefined : made.problem).toMatchObject({
      pool: 'b',
      entry: '10.0.0.0/8',
      otherPool: 'a',
      otherEntry: '10.1.0.0/16',
    });
  });

  test('an overlap hidden behind a small entry inside a big one is found', () => {
    const pools = [
      pool('a', ['10.0.0.0/16']),
      pool('b', ['9.0.0.0/8']),
      pool('c', ['10.0.5.0/24']),
    ];
    expect(findOverlap(pools)).toMatchObject({ pool: 'c', otherPool: 'a' });
  });

  test('of one name are refused', () => {
    const made = Ipam.create([pool('a', ['10.1.0.0/16']), pool('a', ['10.2.0.0/16'])]);
    expect(made.ok ? undefined : made.problem.code).toBe('duplicate-name');
  });

  test('are tried by priority, none last, then by name', () => {
    const pools = [
      pool('b', ['10.0.0.0/32']),
      pool('a', ['10.0.0.1/32']),
      pool('d', ['10.0.0.2/32'], { priority: 10 }),
      pool('c', ['10.0.0.3/32'], { priority: 2 }),
    ];
    expect(pools.toSorted(comparePools).map(({ name }) => name)).toEqual(['c', 'd', 'a', 'b']);
  });
});
