import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, onNodes } from './bgp-cluster.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers';
let cluster: BgpCluster;

describe.skipIf(!hasFrr)('by BGP', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
    await cluster.peer({ dualStackAddressFamily: true });
    await cluster.sessionsWith('n1', 'n2', 'n3');
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  afterEach(async () => await cluster.clean());
  keepLogsOfFailures(() => cluster?.lab);

  test('a Service is reached from behind the router through all nodes, and its route goes with it', async () => {
    await cluster.advertise('web');
    const [prefix, address] = await cluster.service('web');
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
    expect(await cluster.answer(address)).toMatch(/^pod on n[123]/);
    await cluster.statusIs('web', 'n1 router', 'n2 router', 'n3 router');
    await cluster.until('an event of each node', async () => {
      const events = await cluster.lab.events('web');
      return events.filter((event) => event.endsWith('with protocol "bgp"')).length === 3;
    });
    await cluster.remove('Service', 'web');
    await cluster.routed(prefix);
    await cluster.statusIs('web');
    await cluster.sessionsWith('n1', 'n2', 'n3');
  });

  test('both addresses of a Service are told on one session', async () => {
    await cluster.advertise('both');
    await cluster.service('both', { family: 'dual' });
    const [four = '', six = ''] = await cluster.lab.addresses('both');
    await cluster.routed(`${four}/32`, 'n1', 'n2', 'n3');
    await cluster.routed(`${six}/128`, 'n1', 'n2', 'n3');
    for (const address of [four, six]) {
      expect(await cluster.answer(address)).toMatch(/^pod on n[123]/);
    }
  });

  test('under externalTrafficPolicy Local the nodes with an endpoint are the next hops', async () => {
    await cluster.advertise('local');
    const spec = { externalTrafficPolicy: 'Local' };
    const [prefix] = await cluster.service('local', { podsOn: ['n1', 'n3'], spec });
    await cluster.routed(prefix, 'n1', 'n3');
    await cluster.moveEndpoints('local', 'n2');
    await cluster.routed(prefix, 'n2');
    await cluster.moveEndpoints('local');
    await cluster.routed(prefix);
  });

  test('a node without a network, or with the exclude label, is no next hop', async () => {
    await cluster.advertise('nodes');
    const [prefix] = await cluster.service('nodes');
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
    await cluster.networkUnavailable('n1', 'True');
    await cluster.routed(prefix, 'n2', 'n3');
    await cluster.labelNode('n2', { [EXCLUDE]: '' });
    await cluster.routed(prefix, 'n3');
    await cluster.networkUnavailable('n1', 'False');
    await cluster.labelNode('n2', { [EXCLUDE]: null });
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
  });

  test('an advertisement is followed by the nodes that it selects, as their labels change', async () => {
    const only = { nodeSelectors: [{ matchLabels: { rack: 'a' } }] };
    await cluster.advertise('rack', only);
    const [prefix] = await cluster.service('rack');
    await cluster.labelNode('n2', { rack: 'a' });
    await cluster.routed(prefix, 'n2');
    await cluster.advertise('rack', onNodes('n1', 'n3'));
    await cluster.routed(prefix, 'n1', 'n3');
    await cluster.labelNode('n2', { rack: null });
    await cluster.statusIs('rack', 'n1 router', 'n3 router');
  });

  test('routes bear the communities of all their advertisements, by number, by name, and large', async () => {
    await cluster.apply('Community', 'names', {
      communities: [
        { name: 'blue', value: '65000:2' },
        { name: 'far', value: 'large:65000:1:2' },
      ],
    });
    await cluster.advertise('coloured', { communities: ['65000:1'] });
    await cluster.advertise('coloured', { communities: ['blue', 'far'] }, 'coloured-too');
    const [prefix] = await cluster.service('coloured');
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
    await cluster.until('all communities', async () => {
      const path = (await cluster.router.paths(prefix)).get('n1');
      return path?.communities.join() === '65000:1,65000:2' && path;
    });
    const path = (await cluster.router.paths(prefix)).get('n1');
    expect(path?.largeCommunities).toEqual(['65000:1:2']);
    await cluster.advertise('coloured', { communities: ['65000:3'] });
    await cluster.until('the changed ones', async () => {
      const changed = (await cluster.router.paths(prefix)).get('n2');
      return changed?.communities.join() === '65000:2,65000:3';
    });
  });

  test('addresses are told together as the network that they lie in, until the last of them goes', async () => {
    const together = { serviceSelectors: [], ipAddressPools: ['routed'] };
    await cluster.advertise('together', { ...together, aggregationLength: 24 });
    await cluster.service('one');
    await cluster.service('two');
    await cluster.routed('203.0.113.0/24', 'n1', 'n2', 'n3');
    await cluster.remove('Service', 'one');
    await cluster.routed('203.0.113.0/24', 'n1', 'n2', 'n3');
    await cluster.remove('Service', 'two');
    await cluster.routed('203.0.113.0/24');
  });

  test('an advertisement is told to the peers that it names, and the status lists those there are', async () => {
    await cluster.advertise('named', { peers: ['nobody'] });
    const [prefix] = await cluster.service('named');
    await cluster.advertise('named', { peers: ['nobody', 'router'] });
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
    await cluster.statusIs('named', 'n1 router', 'n2 router', 'n3 router');
    await cluster.advertise('named', { peers: ['nobody'] });
    await cluster.routed(prefix);
    await cluster.statusIs('named');
  });

  test('a Service may be announced by ARP as well, and that ends alone', async () => {
    await cluster.advertise('wide');
    const [prefix, address] = await cluster.service('wide');
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
    expect(await cluster.lab.client.arp(address, 500)).toBeUndefined();
    const selectors = { serviceSelectors: [{ matchLabels: { test: 'wide' } }] };
    await cluster.apply('L2Advertisement', 'wide', selectors);
    await cluster.until('an answer by ARP', async () => await cluster.lab.client.arp(address, 500));
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
    await cluster.remove('L2Advertisement', 'wide');
    await cluster.until(
      'silence',
      async () => (await cluster.lab.client.arp(address, 500)) === undefined,
    );
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
  });

  test('the metrics tell the session and what the router has', async () => {
    await cluster.advertise('counted');
    const [prefix, address] = await cluster.service('counted');
    await cluster.routed(prefix, 'n1', 'n2', 'n3');
    const page = await cluster.lab.node('n1').speaker.metrics();
    const peer = 'peer="192.168.77.1:179"';
    expect(page).toContain(`metallb_bgp_session_up{${peer}} 1`);
    expect(page).toContain(`metallb_bgp_announced_prefixes_total{${peer}} 1`);
    expect(page).toContain(
      `metallb_speaker_announced{service="default/counted",protocol="bgp",node="n1",ip="${address}"} 1`,
    );
  });
});
