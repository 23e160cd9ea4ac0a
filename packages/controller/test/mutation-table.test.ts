import { describe, expect, test } from 'vitest';
import { converge } from '../src/converge.ts';
import { servicePatch } from '../src/service-patch.ts';
import { keyOfService } from '../src/service-view.ts';
import { configOf, poolOf, serviceOf, type ServiceParts } from './fixtures.ts';

// What MetalLB's controller does, case by case. Its fixture has a pool that overlaps two others, which is refused here: `pool5` has ranges of its own,
// and is the only pool with both families.
const team = { serviceSelectors: [{ matchLabels: { team: 'metallb' } }] };
const ns1 = { namespaces: ['test-ns1'] };
const { ipam, policy, refused } = configOf([
  poolOf('pool1', { addresses: ['1.2.3.0/31'] }),
  poolOf('pool2', { addresses: ['3.4.5.6/32'], autoAssign: false }),
  poolOf('pool3', { addresses: ['1000::/127'] }),
  poolOf('pool4', { addresses: ['2000::1/128'], autoAssign: false }),
  poolOf('pool5', { addresses: ['5.5.5.0/31', '5000::/127'] }),
  poolOf('pool6', { addresses: ['7.8.9.0/31'], serviceAllocation: { ...ns1, priority: 10 } }),
  poolOf('pool7', { addresses: ['10.11.12.0/31'], serviceAllocation: { ...ns1, priority: 11 } }),
  poolOf('pool8', { addresses: ['13.14.15.0/31'], serviceAllocation: { ...team, priority: 9 } }),
  poolOf('pool9', {
    addresses: ['16.17.18.0/31'],
    serviceAllocation: { namespaces: ['test-ns2'] },
  }),
  poolOf('pool10', { addresses: ['19.20.21.0/31'], serviceAllocation: { ...team, priority: 8 } }),
  poolOf('pool11', {
    addresses: ['22.23.24.0/31'],
    serviceAllocation: { ...ns1, ...team, priority: 8 },
  }),
  poolOf('pool12', {
    addresses: ['25.26.27.0/31'],
    serviceAllocation: { ...ns1, ...team, priority: 5 },
  }),
]);

const asks = (addresses: string) => ({ 'metallb.io/loadBalancerIPs': addresses });
const from = (pool: string) => ({ 'metallb.io/address-pool': pool });
const dual = { clusterIPs: ['1.2.3.4', '3000::1'] };
const require = { ...dual, ipFamilyPolicy: 'RequireDualStack' };
const prefer = { ...dual, ipFamilyPolicy: 'PreferDualStack' };
const v6 = { clusterIPs: ['3000::1'] };
const refusal = 'as it is, AllocationFailed';

const ROWS: readonly [string, ServiceParts, string][] = [
  ['a load balancer with nothing else', {}, 'write 1.2.3.0'],
  ['a request in the spec', { spec: { loadBalancerIP: '1.2.3.1' } }, 'write 1.2.3.1'],
  ['a request by annotation', { annotations: asks('1.2.3.1') }, 'write 1.2.3.1'],
  [
    'requests in both, which differ',
    { annotations: asks('1.2.3.1'), spec: { loadBalancerIP: '1.2.3.2' } },
    refusal,
  ],
  ['prose in the spec', { spec: { loadBalancerIP: 'please sir may I have an IP' } }, refusal],
  [
    'an address of one pool and the name of another',
    { annotations: { ...asks('1.2.3.1'), ...from('pool2') } },
    refusal,
  ],
  ['prose in the annotation', { annotations: asks('please sir may I have an IP') }, refusal],
  ['two addresses of one family', { annotations: asks('1.2.3.1,1.2.3.2') }, refusal],
  [
    'a request that no pool has, with an address in the status',
    { spec: { loadBalancerIP: '1.2.3.4' }, ingress: ['1.2.3.1'] },
    'write, AllocationFailed',
  ],
  ['the name of a pool', { annotations: from('pool1') }, 'write 1.2.3.0'],
  [
    'the name of another pool than it has',
    { annotations: from('pool2'), ingress: ['1.2.3.0'] },
    'write 3.4.5.6',
  ],
  ['the name of no pool', { annotations: from('does-not-exist') }, refusal],
  ['a status of no pool', { ingress: ['2.3.4.5'] }, 'write 1.2.3.0'],
  ['a host name in the status', { ingress: ['foo.bar.local', '10.10.10.10'] }, 'write 1.2.3.0'],
  ['a NodePort with a status', { spec: { type: 'NodePort' }, ingress: ['1.2.3.0'] }, 'write'],
  ['a request from a manual pool', { spec: { loadBalancerIP: '3.4.5.6' } }, 'write 3.4.5.6'],
  [
    'the same under the policy Local',
    { spec: { loadBalancerIP: '3.4.5.6', externalTrafficPolicy: 'Local' } },
    'write 3.4.5.6',
  ],
  ['no cluster address', { spec: { clusterIPs: [] } }, 'as it is'],
  ['IPv6 that asks for IPv4 in the spec', { spec: { ...v6, loadBalancerIP: '1.2.3.1' } }, refusal],
  ['IPv6 that asks for IPv4 by annotation', { spec: v6, annotations: asks('1.2.3.1') }, refusal],
  ['IPv4 that asks for IPv6 in the spec', { spec: { loadBalancerIP: '1000::' } }, refusal],
  ['IPv4 that asks for IPv6 by annotation', { annotations: asks('1000::') }, refusal],
  ['IPv4 with an IPv6 status', { ingress: ['1000::'] }, 'write 1.2.3.0'],
  ['IPv6 with an IPv4 status', { spec: v6, ingress: ['1.2.3.0'] }, 'write 1000::'],
  ['two families, required', { spec: require }, 'write 5.5.5.0,5000::'],
  [
    'the same from a pool by name',
    { spec: require, annotations: from('pool5') },
    'write 5.5.5.0,5000::',
  ],
  ['two families, preferred', { spec: prefer }, 'write 5.5.5.0,5000::'],
  [
    'one cluster address under Prefer, in a namespace with its own pool',
    { namespace: 'test-ns1', spec: { ipFamilyPolicy: 'PreferDualStack' } },
    'write 7.8.9.0',
  ],
  [
    'preferred, from a dual pool by name',
    { spec: prefer, annotations: from('pool5') },
    'write 5.5.5.0,5000::',
  ],
  [
    'preferred, from an IPv4 pool by name',
    { spec: prefer, annotations: from('pool1') },
    'write 1.2.3.0',
  ],
  [
    'one IPv6 cluster address under Prefer, from an IPv6 pool',
    { spec: { ...v6, ipFamilyPolicy: 'PreferDualStack' }, annotations: from('pool3') },
    'write 1000::',
  ],
  [
    'one IPv4 cluster address under Prefer, from a dual pool',
    { spec: { ipFamilyPolicy: 'PreferDualStack' }, annotations: from('pool5') },
    'write 5.5.5.0',
  ],
  [
    'one cluster address under Require',
    { spec: { ipFamilyPolicy: 'RequireDualStack' }, annotations: from('pool5') },
    'as it is, not enough clusterips',
  ],
  [
    'two families that ask for one address in the spec',
    { spec: { ...require, loadBalancerIP: '1.2.3.1' } },
    refusal,
  ],
  [
    'two families that ask for one address by annotation',
    { spec: prefer, annotations: asks('1.2.3.1') },
    refusal,
  ],
  [
    'two families that ask for both',
    { spec: require, annotations: asks('5.5.5.0,5000::') },
    'write 5.5.5.0,5000::',
  ],
  [
    'two families, IPv6 first, with a host name and an IPv6 address in the status',
    {
      spec: { clusterIPs: ['3000::1', '5.6.7.8'], ipFamilyPolicy: 'RequireDualStack' },
      ingress: ['foo.bar.local', '5000::'],
    },
    'write 5.5.5.0,5000::',
  ],
  [
    'only the old clusterIP field, and a request for both families',
    { spec: { clusterIPs: [], clusterIP: '1.2.3.4' }, annotations: asks('5.5.5.0,5000::') },
    refusal,
  ],
  ['a namespace with two pools', { namespace: 'test-ns1' }, 'write 7.8.9.0'],
  ['a namespace with a pool without priority', { namespace: 'test-ns2' }, 'write 16.17.18.0'],
  ['a label with two pools', { labels: { team: 'metallb' } }, 'write 19.20.21.0'],
  [
    'a namespace and a label',
    { namespace: 'test-ns1', labels: { team: 'metallb' } },
    'write 25.26.27.0',
  ],
  [
    'three IPv4 addresses in the status',
    { ingress: ['1.2.3.0', '1.2.3.1', '1.2.3.2'] },
    'write 1.2.3.0, nolbIPsIPFamily',
  ],
];

/** What is written of addresses or pool, then the warnings. */
function outcome(parts: ServiceParts): string {
  const service = serviceOf(parts);
  const { ipam: after, addresses, verdict, events } = converge(ipam, policy, service);
  const pool = after.allocationOf(keyOfService(service))?.pool;
  const patch = servicePatch(service, { addresses, pool, verdict }, '2026-01-01T00:00:00Z');
  const writes =
    patch?.annotations !== undefined || Object.hasOwn(patch?.status ?? {}, 'loadBalancer');
  const warnings = events.filter(({ type }) => type === 'Warning').map(({ reason }) => reason);
  const write = writes ? `write ${addresses?.join(',') ?? ''}`.trim() : 'as it is';
  return [write, ...warnings].join(', ');
}

describe('a Service as MetalLB would treat it', () => {
  test('stands before pools that are all in force', () => {
    expect(refused).toEqual([]);
  });

  test.each(ROWS)('%s', (_case, parts, expected) => {
    expect(outcome(parts)).toBe(expected);
  });

  test('gets its condition in the same write, and it says yes exactly when there is an address', () => {
    const said = ROWS.map(([name, parts]) => {
      const { verdict } = converge(ipam, policy, serviceOf(parts));
      return `${name}: ${verdict?.status ?? 'nothing'}`;
    });
    const expected = ROWS.map(([name, parts]) => {
      const { addresses = [] } = converge(ipam, policy, serviceOf(parts));
      if (parts.spec?.['type'] === 'NodePort') return `${name}: nothing`;
      return `${name}: ${addresses.length > 0 ? 'True' : 'False'}`;
    });
    expect(said).toEqual(expected);
  });
});
