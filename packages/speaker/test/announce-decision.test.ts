import { describe, expect, test } from 'vitest';
import {
  decide,
  EXCLUDE_LABEL,
  excludedMessage,
  type Situation,
} from '../src/announce-decision.ts';
import { advertisement, endpoints, node, onNode, pool, service } from './cluster-views.ts';

// For 10.20.30.1 the order is iris2, iris1; for 10.20.30.2 it is iris1, iris2.
const usual: Omit<Situation, 'node'> = {
  service: service(),
  pools: [pool('default', ['10.20.30.0/24', '1000::/64'])],
  advertisements: [advertisement()],
  nodes: [node('iris1'), node('iris2')],
  endpoints: [endpoints('iris1', 'iris2')],
  loadBalancerClass: undefined,
};

/** What both nodes decide: the rank of a candidate, or the reason. */
function outcome(change: Partial<Situation> = {}): { iris1: unknown; iris2: unknown } {
  const on = (name: string): unknown => {
    const decision = decide({ ...usual, node: name, ...change });
    return decision.kind === 'candidate' ? decision.rank : decision.reason;
  };
  return { iris1: on('iris1'), iris2: on('iris2') };
}
const both = (value: unknown): { iris1: unknown; iris2: unknown } => ({
  iris1: value,
  iris2: value,
});

describe('nobody announces', () => {
  test.each<[string, string, Partial<Situation>]>([
    ['notLoadBalancer', 'a Service that is gone', { service: undefined }],
    [
      'otherLoadBalancerClass',
      'a Service of another class',
      { service: service({ loadBalancerClass: 'x' }) },
    ],
    [
      'otherLoadBalancerClass',
      'a Service without a class where one is ours',
      { loadBalancerClass: 'x' },
    ],
    ['noIPAllocated', 'a Service without an address', { service: service({ ingress: [] }) }],
    [
      'invalidIP',
      'a Service with an entry that has only a hostname',
      { service: service({ ingress: ['10.20.30.1', ''] }) },
    ],
    [
      'ipNotAllowed',
      'an address that no pool has',
      { service: service({ ingress: ['10.20.31.1'] }) },
    ],
    ['ipNotAllowed', 'anything while there is no pool', { pools: [] }],
    [
      'ipNotAllowed',
      'two addresses of two pools',
      {
        service: service({ ingress: ['10.20.30.1', '10.9.0.1'] }),
        pools: [...usual.pools, pool('other', ['10.9.0.0/24'])],
      },
    ],
    ['notOwner', 'a Service without endpoints', { endpoints: [] }],
    ['notOwner', 'a Service whose endpoints cannot serve', { endpoints: [endpoints()] }],
    ['noMatchingAdvertisement', 'a pool that nothing advertises', { advertisements: [] }],
    [
      'noMatchingAdvertisement',
      'a pool that only an advertisement of another pool has',
      { advertisements: [advertisement({ ipAddressPools: ['other'] })] },
    ],
    [
      'noMatchingAdvertisement',
      'a Service that no advertisement selects',
      { advertisements: [advertisement({ serviceSelectors: [{ matchLabels: { a: 'b' } }] })] },
    ],
    [
      'noMatchingAdvertisement',
      'from an advertisement for a node that does not exist',
      { advertisements: [advertisement({ nodeSelectors: onNode('ghost') })] },
    ],
    [
      'sharedIPWithServiceSelector',
      'a shared address that an advertisement selects by Service',
      {
        service: service({ sharesAddress: true, labels: { a: 'b' } }),
        advertisements: [
          advertisement(),
          advertisement({ serviceSelectors: [{ matchLabels: { a: 'b' } }] }),
        ],
      },
    ],
    [
      'notOwner',
      'with local traffic and endpoints on other nodes only',
      { service: service({ localTraffic: true }), endpoints: [endpoints('iris3')] },
    ],
  ])('%s: %s', (reason, _what, change) => {
    expect(outcome(change)).toEqual(both(reason));
  });
});

describe('the nodes stand', () => {
  test('in the order of their hashes with the address', () => {
    expect(outcome()).toEqual({ iris1: 1, iris2: 0 });
    expect(outcome({ service: service({ ingress: ['10.20.30.2'] }) })).toEqual({
      iris1: 0,
      iris2: 1,
    });
  });

  test('in one order for both addresses of a dual-stack Service, that of the first', () => {
    const ingress = ['10.20.30.1', '1000::1'];
    expect(outcome({ service: service({ ingress }) })).toEqual({ iris1: 1, iris2: 0 });
  });

  test('for the canonical text of each address', () => {
    const decision = decide({
      ...usual,
      node: 'iris1',
      service: service({ ingress: ['1000:0:0::0001'] }),
    });
    expect(decision).toMatchObject({ kind: 'candidate', addresses: ['1000::1'] });
  });

  test('whichever nodes have the endpoints, unless traffic is to stay local', () => {
    expect(outcome({ endpoints: [endpoints('iris1')] })).toEqual({ iris1: 1, iris2: 0 });
  });

  test('only where an endpoint serves, if traffic is to stay local', () => {
    const local = { service: service({ localTraffic: true }) };
    expect(outcome({ ...local, endpoints: [endpoints('iris1')] })).toEqual({
      iris1: 0,
      iris2: 'notOwner',
    });
    expect(outcome({ ...local, endpoints: [endpoints('iris1'), endpoints('iris2')] })).toEqual({
      iris1: 1,
      iris2: 0,
    });
  });

  test('only on the nodes that an advertisement includes', () => {
    const advertisements = [advertisement({ nodeSelectors: onNode('iris1') })];
    expect(outcome({ advertisements })).toEqual({ iris1: 0, iris2: 'noMatchingAdvertisement' });
  });

  test('nowhere, if local endpoints and advertisement are on different nodes', () => {
    const change = {
      service: service({ localTraffic: true }),
      endpoints: [endpoints('iris1')],
      advertisements: [advertisement({ nodeSelectors: onNode('iris2') })],
    };
    expect(outcome(change)).toEqual({ iris1: 'noMatchingAdvertisement', iris2: 'notOwner' });
  });

  test.each<[string, Parameters<typeof node>[1]]>([
    [
      'carries the exclude label, whatever its value',
      { labels: { name: 'iris2', [EXCLUDE_LABEL]: '' } },
    ],
    ['has no network', { networkUnavailable: true }],
  ])('without a node that %s', (_what, change) => {
    expect(outcome({ nodes: [node('iris1'), node('iris2', change)] })).toEqual({
      iris1: 0,
      iris2: 'notOwner',
    });
  });

  test('with a shared address, where no advertisement selects Services', () => {
    expect(outcome({ service: service({ sharesAddress: true }) })).toEqual({ iris1: 1, iris2: 0 });
  });

  test('for a pool that an advertisement names or selects by its labels', () => {
    const pools = [pool('default', ['10.20.30.0/24'], { zone: 'a' })];
    const named = [advertisement({ ipAddressPools: ['default'] })];
    const selected = [advertisement({ ipAddressPoolSelectors: [{ matchLabels: { zone: 'a' } }] })];
    expect(outcome({ pools, advertisements: named })).toEqual({ iris1: 1, iris2: 0 });
    expect(outcome({ pools, advertisements: selected })).toEqual({ iris1: 1, iris2: 0 });
  });

  test('for Services of our class, where there is one', () => {
    const change = { service: service({ loadBalancerClass: 'x' }), loadBalancerClass: 'x' };
    expect(outcome(change)).toEqual({ iris1: 1, iris2: 0 });
  });
});

describe('preferences', () => {
  const prefer = (
    name: string,
    weight: number,
  ): { weight: number; preference: { matchLabels: { name: string } } } => ({
    weight,
    preference: { matchLabels: { name } },
  });

  test('come before hashes', () => {
    const advertisements = [advertisement({ preferredNodeSelectors: [prefer('iris1', 1)] })];
    expect(outcome({ advertisements })).toEqual({ iris1: 0, iris2: 1 });
  });

  test('of several advertisements add up', () => {
    const advertisements = [
      advertisement({ name: 'a', preferredNodeSelectors: [prefer('iris1', 30)] }),
      advertisement({
        name: 'b',
        preferredNodeSelectors: [prefer('iris1', 30), prefer('iris2', 50)],
      }),
    ];
    expect(outcome({ advertisements })).toEqual({ iris1: 0, iris2: 1 });
  });

  test('for nodes that their advertisement does not include count nothing', () => {
    const advertisements = [
      advertisement({ name: 'a' }),
      advertisement({
        name: 'b',
        nodeSelectors: onNode('iris2'),
        preferredNodeSelectors: [prefer('iris1', 100)],
      }),
    ];
    expect(outcome({ advertisements })).toEqual({ iris1: 1, iris2: 0 });
  });

  test('of an advertisement for other Services count nothing', () => {
    const advertisements = [
      advertisement({ name: 'a' }),
      advertisement({
        name: 'b',
        serviceSelectors: [{ matchLabels: { a: 'b' } }],
        preferredNodeSelectors: [prefer('iris1', 100)],
      }),
    ];
    expect(outcome({ advertisements })).toEqual({ iris1: 1, iris2: 0 });
  });

  test('for a node without a local endpoint do not make it a candidate', () => {
    const change = {
      service: service({ localTraffic: true }),
      endpoints: [endpoints('iris2')],
      advertisements: [advertisement({ preferredNodeSelectors: [prefer('iris1', 100)] })],
    };
    expect(outcome(change)).toEqual({ iris1: 'notOwner', iris2: 0 });
  });
});

describe('where every node that could answer carries the exclude label', () => {
  const labels = (name: string): Record<string, string> => ({ name, [EXCLUDE_LABEL]: 'true' });
  const nodes = ['iris1', 'iris2'].map((name) => node(name, { labels: labels(name) }));

  test('nobody stands, and every node knows which of them should say why', () => {
    for (const name of ['iris1', 'iris2']) {
      expect(decide({ ...usual, node: name, nodes })).toEqual({
        kind: 'withheld',
        reason: 'notOwner',
        excluded: ['iris2', 'iris1'],
      });
    }
  });

  test('all stand, if the label is to be ignored', () => {
    expect(outcome({ nodes, ignoreExcludeLabel: true })).toEqual({ iris1: 1, iris2: 0 });
  });

  test('that is not said while another node can answer, or while no node could anyway', () => {
    const one = [node('iris1'), ...nodes.slice(1)];
    expect(decide({ ...usual, node: 'iris2', nodes: one })).not.toHaveProperty('excluded');
    const down = nodes.map((each) => ({ ...each, networkUnavailable: true }));
    expect(decide({ ...usual, node: 'iris2', nodes: down })).not.toHaveProperty('excluded');
  });

  test('it is said with traffic that stays local too, of the nodes with an endpoint', () => {
    const change = {
      service: service({ localTraffic: true }),
      endpoints: [endpoints('iris1')],
      nodes: [...nodes.slice(0, 1), node('iris2')],
    };
    expect(decide({ ...usual, node: 'iris1', ...change })).toMatchObject({ excluded: ['iris1'] });
  });

  test('people are told the nodes and both ways out', () => {
    expect(excludedMessage(['iris2', 'iris1'])).toBe(
      'every node that could announce has the label node.kubernetes.io/exclude-from-external-load-balancers (iris2, iris1): remove the label from a node, or run the speakers with --ignore-exclude-lb',
    );
  });
});

describe('the interfaces', () => {
  const interfacesOn = (name: string, ...lists: [string, string[]][]): unknown => {
    const advertisements = lists.map(([on, interfaces]) =>
      advertisement({ nodeSelectors: onNode(on), interfaces }),
    );
    const decision = decide({ ...usual, node: name, advertisements });
    return decision.kind === 'candidate' ? decision.interfaces : decision.reason;
  };

  test('are all of them, if an advertisement names none', () => {
    expect(interfacesOn('iris1', ['iris1', ['eth1']], ['iris1', []])).toBe('all');
  });

  test('are those of all advertisements that include this node, and of no other', () => {
    expect(
      interfacesOn('iris1', ['iris1', ['eth1']], ['iris1', ['eth1', 'eth2']], ['iris2', ['eth9']]),
    ).toEqual(['eth1', 'eth2']);
  });
});

test('of 255 addresses each node begins with some, and every candidate set has one first', () => {
  const first = { iris1: 0, iris2: 0 };
  for (let last = 1; last <= 255; last++) {
    const { iris1, iris2 } = outcome({ service: service({ ingress: [`10.20.30.${last}`] }) });
    expect(new Set([iris1, iris2])).toEqual(new Set([0, 1]));
    first[iris1 === 0 ? 'iris1' : 'iris2']++;
  }
  expect(Math.min(first.iris1, first.iris2)).toBeGreaterThan(50);
});
