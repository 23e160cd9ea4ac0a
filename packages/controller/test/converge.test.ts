import { describe, expect, test } from 'vitest';
import { converge, type Decision } from '../src/converge.ts';
import { servicePatch } from '../src/service-patch.ts';
import { configOf, namespaceOf, poolOf, serviceOf, type ServiceParts } from './fixtures.ts';

const forTeam = { serviceSelectors: [{ matchLabels: { team: 'metallb' } }] };
const inNs1 = { namespaces: ['test-ns1'] };
const { ipam, policy } = configOf([
  poolOf('pool1', { addresses: ['1.2.3.0/31'] }),
  poolOf('pool2', { addresses: ['3.4.5.6/32'], autoAssign: false }),
  poolOf('pool3', { addresses: ['1000::/127'] }),
  poolOf('pool4', { addresses: ['2000::1/128'], autoAssign: false }),
  poolOf('pool5', { addresses: ['5.5.5.0/31', '5000::/127'] }),
  poolOf('pool6', { addresses: ['7.8.9.0/31'], serviceAllocation: { ...inNs1, priority: 10 } }),
  poolOf('pool7', { addresses: ['10.11.12.0/31'], serviceAllocation: { ...inNs1, priority: 11 } }),
  poolOf('pool8', { addresses: ['13.14.15.0/31'], serviceAllocation: { ...forTeam, priority: 9 } }),
  poolOf('pool9', {
    addresses: ['16.17.18.0/31'],
    serviceAllocation: { namespaces: ['test-ns2'] },
  }),
  poolOf('pool10', {
    addresses: ['19.20.21.0/31'],
    serviceAllocation: { ...forTeam, priority: 8 },
  }),
  poolOf('pool12', {
    addresses: ['25.26.27.0/31'],
    serviceAllocation: { ...inNs1, ...forTeam, priority: 5 },
  }),
]);

const DUAL = { clusterIPs: ['1.2.3.4', '3000::1'] };
const prefer = { ...DUAL, ipFamilyPolicy: 'PreferDualStack' };
const require = { ...DUAL, ipFamilyPolicy: 'RequireDualStack' };
const v6 = { clusterIPs: ['3000::1'] };
const asks = (addresses: string) => ({ 'metallb.io/loadBalancerIPs': addresses });
const from = (pool: string) => ({ 'metallb.io/address-pool': pool });

const NOW = '2026-11-23T12:00:00Z';

/** `write …` or `as it is`, then the reasons of the warnings. */
function outcome(parts: ServiceParts): string {
  const service = serviceOf(parts);
  const decision = converge(ipam, policy, service);
  const { addresses, events } = decision;
  const pool =
    decision.ipam.allocationOf('default/test')?.pool ??
    decision.ipam.allocationOf(`${service.namespace}/test`)?.pool;
  const patch = servicePatch(service, { addresses, pool, verdict: decision.verdict }, NOW);
  const warnings = events.filter(({ type }) => type === 'Warning').map(({ reason }) => reason);
  const shows =
    patch?.annotations !== undefined ||
    (patch?.status !== undefined && 'loadBalancer' in patch.status);
  const write = shows ? `write ${addresses?.join(',') ?? ''}` : 'as it is';
  return [write.trim(), ...warnings].join(', ');
}

describe('a Service', () => {
  test.each<[string, ServiceParts, string]>([
    ['that asks for nothing gets the first address', {}, 'write 1.2.3.0'],
    [
      'may ask for an address in its spec',
      { spec: { loadBalancerIP: '1.2.3.1' } },
      'write 1.2.3.1',
    ],
    ['may ask for an address by annotation', { annotations: asks(' 1.2.3.1 ') }, 'write 1.2.3.1'],
    [
      'may use the deprecated annotation',
      { annotations: { 'metallb.universe.tf/loadBalancerIPs': '1.2.3.1' } },
      'write 1.2.3.1',
    ],
    [
      'may not ask in both ways',
      { annotations: asks('1.2.3.1'), spec: { loadBalancerIP: '1.2.3.1' } },
      'as it is, AllocationFailed',
    ],
    [
      'may not ask for prose',
      { spec: { loadBalancerIP: 'please sir may I have an IP' } },
      'as it is, AllocationFailed',
    ],
    [
      'may not ask for an address of another pool than it names',
      { annotations: { ...asks('1.2.3.1'), ...from('pool2') } },
      'as it is, AllocationFailed',
    ],
    [
      'may not ask for two addresses of one family',
      { annotations: asks('1.2.3.0,1.2.3.1') },
      'as it is, AllocationFailed',
    ],
    [
      'that changes its request to one no pool has loses its address',
      { spec: { loadBalancerIP: '9.9.9.9' }, ingress: ['1.2.3.1'] },
      'write, AllocationFailed',
    ],
    ['may name a pool', { annotations: from('pool5') }, 'write 5.5.5.0'],
    [
      'that names another pool moves there',
      { annotations: from('pool2'), ingress: ['1.2.3.0'] },
      'write 3.4.5.6',
    ],
    [
      'that names no existing pool gets nothing',
      { annotations: from('does-not-exist') },
      'as it is, AllocationFailed',
    ],
    ['whose address no pool has gets another', { ingress: ['2.3.4.5'] }, 'write 1.2.3.0'],
    [
      'with a host name in its status gets an address instead',
      { ingress: ['foo.bar.local', '10.10.10.10'] },
      'write 1.2.3.0',
    ],
    [
      'that is no load balancer any more is cleared',
      { spec: { type: 'NodePort' }, ingress: ['1.2.3.0'] },
      'write',
    ],
    [
      'may ask for an address of a pool without autoAssign',
      { spec: { loadBalancerIP: '3.4.5.6' } },
      'write 3.4.5.6',
    ],
    [
      'without a cluster address gets nothing, and no warning',
      { spec: { clusterIPs: [] } },
      'as it is',
    ],
    [
      'that is headless is told why it gets nothing',
      { spec: { clusterIPs: ['None'] } },
      'as it is, noclusterIPsIPFamily',
    ],
    [
      'of IPv6 may not ask for IPv4',
      { spec: { ...v6, loadBalancerIP: '1.2.3.1' } },
      'as it is, AllocationFailed',
    ],
    ['of IPv4 may not ask for IPv6', { annotations: asks('1000::') }, 'as it is, AllocationFailed'],
    [
      'of IPv4 that shows an IPv6 address gets an IPv4 one',
      { ingress: ['1000::'] },
      'write 1.2.3.0',
    ],
    [
      'of IPv6 that shows an IPv4 address gets an IPv6 one',
      { spec: v6, ingress: ['1.2.3.0'] },
      'write 1000::',
    ],
    ['that requires two families gets both of one pool', { spec: require }, 'write 5.5.5.0,5000::'],
    ['that prefers two families gets both of one pool', { spec: prefer }, 'write 5.5.5.0,5000::'],
    [
      'that prefers two families takes one where its pool has one',
      { annotations: from('pool1'), spec: prefer },
      'write 1.2.3.0',
    ],
    [
      'that prefers two families but has one cluster address gets one',
      { annotations: from('pool5'), spec: { ipFamilyPolicy: 'PreferDualStack' } },
      'write 5.5.5.0',
    ],
    [
      'that requires two families with one cluster address gets none',
      { spec: { ipFamilyPolicy: 'RequireDualStack' } },
      'as it is, not enough clusterips',
    ],
    [
      'that requires two families may not ask for one address',
      { annotations: asks('5.5.5.0'), spec: require },
      'as it is, AllocationFailed',
    ],
    [
      'that requires two families may ask for both, in any order',
      { annotations: asks('5000::1,5.5.5.0'), spec: require },
      'write 5.5.5.0,5000::1',
    ],
    [
      'that requires two families and shows one gets both anew',
      { spec: require, ingress: ['5000::1'] },
      'write 5.5.5.0,5000::',
    ],
    [
      'that prefers two families and shows one gets the other, behind it',
      { spec: prefer, ingress: ['5000::1'] },
      'write 5000::1,5.5.5.0',
    ],
    [
      'with three addresses is warned and gets one',
      { ingress: ['1.2.3.0', '1.2.3.1', '1.2.3.2'] },
      'write 1.2.3.0, nolbIPsIPFamily',
    ],
    [
      'gets an address of the pool for its namespace, the smaller priority first',
      { namespace: 'test-ns1' },
      'write 7.8.9.0',
    ],
    [
      'gets an address of the pool for its namespace, without a priority',
      { namespace: 'test-ns2' },
      'write 16.17.18.0',
    ],
    [
      'gets an address of the pool for its labels',
      { labels: { team: 'metallb' } },
      'write 19.20.21.0',
    ],
    [
      'must meet the conditions on both',
      { namespace: 'test-ns1', labels: { team: 'metallb' } },
      'write 25.26.27.0',
    ],
    [
      'may not name a pool that is not for it',
      { annotations: from('pool6') },
      'as it is, AllocationFailed',
    ],
    [
      'may not ask for an address of a pool that is not for it',
      { spec: { loadBalancerIP: '7.8.9.0' } },
      'as it is, AllocationFailed',
    ],
    [
      'keeps its address though its request became senseless',
      {
        annotations: { ...asks('nonsense'), 'metallb.io/ip-allocated-from-pool': 'pool1' },
        ingress: ['1.2.3.1'],
      },
      'as it is, LoadBalancerFailed',
    ],
    [
      'keeps its address when the request is gone',
      { annotations: { 'metallb.io/ip-allocated-from-pool': 'pool1' }, ingress: ['1.2.3.1'] },
      'as it is',
    ],
    [
      'that shows an address but no pool gets the annotation',
      { ingress: ['1.2.3.1'] },
      'write 1.2.3.1',
    ],
  ])('%s', (_rule, parts, expected) => {
    expect(outcome(parts)).toBe(expected);
  });

  test('that got what it wants is left alone from then on', () => {
    const once = converge(ipam, policy, serviceOf({ spec: prefer }));
    const annotations = { 'metallb.io/ip-allocated-from-pool': 'pool5' };
    const service = serviceOf({ spec: prefer, annotations, ingress: once.addresses ?? [] });
    const twice = converge(once.ipam, policy, service);
    expect(twice.events).toEqual([]);
    const { addresses, verdict } = twice;
    expect(servicePatch(service, { addresses, pool: 'pool5', verdict }, NOW)).toBeUndefined();
  });
});

describe('the events', () => {
  const messages = ({ events }: Decision): string[] =>
    events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

  test('say which address was assigned', () => {
    expect(messages(converge(ipam, policy, serviceOf()))).toEqual([
      'Normal IPAllocated: Assigned IP ["1.2.3.0"]',
    ]);
  });

  test.each<[string, ServiceParts, string]>([
    [
      'no pool has it',
      { spec: { loadBalancerIP: '9.9.9.9' } },
      '["9.9.9.9"] is not allowed in config: no pool has it',
    ],
    [
      'another holds it',
      { spec: { loadBalancerIP: '1.2.3.1' } },
      '"1.2.3.1" is already in use by default/other',
    ],
    ['there is no such pool', { annotations: from('nowhere') }, 'unknown pool "nowhere"'],
    [
      'the pool is full',
      { annotations: from('pool2') },
      'no available IPs: pool pool2 has no free IPv4 address',
    ],
    [
      'the pool has no such family',
      { annotations: from('pool3') },
      'no available IPs: pool pool3 has no IPv4 addresses',
    ],
  ])('say why an address was refused: %s', (_why, parts, reason) => {
    let held = ipam;
    for (const address of ['1.2.3.1', '3.4.5.6']) {
      const taken = held.request(address === '1.2.3.1' ? 'default/other' : 'default/third', [
        address,
      ]);
      if (!taken.ok) throw new Error(taken.reason.code);
      held = taken.next;
    }
    expect(messages(converge(held, policy, serviceOf(parts)))).toEqual([
      `Warning AllocationFailed: Failed to allocate IP for "default/test": ${reason}`,
    ]);
  });

  test('say that there is no pool at all', () => {
    const none = configOf([]);
    const decision = converge(none.ipam, none.policy, serviceOf({ ingress: ['1.2.3.1'] }));
    expect(decision.addresses).toEqual([]);
    expect(messages(decision)).toEqual([
      'Normal ClearAssignment: current IP for "default/test" not allowed by config, will attempt for new IP assignment: ["1.2.3.1"] is not allowed in config: no pool has it',
      'Warning AllocationFailed: Failed to allocate IP for "default/test": no address pool is defined',
    ]);
  });
});

describe('an address of a pool that cannot be read at the start', () => {
  const broken = configOf([
    poolOf('good', { addresses: ['1.2.3.0/31'] }),
    poolOf('broken', { addresses: ['4.4.4.9-4.4.4.1'] }),
  ]);

  test('stays where it is: the pool may be mended', () => {
    expect(broken.refused).toEqual(['broken']);
    const decision = converge(broken.ipam, broken.policy, serviceOf({ ingress: ['4.4.4.4'] }));
    expect([decision.addresses, decision.waits]).toEqual([undefined, true]);
  });

  test('does not keep others from theirs', () => {
    expect(converge(broken.ipam, broken.policy, serviceOf()).addresses).toEqual(['1.2.3.0']);
  });
});

describe('a pool for namespaces by label', () => {
  const pools = [
    poolOf('p', {
      addresses: ['1.2.3.0/31'],
      serviceAllocation: { namespaceSelectors: [{ matchLabels: { env: 'prod' } }] },
    }),
  ];

  test.each([
    ['is open to those that match', [namespaceOf('default', { env: 'prod' })], ['1.2.3.0']],
    ['is closed to the others', [namespaceOf('default'), namespaceOf('shop', { env: 'prod' })], []],
    ['is open to nobody when none matches', [], []],
  ])('%s, be the address asked for or not', (_rule, namespaces, expected) => {
    const config = configOf(pools, namespaces);
    expect(converge(config.ipam, config.policy, serviceOf()).addresses).toEqual(expected);
    const asking = serviceOf({ spec: { loadBalancerIP: '1.2.3.0' } });
    expect(converge(config.ipam, config.policy, asking).addresses).toEqual(expected);
  });
});
