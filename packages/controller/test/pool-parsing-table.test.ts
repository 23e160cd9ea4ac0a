import { describe, expect, test } from 'vitest';
import { bookPools, EMPTY_BOOK } from '../src/pool-book.ts';
import { viewPool } from '../src/pool-view.ts';
import { configOf, namespaceOf, poolOf, serviceOf } from './fixtures.ts';

/** The problem with a pool of this spec, or `in force`. */
function verdict(spec: Readonly<Record<string, unknown>>): string {
  const [refused] = bookPools(EMPTY_BOOK, [poolOf('p', spec)]).refused;
  return refused?.problem ?? 'in force';
}

const from = (serviceAllocation: Readonly<Record<string, unknown>>) => ({
  addresses: ['10.20.0.0/16'],
  serviceAllocation,
});
const inValues = (...values: readonly string[]) => ({
  matchExpressions: [{ key: 'k', operator: 'In', values }],
});

describe('a pool object', () => {
  test.each([
    ['a CIDR', { addresses: ['10.20.0.0/16'] }],
    [
      'CIDRs and ranges with and without spaces',
      {
        addresses: [
          '10.50.0.0/24',
          '40.0.0.150-40.0.0.200',
          '40.0.0.210 - 40.0.0.240',
          '40.0.0.250 - 40.0.0.250',
        ],
      },
    ],
    ['a CIDR with host bits', { addresses: ['1.2.3.4/24'] }],
    ['namespaces', from({ namespaces: ['a', 'b'] })],
    [
      'selectors',
      from({
        namespaceSelectors: [{ matchLabels: { a: 'b' } }],
        serviceSelectors: [inValues('x', 'y')],
      }),
    ],
    ['only a priority', from({ priority: 1 })],
  ])('with %s is in force', (_what, spec) => {
    expect(verdict(spec)).toBe('in force');
  });

  test.each([
    ['no addresses', { addresses: [] }, 'is empty'],
    ['no spec.addresses at all', {}, 'spec.addresses: is missing'],
    ['an address beyond 255', { addresses: ['100.200.300.400/24'] }, '100.200.300.400'],
    ['a prefix beyond 32', { addresses: ['100.200.100.0/33'] }, 'at most 32'],
    ['a reversed range', { addresses: ['100.200.100.200-100.200.100.100'] }, '100.200.100.200'],
    ['a range over two families', { addresses: ['1.2.3.4-fc00::1'] }, 'famil'],
    ['an address alone', { addresses: ['1.2.3.4'] }, 'neither a CIDR nor a range'],
    ['a space before a CIDR', { addresses: [' 10.0.0.0/8'] }, 'neither a CIDR nor a range'],
    ['the same range twice', { addresses: ['10.0.0.0/8', '10.0.0.0/8'] }, 'overlap'],
    ['ranges that overlap', { addresses: ['10.0.0.0/8', '10.1.0.0/16'] }, 'overlap'],
    ['a namespace twice', from({ namespaces: ['a', 'a'] }), 'spec.serviceAllocation.namespaces'],
    [
      'a namespace selector twice',
      from({ namespaceSelectors: [inValues('a'), inValues('a')] }),
      'spec.serviceAllocation.namespaceSelectors',
    ],
    [
      'a service selector twice',
      from({ serviceSelectors: [inValues('a'), inValues('a')] }),
      'spec.serviceAllocation.serviceSelectors',
    ],
    [
      'a value twice in a selector',
      from({ serviceSelectors: [inValues('bar', 'bar')] }),
      'spec.serviceAllocation.serviceSelectors',
    ],
  ])('with %s is refused, and the problem says where', (_what, spec, where) => {
    expect(verdict(spec)).toContain(where);
  });

  test('is read whatever its status says', () => {
    const metadata = { name: 'p', namespace: 'metallb-system', uid: 'u', resourceVersion: '1' };
    const raw = { metadata, spec: { addresses: ['10.0.0.0/8'] }, status: { odd: true } };
    expect(viewPool(raw as Parameters<typeof viewPool>[0]).problems).toEqual([]);
  });
});

describe('who may have addresses of a pool', () => {
  const namespaces = [
    namespaceOf('prod', { env: 'prod' }),
    namespaceOf('test', { env: 'test' }),
    namespaceOf('extra'),
  ];
  const may = (allocation: Readonly<Record<string, unknown>>): string[] => {
    const { ipam, policy } = configOf([poolOf('p', from(allocation))], namespaces);
    const [pool] = ipam.pools;
    if (pool === undefined) throw new Error('no pool');
    return namespaces.flatMap(({ name }) =>
      ['web', 'mail'].flatMap((app) =>
        policy.allows(pool, serviceOf({ namespace: name, labels: { app } }))
          ? [`${name}/${app}`]
          : [],
      ),
    );
  };
  const prod = { namespaceSelectors: [{ matchLabels: { env: 'prod' } }] };

  test.each([
    [
      'namespaces by name and by selector are added up',
      { namespaces: ['extra'], ...prod },
      ['prod/web', 'prod/mail', 'extra/web', 'extra/mail'],
    ],
    [
      'a selector that matches no namespace opens it to nobody',
      { namespaceSelectors: [{ matchLabels: { env: 'none' } }] },
      [],
    ],
    [
      'one service selector is enough',
      { serviceSelectors: [inValues('x'), { matchLabels: { app: 'web' } }] },
      ['prod/web', 'test/web', 'extra/web'],
    ],
    [
      'both conditions must hold',
      { ...prod, serviceSelectors: [{ matchLabels: { app: 'web' } }] },
      ['prod/web'],
    ],
    [
      'only a priority is open to all',
      { priority: 7 },
      ['prod/web', 'prod/mail', 'test/web', 'test/mail', 'extra/web', 'extra/mail'],
    ],
  ])('%s', (_rule, allocation, expected) => {
    expect(may(allocation)).toEqual(expected);
  });
});
