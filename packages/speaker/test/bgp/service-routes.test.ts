import { describe, expect, test } from 'vitest';
import { decideRoutes, type RoutesSituation } from '../../src/bgp/service-routes.ts';
import { endpoints, node, pool, service } from '../cluster-views.ts';
import { bgpAdvertisement } from './bgp-views.ts';

const usual: RoutesSituation = {
  service: service(),
  pools: [pool('default', ['10.20.30.0/24', '1000::/64'])],
  advertisements: [bgpAdvertisement()],
  node: node('pandora'),
  endpoints: [endpoints('iris')],
  loadBalancerClass: undefined,
  ignoreExcludeLabel: false,
};

/** The routes, as `prefix advertisement`, or the reason why there are none. */
function outcome(change: Partial<RoutesSituation> = {}): string[] | string {
  const decision = decideRoutes({ ...usual, ...change });
  return decision.kind === 'withheld'
    ? decision.reason
    : decision.routes.map(({ prefix, advertisement }) => `${prefix} ${advertisement.name}`);
}

const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
const apache = [{ matchLabels: { app: 'apache' } }];
const nginx = [{ matchLabels: { app: 'nginx' } }];

describe('nothing is told', () => {
  test.each<[string, string, Partial<RoutesSituation>]>([
    ['notLoadBalancer', 'a Service that is gone', { service: undefined }],
    ['otherLoadBalancerClass', 'a Service of another class', { loadBalancerClass: 'x' }],
    ['noIPAllocated', 'a Service without an address', { service: service({ ingress: [] }) }],
    ['invalidIP', 'a host name', { service: service({ ingress: [''] }) }],
    ['ipNotAllowed', 'an address of no pool', { service: service({ ingress: ['10.9.9.9'] }) }],
    ['notOwner', 'where the API shows no Node of ours', { node: undefined }],
    ['notOwner', 'a pool that nothing advertises', { advertisements: [] }],
    [
      'notOwner',
      'a pool that would be announced with addresses around it',
      { advertisements: [bgpAdvertisement({ exceptPools: new Set(['default']) })] },
    ],
    [
      'noMatchingAdvertisement',
      'a Service that no advertisement selects',
      { advertisements: [bgpAdvertisement({ serviceSelectors: apache })] },
    ],
    [
      'conflictingAdvertisements',
      'where two advertisements want different preferences of one prefix',
      {
        advertisements: [
          bgpAdvertisement({ name: 'a', localPref: 100 }),
          bgpAdvertisement({ name: 'b', localPref: 200 }),
        ],
      },
    ],
    [
      'nodeNetworkUnavailable',
      'from a node without a network',
      { node: node('pandora', { networkUnavailable: true }) },
    ],
    [
      'nodeLabeledExcludeBalancers',
      'from a node with the exclude label',
      { node: node('pandora', { labels: EXCLUDED }) },
    ],
    [
      'noLocalEndpoints',
      'under externalTrafficPolicy Local where the endpoints are elsewhere',
      { service: service({ localTraffic: true }) },
    ],
    ['noEndpoints', 'a Service without endpoints', { endpoints: [] }],
    ['noEndpoints', 'a Service whose endpoints cannot serve', { endpoints: [endpoints()] }],
  ])('%s: %s', (reason, _, change) => expect(outcome(change)).toBe(reason));
});

describe('a route is told', () => {
  test('from every node, wherever the endpoints are', () => {
    expect(outcome()).toEqual(['10.20.30.1/32 all']);
  });

  test('under externalTrafficPolicy Local from a node with an endpoint', () => {
    const local = { service: service({ localTraffic: true }) };
    expect(outcome({ ...local, endpoints: [endpoints('iris', 'pandora')] })).toHaveLength(1);
    expect(outcome({ ...local, endpoints: [endpoints(), endpoints('pandora')] })).toHaveLength(1);
  });

  test('from a node with the exclude label where that is not to count', () => {
    const excluded = node('pandora', { labels: EXCLUDED });
    expect(outcome({ node: excluded, ignoreExcludeLabel: true })).toEqual(['10.20.30.1/32 all']);
  });

  test('for each address and each advertisement, cut to the length for its family', () => {
    const both = service({ ingress: ['10.20.30.129', '1000::ff:1'] });
    const advertisements = [
      bgpAdvertisement({ name: 'host', localPref: 100 }),
      bgpAdvertisement({
        name: 'net',
        localPref: 1000,
        aggregationLength: 25,
        aggregationLengthV6: 124,
      }),
    ];
    expect(outcome({ service: both, advertisements })).toEqual([
      '10.20.30.129/32 host',
      '10.20.30.128/25 net',
      '1000::ff:1/128 host',
      '1000::ff:0/124 net',
    ]);
  });

  test('by those advertisements alone whose service selectors match, one of several being enough', () => {
    const advertisements = [
      bgpAdvertisement({ name: 'apache', serviceSelectors: apache }),
      bgpAdvertisement({ name: 'nginx', serviceSelectors: nginx }),
      bgpAdvertisement({ name: 'either', serviceSelectors: [...apache, ...nginx] }),
      bgpAdvertisement({ name: 'any' }),
    ];
    const labelled = service({ labels: { app: 'nginx' } });
    expect(outcome({ service: labelled, advertisements })).toEqual([
      '10.20.30.1/32 nginx',
      '10.20.30.1/32 either',
      '10.20.30.1/32 any',
    ]);
  });

  test('by an advertisement that selects the pool by its name or its labels', () => {
    const labelled = [pool('default', ['10.20.30.0/24'], { tier: 'gold' })];
    const ipAddressPoolSelectors = [{ matchLabels: { tier: 'gold' } }];
    const advertisements = [
      bgpAdvertisement({ name: 'name', ipAddressPools: ['default'] }),
      bgpAdvertisement({ name: 'labels', ipAddressPoolSelectors }),
      bgpAdvertisement({ name: 'other', ipAddressPools: ['other'] }),
    ];
    expect(outcome({ pools: labelled, advertisements })).toEqual([
      '10.20.30.1/32 name',
      '10.20.30.1/32 labels',
    ]);
  });
});

describe('two advertisements with different preferences', () => {
  const a = { name: 'a', localPref: 100 };
  const b = { name: 'b', localPref: 200 };
  test.each<
    [string, Parameters<typeof bgpAdvertisement>[0], Parameters<typeof bgpAdvertisement>[0]]
  >([
    ['of different lengths', a, { ...b, aggregationLength: 24 }],
    ['for different peers', { ...a, peers: ['p1'] }, { ...b, peers: ['p2', 'p3'] }],
    ['of which one is for other Services', a, { ...b, serviceSelectors: apache }],
    [
      'whose lengths differ for the families that the Service has',
      a,
      { ...b, aggregationLength: 24, aggregationLengthV6: 128 },
    ],
  ])('agree: %s', (_, one, other) => {
    const advertisements = [bgpAdvertisement(one), bgpAdvertisement(other)];
    expect(outcome({ advertisements })).not.toBe('conflictingAdvertisements');
  });

  test.each<
    [string, Parameters<typeof bgpAdvertisement>[0], Parameters<typeof bgpAdvertisement>[0]]
  >([
    ['for all peers', a, b],
    ['of which one is for all peers', a, { ...b, peers: ['p1'] }],
    ['that have a peer in common', { ...a, peers: ['p1', 'p2'] }, { ...b, peers: ['p2'] }],
    ['of which one has none', { name: 'a' }, b],
    ['that want paths of two lengths', { name: 'a', asPathPrepend: 1 }, { name: 'b' }],
  ])('conflict, and are named: %s', (_, one, other) => {
    const advertisements = [bgpAdvertisement(one), bgpAdvertisement(other)];
    expect(decideRoutes({ ...usual, advertisements })).toEqual({
      kind: 'withheld',
      reason: 'conflictingAdvertisements',
      conflict: ['a', 'b'],
    });
  });
});
