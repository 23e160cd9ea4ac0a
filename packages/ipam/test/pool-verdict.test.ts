import { expect, test } from 'vitest';
import { createPool, explainVerdict, Ipam, type PoolSpec, type Wish } from '../src/index.ts';

const SPECS: readonly PoolSpec[] = [
  { name: 'closed', addresses: ['10.9.0.0/24'] },
  { name: 'free', addresses: ['10.1.0.0/31'] },
  { name: 'full', addresses: ['10.0.0.0/31'] },
  { name: 'manual', addresses: ['10.2.0.0/31'], autoAssign: false },
  { name: 'six', addresses: ['fc00::/127'] },
];

function start(): Ipam {
  const pools = SPECS.map((spec) => {
    const made = createPool(spec);
    if (!made.ok) throw new Error(made.problem.message);
    return made.pool;
  });
  const made = Ipam.create(pools);
  if (!made.ok) throw new Error(made.problem.message);
  let { ipam } = made;
  const sharing = { key: 'k', backend: 'web', ports: ['TCP/80'] };
  for (const [owner, address] of [
    ['one', '10.0.0.0'],
    ['two', '10.0.0.1'],
  ] as const) {
    const outcome = ipam.request(owner, [address], owner === 'one' ? { sharing } : {});
    if (!outcome.ok) throw new Error(outcome.reason.code);
    ipam = outcome.next;
  }
  return ipam;
}

const ipam = start();
const eligible = ({ name }: { name: string }): boolean => name !== 'closed';
const explained = (wish: Wish): string[] =>
  ipam
    .explain(wish)
    .map((each) => explainVerdict(each, (pool) => `is not for this one, says ${pool}`));

test('each pool says why it is passed over, in the order in which they are tried', () => {
  expect(explained({ families: 'ipv4', eligible })).toEqual([
    'pool closed is not for this one, says closed',
    'pool free has an address',
    'pool full has no free IPv4 address',
    'pool manual gives addresses only on request (autoAssign is false)',
    'pool six has no IPv4 addresses',
  ]);
});

test.each([
  [
    { key: 'k', backend: 'web', ports: ['UDP/1', 'TCP/80'] },
    'port TCP/80 is already in use on "10.0.0.0" by one',
  ],
  [
    { key: 'k', backend: 'mail', ports: ['TCP/81'] },
    `can't share "10.0.0.0": the backends differ from those of one`,
  ],
])('a full pool says what prevents sharing: %j', (sharing, why) => {
  expect(explained({ families: 'ipv4', pool: 'full', sharing })).toEqual([
    `pool full has no free IPv4 address (${why})`,
  ]);
});

test('a full pool says nothing of sharing under a key that nobody has', () => {
  const sharing = { key: 'other', backend: '', ports: ['TCP/80'] };
  expect(explained({ families: 'ipv4', pool: 'full', sharing })).toEqual([
    'pool full has no free IPv4 address',
  ]);
});

test('of a pool that is not there nothing is said', () => {
  expect(explained({ families: 'ipv4', pool: 'nowhere' })).toEqual([]);
});

test('a pool gives an address exactly when it says that it has one', () => {
  for (const families of ['ipv4', 'ipv6', 'dual', 'prefer-dual'] as const) {
    for (const { name } of SPECS) {
      const verdict = ipam.explain({ families, pool: name, eligible })[0]?.code;
      expect(ipam.allocate('x', { families, pool: name, eligible }).ok).toBe(verdict === 'fits');
    }
  }
});
