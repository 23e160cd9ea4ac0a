import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { Lab } from '../lab/lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start({ kubernetes: 'real', nodes: 1 });
});
afterAll(async () => await lab?.stop());
keepLogsOfFailures(() => lab);

const pool = async (...addresses: readonly string[]): Promise<unknown> =>
  await lab.apply({
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name: 'tried', namespace: lab.namespace },
    spec: { addresses },
  });

let tried = 0;
/** Applies an object of a kind of BGP mode, each time another one. */
const bgp = async (
  kind: string,
  spec: Readonly<Record<string, unknown>>,
  version: string = kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1',
  name: string = `tried-${(tried += 1)}`,
): Promise<unknown> =>
  await lab.apply({
    apiVersion: `metallb.io/${version}`,
    kind,
    metadata: { name, namespace: lab.namespace },
    spec,
  });
const peer = { myASN: 64_512, peerASN: 64_513, peerAddress: '192.0.2.1' };

describe('the API server, with our CRDs', () => {
  test.each([
    '192.168.1.240/28',
    '192.168.1.240-192.168.1.250',
    '192.168.1.240 - 192.168.1.250',
    '1.2.3.4/24',
    'fd00::1-fd00::ff',
    'fd01::/64',
  ])('takes the addresses "%s"', async (addresses) => {
    await expect(pool(addresses)).resolves.toBeDefined();
  });

  test.each([
    ['192.168.1.1', 'a single address with /32'],
    ['a-b', 'not a range: write it like'],
    ['192.168.1.1-fd00::1', 'a range must begin and end in the same family'],
    ['192.168.1.1-', 'not a range: write it like'],
    ['192.168.1.0/33', 'not a CIDR: write it like'],
  ])('refuses the addresses "%s" and says what to write', async (addresses, message) => {
    await expect(pool(addresses)).rejects.toThrow(message);
  });

  test('fills in the defaults, and prints the columns that MetalLB prints', async () => {
    await pool('192.168.1.240/28');
    const table = await lab.kubectl('-n', lab.namespace, 'get', 'ipaddresspools');
    const [head = '', row = ''] = table.split('\n');
    expect(head.split(/\s{2,}/)).toEqual(['NAME', 'AUTO ASSIGN', 'AVOID BUGGY IPS', 'ADDRESSES']);
    expect(row.split(/\s{2,}/)).toEqual(['tried', 'true', 'false', '["192.168.1.240/28"]']);
  });

  test.each([
    ['BGPPeer', { ...peer, sourceAddress: '192.0.2.9', routerID: '192.0.2.9', connectTime: '10s' }],
    ['BGPPeer', { ...peer, keepaliveTime: '10s' }],
    ['BGPPeer', { ...peer, holdTime: '9m0s', keepaliveTime: '0s', passwordSecret: { name: 's' } }],
    ['BGPPeer', { myASN: 1, dynamicASN: 'external', interface: 'eth0', peerAddress: '' }],
    ['BGPAdvertisement', { communities: ['NO_ADVERTISE', '65535:65282', 'large:1:2:3'] }],
    ['BGPAdvertisement', { serviceSelectors: [{ matchLabels: { app: 'web' } }], localPref: 100 }],
    ['BFDProfile', { receiveInterval: 380, transmitInterval: 270, echoMode: true }],
    ['Community', { communities: [{ name: 'a', value: '65535:65282' }] }],
  ])('takes a %s of %j', async (kind, spec) => {
    await expect(bgp(kind, spec)).resolves.toBeDefined();
  });

  test.each([
    ['BGPPeer', { ...peer, peerASN: 0 }, 'missing peer ASN and dynamicASN'],
    ['BGPPeer', { ...peer, dynamicASN: 'internal' }, 'both peer ASN and dynamicASN'],
    ['BGPPeer', { ...peer, peerASN: 64_512, ebgpMultiHop: true }, 'invalid ebgp-multihop'],
    ['BGPPeer', { ...peer, peerAddress: '' }, 'no Address or Interface'],
    ['BGPPeer', { ...peer, interface: 'eth0' }, 'both Address and Interface'],
    ['BGPPeer', { ...peer, peerAddress: '1.1.1' }, 'invalid BGPPeer address'],
    ['BGPPeer', { ...peer, sourceAddress: 'fd00::1' }, 'invalid source IP'],
    ['BGPPeer', { ...peer, routerID: 'fd00::1' }, 'invalid router ID'],
    ['BGPPeer', { ...peer, holdTime: '2s' }, 'invalid hold time'],
    ['BGPPeer', { ...peer, holdTime: '70000s' }, 'invalid hold time'],
    ['BGPPeer', { ...peer, holdTime: 'soon' }, 'invalid duration'],
    ['BGPPeer', { ...peer, holdTime: '3s', keepaliveTime: '4s' }, 'invalid keepalive time'],
    ['BGPPeer', { ...peer, keepaliveTime: '999ms' }, 'invalid keepalive time'],
    ['BGPPeer', { ...peer, keepaliveTime: '6h5m' }, 'invalid keepalive time'],
    ['BGPPeer', { ...peer, connectTime: '0s' }, 'connect time should be between'],
    ['BGPPeer', { ...peer, connectTime: '1500ms' }, 'a whole number of seconds'],
    ['BGPPeer', { ...peer, password: 'x', passwordSecret: { name: 's' } }, 'both password and'],
    ['BGPAdvertisement', { communities: ['99999999:1'] }, 'invalid community value'],
    ['BGPAdvertisement', { peers: ['a', 'a'] }, 'a peer is listed twice'],
    [
      'BGPAdvertisement',
      { serviceSelectors: [{}], aggregationLength: 24 },
      'serviceSelectors and aggregationLength are mutually exclusive',
    ],
    ['BFDProfile', { receiveInterval: 2 }, 'should be greater than or equal to 10'],
    ['Community', { communities: [{ name: 'a', value: '1234' }] }, 'invalid community value'],
    [
      'Community',
      {
        communities: [
          { name: 'a', value: '1:2' },
          { name: 'a', value: '1:3' },
        ],
      },
      'duplicate definition of community',
    ],
  ])('refuses a %s of %j: %s', async (kind, spec, message) => {
    await expect(bgp(kind, spec)).rejects.toThrow(message);
  });

  test('has a BGPPeer of v1beta1 and of v1beta2 as one object, of which no field is lost either way', async () => {
    const path = (version: string): string =>
      `/apis/metallb.io/${version}/namespaces/${lab.namespace}/bgppeers/both`;
    await bgp(
      'BGPPeer',
      { ...peer, nodeSelectors: [{ matchLabels: { a: 'b' } }] },
      'v1beta1',
      'both',
    );
    const newer = await lab.api.get<Record<string, unknown>>(path('v1beta2'));
    expect(newer['spec']).toMatchObject({ ...peer, nodeSelectors: [{ matchLabels: { a: 'b' } }] });
    await bgp('BGPPeer', { ...peer, localASN: 64_999 }, 'v1beta2', 'both');
    await bgp('BGPPeer', { ...peer, localASN: 64_999, holdTime: '30s' }, 'v1beta1', 'both');
    const both = await lab.api.get<Record<string, unknown>>(path('v1beta2'));
    expect(both['spec']).toMatchObject({ localASN: 64_999, holdTime: '30s' });
  });
});
