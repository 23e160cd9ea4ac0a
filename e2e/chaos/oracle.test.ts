import { describe, expect, test } from 'vitest';
import type { PoolObject, ServiceObject } from './cluster-model.ts';
import { problemsAtRest, type Rest } from './oracle.ts';

const service = (
  name: string,
  shown: readonly string[],
  more: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly spec?: Partial<ServiceObject['spec']>;
  } = {},
): ServiceObject => ({
  metadata: {
    name,
    namespace: 'web',
    uid: `uid-${name}`,
    resourceVersion: '1',
    annotations: {
      ...(shown.length > 0 && { 'metallb.io/ip-allocated-from-pool': 'lan' }),
      ...more.annotations,
    },
  },
  spec: {
    type: 'LoadBalancer',
    clusterIPs: ['10.96.0.9'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ protocol: 'TCP', port: 80 }],
    ...more.spec,
  },
  status: { loadBalancer: { ingress: shown.map((ip) => ({ ip })) } },
});

/** A pool of 10.0.0.0 to 10.0.0.1 and one IPv6 address, whose status counts right. */
const pool = (used4: number, used6 = 0, spec: Partial<PoolObject['spec']> = {}): PoolObject => ({
  metadata: { name: 'lan', resourceVersion: '1' },
  spec: { addresses: ['10.0.0.0-10.0.0.1', 'fd00::1:0-fd00::1:0'], ...spec },
  status: {
    assignedIPv4: used4,
    assignedIPv6: used6,
    availableIPv4: 2 - used4,
    availableIPv6: 1 - used6,
  },
});

const key = { 'metallb.io/allow-shared-ip': 'red' };
const dual = { clusterIPs: ['10.96.0.9', 'fd96::9'] };
const udp = { ports: [{ protocol: 'UDP', port: 80 }] };

describe('the oracle finds nothing wrong where', () => {
  const right: readonly [string, Rest][] = [
    [
      'each has one',
      { pools: [pool(2)], services: [service('a', ['10.0.0.0']), service('b', ['10.0.0.1'])] },
    ],
    [
      'the third of two goes without',
      {
        pools: [pool(2)],
        services: [service('a', ['10.0.0.0']), service('b', ['10.0.0.1']), service('c', [])],
      },
    ],
    [
      'two share with a key and ports of their own',
      {
        pools: [pool(1)],
        services: [
          service('a', ['10.0.0.0'], { annotations: key }),
          service('b', ['10.0.0.0'], { annotations: key, spec: udp }),
        ],
      },
    ],
    [
      'a pool that gives only on request is not given from',
      { pools: [pool(0, 0, { autoAssign: false })], services: [service('a', [])] },
    ],
    [
      'one of another namespace goes without',
      {
        pools: [pool(0, 0, { serviceAllocation: { namespaces: ['db'] } })],
        services: [service('a', [])],
      },
    ],
  ];
  test.each(right)('%s', (_, rest) => {
    expect(problemsAtRest(rest)).toEqual([]);
  });
});

describe('the oracle sees that', () => {
  const wrong: readonly [string, Rest, RegExp][] = [
    [
      'one goes without',
      { pools: [pool(0)], services: [service('a', [])] },
      /could have 10\.0\.0\.0/,
    ],
    [
      'two have one without a key',
      {
        pools: [pool(1)],
        services: [service('a', ['10.0.0.0']), service('b', ['10.0.0.0'], { spec: udp })],
      },
      /both show 10\.0\.0\.0/,
    ],
    [
      'two share a port',
      {
        pools: [pool(1)],
        services: [
          service('a', ['10.0.0.0'], { annotations: key }),
          service('b', ['10.0.0.0'], { annotations: key }),
        ],
      },
      /both show/,
    ],
    [
      'one who could share goes without',
      {
        pools: [pool(2)],
        services: [
          service('a', ['10.0.0.0'], { annotations: key }),
          service('b', ['10.0.0.1']),
          service('c', [], { annotations: key, spec: udp }),
        ],
      },
      /web\/c: has no address, but could have 10\.0\.0\.0/,
    ],
    [
      'an address is of no pool',
      { pools: [pool(0)], services: [service('a', ['10.9.9.9'])] },
      /no pool has/,
    ],
    [
      'it is not what was asked for',
      {
        pools: [pool(1)],
        services: [
          service('a', ['10.0.0.0'], { annotations: { 'metallb.io/loadBalancerIPs': '10.0.0.1' } }),
        ],
      },
      /asks for 10\.0\.0\.1/,
    ],
    [
      'it is not of the pool that was asked for',
      {
        pools: [pool(1)],
        services: [
          service('a', ['10.0.0.0'], { annotations: { 'metallb.io/address-pool': 'other' } }),
        ],
      },
      /asks for pool other/,
    ],
    [
      'a family is missing that is there',
      {
        pools: [pool(1)],
        services: [
          service('a', ['10.0.0.0'], { spec: { ...dual, ipFamilyPolicy: 'PreferDualStack' } }),
        ],
      },
      /could have fd00::1:0 too/,
    ],
    [
      'a family is missing that must be there',
      {
        pools: [pool(1)],
        services: [
          service('a', ['10.0.0.0'], { spec: { ...dual, ipFamilyPolicy: 'RequireDualStack' } }),
        ],
      },
      /wants ipv4 and ipv6/,
    ],
    [
      'one that is no load balancer any more keeps its address',
      { pools: [pool(1)], services: [service('a', ['10.0.0.0'], { spec: { type: 'ClusterIP' } })] },
      /no load balancer/,
    ],
    [
      'the wrong pool is named',
      {
        pools: [pool(1)],
        services: [
          service('a', ['10.0.0.0'], {
            annotations: { 'metallb.io/ip-allocated-from-pool': 'wan' },
          }),
        ],
      },
      /of lan, but says it is from wan/,
    ],
    ['a pool counts wrong', { pools: [pool(1)], services: [] }, /assignedIPv4 is 1, not 0/],
  ];
  test.each(wrong)('%s', (_, rest, said) => {
    expect(problemsAtRest(rest).join('\n')).toMatch(said);
  });
});
