import { describe, expect, test } from 'vitest';
import {
  createPool,
  Ipam,
  type Families,
  type Pool,
  type PoolSpec,
  type Sharing,
} from '../src/index.ts';

// What MetalLB's allocator does, case by case and in sequence. Namespaces and labels are the caller's affair here: `eligible` stands for them.

class Bench {
  ipam: Ipam;

  constructor(...specs: readonly PoolSpec[]) {
    const pools = specs.map((spec) => {
      const made = createPool(spec);
      if (!made.ok) throw new Error(made.problem.message);
      return made.pool;
    });
    const made = Ipam.create(pools);
    if (!made.ok) throw new Error(made.problem.message);
    this.ipam = made.ipam;
  }

  request(
    owner: string,
    addresses: string,
    sharing?: Sharing,
    only?: (pool: Pool) => boolean,
  ): boolean {
    const outcome = this.ipam.request(owner, addresses.split(','), { sharing, eligible: only });
    if (outcome.ok) this.ipam = outcome.next;
    return outcome.ok;
  }

  allocate(
    owner: string,
    families: Families,
    more: { pool?: string; sharing?: Sharing } = {},
  ): boolean {
    const outcome = this.ipam.allocate(owner, { families, ...more });
    if (outcome.ok) this.ipam = outcome.next;
    return outcome.ok;
  }

  free(...owners: readonly string[]): void {
    for (const owner of owners) this.ipam = this.ipam.release(owner);
  }

  has(owner: string): string {
    return this.ipam.allocationOf(owner)?.addresses.join() ?? '';
  }
}

const terms = (key: string, backend: string, port: string): Sharing => ({
  key,
  backend,
  ports: [port],
});

describe('assigning named addresses', () => {
  const bench = new Bench(
    { name: 'test', addresses: ['1.2.3.4/31', '1000::4/127'] },
    { name: 'test2', addresses: ['1.2.4.0/24', '1000::4:0/120'], avoidBuggyIPs: true },
    { name: 'test3', addresses: ['1.2.5.0/24'] },
  );

  test.each<[string, string, string, Sharing | undefined, boolean]>([
    ['assign', 's1', '1.2.3.4', undefined, true],
    ['assign the same again', 's1', '1.2.3.4', undefined, true],
    ['another may not have it', 's2', '1.2.3.4', undefined, false],
    ['another has the next', 's2', '1.2.3.5', undefined, true],
    ['the first may not have that', 's1', '1.2.3.5', undefined, false],
    ['free', 's1', '', undefined, true],
    ['the other moves to what is free', 's2', '1.2.3.4', undefined, true],
    ['and leaves what it had', 's1', '1.2.3.5', undefined, true],
    ['.0 is avoided', 's3', '1.2.4.0', undefined, false],
    ['.255 is avoided', 's3', '1.2.4.255', undefined, false],
    ['.254 is not', 's3', '1.2.4.254', undefined, true],
    ['with a key', 's4', '1.2.4.3', terms('sharing', 'backend', 'TCP/80'), true],
    ['its only user changes the key', 's4', '1.2.4.3', terms('share', 'backend', 'TCP/80'), true],
    ['the port is taken', 's3', '1.2.4.3', terms('share', 'backend', 'TCP/80'), false],
    ['another key', 's3', '1.2.4.3', terms('othershare', 'backend', 'TCP/443'), false],
    ['another backend', 's3', '1.2.4.3', terms('share', 'otherbackend', 'TCP/443'), false],
    ['all fits', 's3', '1.2.4.3', terms('share', 'backend', 'TCP/443'), true],
    ['it changes its port', 's3', '1.2.4.3', terms('share', 'backend', 'UDP/53'), true],
    ['it may not change the key', 's3', '1.2.4.3', terms('othershare', 'backend', 'UDP/53'), false],
    ['nor the backend', 's3', '1.2.4.3', terms('share', 'otherbackend', 'UDP/53'), false],
    ['its companion moves away', 's4', '1.2.4.254', undefined, true],
    ['IPv6', 's5', '1000::4', undefined, true],
    ['IPv6 again', 's5', '1000::4', undefined, true],
    ['IPv6 that another has', 's6', '1000::4', undefined, false],
    ['the next IPv6', 's6', '1000::5', undefined, true],
    ['0 and ff are no matter in IPv6', 's7', '1000::4:ff', undefined, true],
    ['free', 's2', '', undefined, true],
    ['free', 's5', '', undefined, true],
    ['both families of one pool', 's8', '1.2.3.4,1000::4', undefined, true],
    ['families of two pools', 's8', '1.2.4.5,1000::4', undefined, false],
  ])('%s', (_case, owner, addresses, sharing, expected) => {
    const isFreed = addresses === '';
    if (isFreed) bench.free(owner);
    expect(isFreed || bench.request(owner, addresses, sharing)).toBe(expected);
  });

  test('from a pool that is not for the asker is refused', () => {
    expect(bench.request('s9', '1.2.5.10', undefined, () => false)).toBe(false);
    expect(bench.request('s9', '1.2.5.10', undefined, ({ name }) => name === 'test3')).toBe(true);
  });
});

describe.each<[string, Families]>([
  ['IPv4', 'ipv4'],
  ['IPv6', 'ipv6'],
  ['both families', 'dual'],
])('allocating %s', (_name, families) => {
  test('from a named pool of four', () => {
    const bench = new Bench(
      {
        name: 'test',
        addresses: ['1.2.3.4/31', '1.2.3.10/31', '1000::/127', '2000::/127'],
      },
      { name: 'test2', addresses: ['10.20.30.0/24'] },
    );
    const more = { pool: 'test' };
    expect(['s1', 's2', 's3', 's4'].map((each) => bench.allocate(each, families, more))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['s5', 's6'].map((each) => bench.allocate(each, families, more))).toEqual([
      false,
      false,
    ]);
    bench.free('s1');
    expect(['s5', 's6'].map((each) => bench.allocate(each, families, more))).toEqual([true, false]);
    bench.free('s5');
    const shared = (port: string) => ({ ...more, sharing: terms('share', '', port) });
    expect(bench.allocate('s5', families, shared('TCP/80'))).toBe(true);
    expect(bench.allocate('s6', families, shared('TCP/443'))).toBe(true);
    expect(bench.has('s6')).toBe(bench.has('s5'));
    expect(bench.allocate('s7', families, { pool: 'nosuchpool' })).toBe(false);
  });

  test('from whichever of two pools of two', () => {
    const bench = new Bench(
      { name: 'test1', addresses: ['1.2.3.4/31', '1000::4/127'] },
      { name: 'test2', addresses: ['1.2.3.10/31', '1000::10/127'] },
    );
    for (const owner of ['s1', 's2', 's3', 's4'])
      expect(bench.allocate(owner, families)).toBe(true);
    for (const owner of ['s5', 's6']) expect(bench.allocate(owner, families)).toBe(false);
    bench.free('s1');
    expect(bench.allocate('s5', families, { sharing: terms('share', '', 'TCP/80') })).toBe(true);
    expect(bench.allocate('s6', families)).toBe(false);
    expect(bench.allocate('s6', families, { sharing: terms('share', '', 'TCP/443') })).toBe(true);
    expect(bench.has('s6')).toBe(bench.has('s5'));
  });

  test('only from the pool that gives without being asked', () => {
    const bench = new Bench(
      { name: 'test1', addresses: ['1.2.3.4/31', '1000::4/127'], autoAssign: false },
      { name: 'test2', addresses: ['1.2.3.10/31', '1000::10/127'] },
    );
    expect(['s1', 's2', 's3', 's4', 's5'].map((each) => bench.allocate(each, families))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(bench.ipam.usage('test1')?.ipv4.used).toBe(0n);
  });
});

test('an owner of one family does not get the other by asking for that', () => {
  const bench = new Bench({ name: 'test', addresses: ['1.2.3.4/31', '1000::/127'] });
  expect(bench.allocate('s1', 'ipv4')).toBe(true);
  expect(bench.allocate('s1', 'ipv6')).toBe(true);
  expect(bench.has('s1')).toBe('1.2.3.4');
});

test('who has an address of one pool and would like two keeps it, though another pool has both', () => {
  const bench = new Bench(
    { name: 'test', addresses: ['1.2.3.4/30', '1000::/126'] },
    { name: 'test-v4', addresses: ['1.3.0.0/31'] },
    { name: 'test-v6', addresses: ['2000::/127'] },
  );
  expect(bench.allocate('s1', 'prefer-dual', { pool: 'test' })).toBe(true);
  expect(bench.has('s1')).toBe('1.2.3.4,1000::');
  expect(bench.allocate('s2', 'prefer-dual', { pool: 'test-v4' })).toBe(true);
  expect(bench.allocate('s3', 'prefer-dual', { pool: 'test-v6' })).toBe(true);
  expect(bench.allocate('s3', 'prefer-dual', { pool: 'test' })).toBe(true);
  expect(bench.has('s3')).toBe('2000::');
});

test('of four pairs at the edges, two of pools that avoid .0 and .255, six addresses are given', () => {
  const bench = new Bench(
    { name: 'a', addresses: ['1.2.3.0/31'] },
    { name: 'b', addresses: ['1.2.3.254/31'] },
    { name: 'c', addresses: ['1.2.4.0/31'], avoidBuggyIPs: true },
    { name: 'd', addresses: ['1.2.4.254/31'], avoidBuggyIPs: true },
  );
  const owners = ['s1', 's2', 's3', 's4', 's5', 's6', 's7'];
  expect(owners.map((owner) => bench.allocate(owner, 'ipv4'))).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(owners.map((owner) => bench.has(owner)).slice(0, 6)).toEqual([
    '1.2.3.0',
    '1.2.3.1',
    '1.2.3.254',
    '1.2.3.255',
    '1.2.4.1',
    '1.2.4.254',
  ]);
});

describe('other pools under s1 = 1.2.3.0 and s2 = 1000::', () => {
  test.each<[string, readonly PoolSpec[], string, string]>([
    ['the same', [{ name: 'test', addresses: ['1.2.3.0/30', '1000::/126'] }], 'test', 'test'],
    ['more', [{ name: 'test', addresses: ['1.2.3.0/24', '1000::/120'] }], 'test', 'test'],
    ['less', [{ name: 'test', addresses: ['1.2.3.0/31', '1000::/127'] }], 'test', 'test'],
    ['less IPv4', [{ name: 'test', addresses: ['1.2.3.2/31', '1000::/126'] }], '', 'test'],
    ['less IPv6', [{ name: 'test', addresses: ['1.2.3.0/30', '1000::2/127'] }], 'test', ''],
    [
      'another name',
      [{ name: 'test2', addresses: ['1.2.3.0/30', '1000::/126'] }],
      'test2',
      'test2',
    ],
    [
      'split',
      [
        { name: 'test', addresses: ['1.2.3.0/31', '1000::2/127'] },
        { name: 'test2', addresses: ['1.2.3.2/31', '1000::/127'] },
      ],
      'test',
      'test2',
    ],
    [
      'avoiding .0',
      [{ name: 'test2', addresses: ['1.2.3.0/31', '1000::/127'], avoidBuggyIPs: true }],
      '',
      'test2',
    ],
  ])('%s', (_change, specs, first, second) => {
    const bench = new Bench({ name: 'test', addresses: ['1.2.3.0/30', '1000::/126'] });
    bench.request('s1', '1.2.3.0');
    bench.request('s2', '1000::');
    const moved = bench.ipam.withPools([...new Bench(...specs).ipam.pools]);
    if (!moved.ok) throw new Error(moved.problem.message);
    const poolOf = (owner: string): string => moved.next.allocationOf(owner)?.pool ?? '';
    expect([poolOf('s1'), poolOf('s2')]).toEqual([first, second]);
    expect(moved.dropped.map(({ owner }) => owner)).toEqual(
      [first === '' ? 's1' : [], second === '' ? 's2' : []].flat(),
    );
  });
});

describe('the capacity of a pool', () => {
  // MetalLB counts a pool of 2^62 IPv6 addresses and more as the largest number it has, and can overflow; here it is exact.
  test.each<[string, PoolSpec, bigint, bigint]>([
    ['one range', { name: 'p', addresses: ['1.2.3.0/24'] }, 256n, 0n],
    ['two ranges', { name: 'p', addresses: ['1.2.3.0/24', '1.2.4.0/25'] }, 384n, 0n],
    [
      'two ranges without .0 and .255',
      { name: 'p', addresses: ['1.2.3.0/24', '1.2.4.0/25'], avoidBuggyIPs: true },
      381n,
      0n,
    ],
    [
      'with an IPv6 network',
      { name: 'p', addresses: ['1.2.3.0/24', '1.2.4.0/25', '1000::/64'], avoidBuggyIPs: true },
      381n,
      2n ** 64n,
    ],
    [
      'a pair without .0, and an IPv6 pair',
      { name: 'p', addresses: ['1.2.3.0/31', '1000::/127'], avoidBuggyIPs: true },
      1n,
      2n,
    ],
    [
      'one address that is avoided',
      { name: 'p', addresses: ['1.2.3.0/32'], avoidBuggyIPs: true },
      0n,
      0n,
    ],
    [
      'two IPv6 networks',
      { name: 'p', addresses: ['fc00::/64', 'fc01::/100'] },
      0n,
      2n ** 64n + 2n ** 28n,
    ],
  ])('%s', (_case, spec, ipv4, ipv6) => {
    const usage = new Bench(spec).ipam.usage('p');
    expect([usage?.ipv4.capacity, usage?.ipv6.capacity]).toEqual([ipv4, ipv6]);
  });
});

test('the addresses in use are counted once, however many share them', () => {
  const bench = new Bench({ name: 'test', addresses: ['1.2.3.0/30', '1000::/126'] });
  const used = (): number => {
    const usage = bench.ipam.usage('test');
    return Number((usage?.ipv4.used ?? 0n) + (usage?.ipv6.used ?? 0n));
  };
  const counts: number[] = [];
  const after = (step: () => unknown): void => {
    step();
    counts.push(used());
  };
  after(() => bench.request('s1', '1.2.3.0'));
  after(() => bench.request('s2', '1.2.3.1'));
  after(() => bench.free('s1'));
  after(() => bench.free('s2'));
  for (const [owner, port] of [
    ['s1', 'TCP/1'],
    ['s2', 'TCP/2'],
    ['s3', 'TCP/3'],
  ] as const)
    after(() => bench.request(owner, '1000::', terms('k', '', port)));
  for (const owner of ['s1', 's2', 's3']) after(() => bench.free(owner));
  expect(counts).toEqual([1, 2, 1, 0, 1, 1, 1, 1, 1, 0]);
});
