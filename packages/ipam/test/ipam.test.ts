import { describe, expect, test } from 'vitest';
import {
  createPool,
  explainRefusal,
  Ipam,
  type Outcome,
  type Pool,
  type PoolSpec,
  type Sharing,
} from '../src/index.ts';

function pool(name: string, addresses: string[], more: Partial<PoolSpec> = {}): Pool {
  const made = createPool({ name, addresses, ...more });
  if (!made.ok) throw new Error(made.problem.message);
  return made.pool;
}

function ipamOf(...pools: Pool[]): Ipam {
  const made = Ipam.create(pools);
  if (!made.ok) throw new Error(made.problem.message);
  return made.ipam;
}

function after(outcome: Outcome): Ipam {
  if (!outcome.ok) throw new Error(explainRefusal(outcome.reason));
  return outcome.next;
}

/** The addresses as one text, or the reason's code. */
function result(outcome: Outcome): string {
  return outcome.ok ? outcome.addresses.join(',') : outcome.reason.code;
}

const shared = (key: string, port: string, backend = ''): Sharing => ({
  key,
  backend,
  ports: [port],
});

describe('allocating', () => {
  test('gives the least free address, and again after a release', () => {
    let ipam = ipamOf(pool('p', ['10.0.0.0/30']));
    for (const owner of ['a', 'b', 'c']) ipam = after(ipam.allocate(owner, { families: 'ipv4' }));
    ipam = ipam.release('b');
    expect(result(ipam.allocate('d', { families: 'ipv4' }))).toBe('10.0.0.1');
  });

  test('leaves the value it started from as it was', () => {
    const before = ipamOf(pool('p', ['10.0.0.0/30']));
    after(before.allocate('a', { families: 'ipv4' }));
    expect(before.allocationOf('a')).toBeUndefined();
    expect(before.usage('p')?.ipv4.used).toBe(0n);
  });

  test('again for the same owner gives what it holds', () => {
    const ipam = after(ipamOf(pool('p', ['10.0.0.0/30'])).allocate('a', { families: 'ipv4' }));
    expect(result(ipam.allocate('a', { families: 'ipv4' }))).toBe('10.0.0.0');
  });

  test('goes on to the next pool by priority and name when one is full', () => {
    let ipam = ipamOf(
      pool('a', ['10.0.0.0/32']),
      pool('b', ['10.0.1.0/32'], { priority: 1 }),
      pool('c', ['10.0.2.0/32'], { autoAssign: false }),
    );
    const given: string[] = [];
    for (const owner of ['x', 'y', 'z']) {
      const outcome = ipam.allocate(owner, { families: 'ipv4' });
      given.push(result(outcome));
      if (outcome.ok) ipam = outcome.next;
    }
    expect(given).toEqual(['10.0.1.0', '10.0.0.0', 'pool-full']);
  });

  test('from a named pool works where autoAssign is off', () => {
    const ipam = ipamOf(pool('manual', ['10.0.0.0/32'], { autoAssign: false }));
    expect(result(ipam.allocate('a', { families: 'ipv4' }))).toBe('auto-assign-off');
    expect(result(ipam.allocate('a', { families: 'ipv4', pool: 'manual' }))).toBe('10.0.0.0');
  });

  test('skips .0 and .255 where the pool avoids them', () => {
    let ipam = ipamOf(pool('p', ['1.2.4.254-1.2.5.1'], { avoidBuggyIPs: true }));
    const given: string[] = [];
    for (const owner of ['a', 'b', 'c']) {
      const outcome = ipam.allocate(owner, { families: 'ipv4' });
      given.push(result(outcome));
      if (outcome.ok) ipam = outcome.next;
    }
    expect(given).toEqual(['1.2.4.254', '1.2.5.1', 'pool-full']);
  });

  test.each([
    ['dual', undefined, '10.0.1.0,fc00::'],
    ['prefer-dual', undefined, '10.0.1.0,fc00::'],
    ['ipv6', undefined, 'fc00::'],
    ['ipv4', undefined, '10.0.0.0'],
  ] as const)('for %s takes the first pool that has it all', (families, preferred, expected) => {
    const ipam = ipamOf(pool('a', ['10.0.0.0/32']), pool('b', ['fc00::/127', '10.0.1.0/32']));
    const wish = preferred === undefined ? { families } : { families, preferred };
    expect(result(ipam.allocate('x', wish))).toBe(expected);
  });

  test.each([
    ['ipv4', '10.0.0.0'],
    ['ipv6', 'fc00::'],
  ] as const)(
    'where no pool has both, prefer-dual takes %s first when told so',
    (preferred, expected) => {
      const ipam = ipamOf(pool('a', ['10.0.0.0/32']), pool('b', ['fc00::/127']));
      expect(result(ipam.allocate('x', { families: 'prefer-dual', preferred }))).toBe(expected);
      expect(result(ipam.allocate('x', { families: 'dual' }))).toBe('family-missing');
    },
  );

  test('only uses pools that are eligible', () => {
    const ipam = ipamOf(pool('a', ['10.0.0.0/32']), pool('b', ['10.0.1.0/32']));
    const only = (name: string) => (each: Pool) => each.name === name;
    expect(result(ipam.allocate('x', { families: 'ipv4', eligible: only('b') }))).toBe('10.0.1.0');
    expect(result(ipam.allocate('x', { families: 'ipv4', eligible: only('c') }))).toBe(
      'no-eligible-pool',
    );
    const named = ipam.allocate('x', { families: 'ipv4', pool: 'a', eligible: only('b') });
    expect(result(named)).toBe('pool-not-allowed');
  });

  test('an additional family comes from the same pool, after the one that is held', () => {
    const ipam = after(
      ipamOf(pool('a', ['fc00::/127', '10.0.0.0/31'])).allocate('x', { families: 'ipv6' }),
    );
    const extended = ipam.extend('x');
    expect(result(extended)).toBe('fc00::,10.0.0.0');
    expect(result(after(extended).extend('x'))).toBe('fc00::,10.0.0.0');
    expect(result(ipam.extend('nobody'))).toBe('nothing-held');
    const single = after(ipamOf(pool('a', ['fc00::/127'])).allocate('x', { families: 'ipv6' }));
    expect(result(single.extend('x'))).toBe('family-missing');
  });
});

describe('requesting', () => {
  const pools = [
    pool('a', ['1.2.3.4/31', '1000::4/127']),
    pool('b', ['1.2.4.0/24', '1000::4:0/120'], { avoidBuggyIPs: true }),
    pool('c', ['1.2.5.0/24'], { autoAssign: false }),
  ];

  test.each([
    [['1.2.3.5'], '1.2.3.5'],
    [['1.2.5.77'], '1.2.5.77'],
    [['1000::5', '1.2.3.4'], '1000::5,1.2.3.4'],
    [['1000:0::0005'], '1000::5'],
    [['9.9.9.9'], 'not-in-any-pool'],
    [['1.2.4.0'], 'address-avoided'],
    [['1.2.4.255'], 'address-avoided'],
    [['1.2.4.5', '1000::4'], 'different-pools'],
    [['1.2.3.4', '1.2.3.5'], 'same-family'],
    [['1.2.3.4', '1000::4', '1.2.3.5'], 'too-many-addresses'],
    [[], 'no-address'],
    [['1.2.3'], 'invalid-address'],
  ])('%j gives %s', (addresses, expected) => {
    expect(result(ipamOf(...pools).request('x', addresses))).toBe(expected);
  });

  test('an address that another holds is refused with the holder, and the asker keeps what it has', () => {
    let ipam = after(ipamOf(...pools).request('s1', ['1.2.3.4']));
    ipam = after(ipam.request('s2', ['1.2.3.5']));
    const refused = ipam.request('s1', ['1.2.3.5']);
    expect(refused).toMatchObject({
      ok: false,
      reason: { code: 'address-in-use', owners: ['s2'] },
    });
    expect(ipam.allocationOf('s1')?.addresses).toEqual(['1.2.3.4']);
    expect(result(ipam.release('s1').request('s2', ['1.2.3.4']))).toBe('1.2.3.4');
  });

  test('a request moves the owner, and what it held is free again', () => {
    let ipam = after(ipamOf(...pools).request('s1', ['1.2.3.4']));
    ipam = after(ipam.request('s1', ['1.2.4.7']));
    expect(result(ipam.allocate('s2', { families: 'ipv4' }))).toBe('1.2.3.4');
    expect([ipam.usage('a')?.ipv4.used, ipam.usage('b')?.ipv4.used]).toEqual([0n, 1n]);
  });
});

describe('sharing an address', () => {
  const start = after(
    ipamOf(pool('p', ['1.2.4.0/24'])).request('s4', ['1.2.4.3'], {
      sharing: shared('k', 'TCP/80', 'b'),
    }),
  );

  test.each([
    ['another port under the same key and backend joins', shared('k', 'TCP/443', 'b'), '1.2.4.3'],
    ['the same number of another protocol is another port', shared('k', 'UDP/80', 'b'), '1.2.4.3'],
    ['a port that is taken is refused', shared('k', 'TCP/80', 'b'), 'port-in-use'],
    ['another key is refused', shared('other', 'TCP/443', 'b'), 'sharing-conflict'],
    ['another backend is refused', shared('k', 'TCP/443', 'other'), 'sharing-conflict'],
    ['an empty key shares with nobody', shared('', 'TCP/443', 'b'), 'address-in-use'],
    ['no terms at all share with nobody', undefined, 'address-in-use'],
  ])('%s', (_rule, sharing, expected) => {
    expect(result(start.request('s3', ['1.2.4.3'], { sharing }))).toBe(expected);
  });

  test('its only holder may change the key; one of two may not', () => {
    const changed = start.request('s4', ['1.2.4.3'], { sharing: shared('new', 'TCP/80') });
    expect(result(changed)).toBe('1.2.4.3');
    const joined = after(
      start.request('s3', ['1.2.4.3'], { sharing: shared('k', 'TCP/443', 'b') }),
    );
    const refused = joined.request('s3', ['1.2.4.3'], { sharing: shared('new', 'TCP/443', 'b') });
    expect(refused).toMatchObject({
      reason: { code: 'sharing-conflict', owners: ['s4'], differs: 'key' },
    });
  });

  test('a holder may change its port, and the old one is open to others then', () => {
    let ipam = after(start.request('s3', ['1.2.4.3'], { sharing: shared('k', 'TCP/443', 'b') }));
    ipam = after(ipam.request('s3', ['1.2.4.3'], { sharing: shared('k', 'UDP/53', 'b') }));
    expect(result(ipam.request('s5', ['1.2.4.3'], { sharing: shared('k', 'TCP/443', 'b') }))).toBe(
      '1.2.4.3',
    );
  });

  test('the address counts once, and is free when its last holder has gone', () => {
    let ipam = after(start.request('s3', ['1.2.4.3'], { sharing: shared('k', 'TCP/443', 'b') }));
    expect(ipam.usage('p')?.ipv4.used).toBe(1n);
    ipam = ipam.release('s4');
    expect(ipam.usage('p')?.ipv4.used).toBe(1n);
    ipam = ipam.release('s3');
    expect(ipam.usage('p')?.ipv4.used).toBe(0n);
    expect(result(ipam.request('lonely', ['1.2.4.3']))).toBe('1.2.4.3');
  });

  test('without a request, owners of one key share the least address that they can', () => {
    let ipam = ipamOf(pool('p', ['10.0.0.0/24']));
    const given: string[] = [];
    for (const [owner, sharing] of [
      ['a', shared('k', 'TCP/80')],
      ['b', shared('k', 'TCP/80')],
      ['c', shared('k', 'TCP/443')],
      ['d', undefined],
      ['e', { key: 'k', backend: '', ports: ['TCP/443', 'TCP/22'] }],
    ] as const) {
      const outcome = ipam.allocate(owner, { families: 'ipv4', sharing });
      given.push(result(outcome));
      ipam = after(outcome);
    }
    expect(given).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.0', '10.0.0.2', '10.0.0.1']);
  });
});

describe('reserving and changing pools', () => {
  test('who is refused at the replay is listed and holds nothing', () => {
    const { next, refused } = ipamOf(pool('p', ['10.0.0.0/30'])).reserve([
      { owner: 'a', addresses: ['10.0.0.2'] },
      { owner: 'b', addresses: ['10.0.0.2'] },
      { owner: 'c', addresses: ['10.9.9.9'] },
    ]);
    expect([...next.allocations()].map(([owner]) => owner)).toEqual(['a']);
    expect(refused.map(({ owner, reason }) => [owner, reason.code])).toEqual([
      ['b', 'address-in-use'],
      ['c', 'not-in-any-pool'],
    ]);
  });

  const held = ipamOf(pool('test', ['1.2.3.0/30', '1000::/126'])).reserve([
    { owner: 's1', addresses: ['1.2.3.0'] },
    { owner: 's2', addresses: ['1000::'] },
  ]).next;
  const half = pool('test', ['1.2.3.0/31', '1000::2/127']);
  const otherHalf = pool('test2', ['1.2.3.2/31', '1000::/127']);

  test.each([
    ['the same', [pool('test', ['1.2.3.0/30', '1000::/126'])], 'test', 'test'],
    ['a wider one', [pool('test', ['1.2.3.0/24', '1000::/120'])], 'test', 'test'],
    [
      'one without the IPv4 address',
      [pool('test', ['1.2.3.2/31', '1000::/126'])],
      undefined,
      'test',
    ],
    [
      'one without the IPv6 address',
      [pool('test', ['1.2.3.0/30', '1000::2/127'])],
      'test',
      undefined,
    ],
    ['one of another name', [pool('test2', ['1.2.3.0/30', '1000::/126'])], 'test2', 'test2'],
    ['two halves', [half, otherHalf], 'test', 'test2'],
    [
      'one that avoids .0',
      [pool('t', ['1.2.3.0/31', '1000::/127'], { avoidBuggyIPs: true })],
      undefined,
      't',
    ],
    ['none', [], undefined, undefined],
  ])(
    'over %s pool, holders keep their addresses where they exist',
    (_what, pools, first, second) => {
      const moved = held.withPools(pools);
      if (!moved.ok) throw new Error(moved.problem.message);
      expect([moved.next.allocationOf('s1')?.pool, moved.next.allocationOf('s2')?.pool]).toEqual([
        first,
        second,
      ]);
      expect(moved.dropped).toHaveLength(
        [first, second].filter((name) => name === undefined).length,
      );
    },
  );

  test('pools that overlap are refused as a whole', () => {
    expect(held.withPools([half, pool('x', ['1.2.3.1/32'])]).ok).toBe(false);
  });

  test('the pool of an address is known, unless the pool leaves the address out', () => {
    const ipam = ipamOf(pool('p', ['1.2.3.0/24'], { avoidBuggyIPs: true }));
    expect(['1.2.3.1', '1.2.3.0', '1.2.4.1', 'x'].map((text) => ipam.poolOf(text)?.name)).toEqual([
      'p',
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('the usage of an unknown pool is undefined', () => {
    expect(held.usage('nothing')).toBeUndefined();
  });
});
