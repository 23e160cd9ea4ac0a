import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, NODES_ASN } from './bgp-cluster.ts';
import type { LabRouter } from './lab-router.ts';
import { SECOND_ROUTER } from './router-network.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
const ALL = ['n1', 'n2', 'n3'] as const;
const PEERS = 'router+second';
const ADDRESS = '203.0.113.9';
const PREFIX = `${ADDRESS}/32`;
const SHARED = {
  annotations: { 'metallb.io/allow-shared-ip': 'both', 'metallb.io/loadBalancerIPs': ADDRESS },
} as const;
const LOCAL = { externalTrafficPolicy: 'Local' } as const;

let cluster: BgpCluster;
/** One of another AS than the nodes', and one of theirs, which is told preferences. */
let routers: readonly [LabRouter, LabRouter];

/** Both routers are told of a prefix by just these nodes. */
async function announced(
  prefix: string,
  nodes: readonly string[],
  what: object = {},
): Promise<void> {
  for (const router of routers) await cluster.told(router, prefix, nodes, what);
}

async function statusIs(name: string, ...nodes: readonly string[]): Promise<void> {
  await cluster.statusIs(name, ...nodes.map((node) => `${node} ${PEERS}`));
}

/** How many UPDATEs each node has sent to each router. */
async function updates(): Promise<readonly string[]> {
  const pages = cluster.lab.nodes.map(async ({ speaker }) => await speaker.metrics());
  return (await Promise.all(pages)).flatMap(
    (page) => page.match(/^metallb_bgp_updates_total\{.*$/gm) ?? [],
  );
}

/** The series that say which Services a node announces by BGP. */
async function announcedBy(node: string): Promise<readonly string[]> {
  const page = await cluster.lab.node(node).speaker.metrics();
  const found = page.matchAll(
    /^metallb_speaker_announced\{service="default\/(\w+)",protocol="bgp".* 1$/gm,
  );
  return [...found].map(([, name = '']) => name).toSorted();
}

describe.skipIf(!hasFrr)('two routers and', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
    const second = await cluster.addRouter(SECOND_ROUTER);
    routers = [cluster.router, second];
    await cluster.peer();
    await cluster.peer({ peerASN: NODES_ASN, peerAddress: SECOND_ROUTER.ipv4 }, 'second');
    for (const router of routers) await cluster.sessionsOf(router, ...ALL);
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  afterEach(async () => await cluster.clean());
  keepLogsOfFailures(() => cluster?.lab);

  test('two Services with one address: its route stays as it is when one goes, and goes with the other', async () => {
    await cluster.advertise('any', { serviceSelectors: [] });
    await cluster.service('one', { ...SHARED, podsOn: ['n1'] });
    await cluster.service('other', { ...SHARED, port: 81, podsOn: ['n3'] });
    await announced(PREFIX, ALL);
    for (const name of ['one', 'other']) await statusIs(name, ...ALL);
    expect(await announcedBy('n2')).toEqual(['one', 'other']);
    expect(await cluster.answer(ADDRESS)).toMatch(/^pod on n1/);
    expect(await cluster.answer(`${ADDRESS}:81`)).toMatch(/^pod on n3/);
    const before = await updates();
    const connections = cluster.connect(ADDRESS);
    await cluster.remove('Service', 'other');
    await cluster.statusIs('other');
    await statusIs('one', ...ALL);
    expect(await updates()).toEqual(before);
    expect(await announcedBy('n2')).toEqual(['one']);
    await announced(PREFIX, ALL);
    const { made, failures } = await connections.stop();
    expect(made).toBeGreaterThan(0);
    expect(failures).toEqual([]);
    await cluster.remove('Service', 'one');
    await announced(PREFIX, []);
    await cluster.statusIs('one');
    expect(await announcedBy('n2')).toEqual([]);
  });

  test('two Services with one address: it is told while one of them has an endpoint, and again when one has', async () => {
    await cluster.advertise('any', { serviceSelectors: [] });
    await cluster.service('one', { ...SHARED, podsOn: ['n1'] });
    await cluster.service('other', { ...SHARED, port: 81, podsOn: [] });
    await announced(PREFIX, ALL);
    await cluster.statusIs('other');
    await cluster.moveEndpoints('other', 'n2');
    await statusIs('other', ...ALL);
    await cluster.moveEndpoints('one');
    await cluster.statusIs('one');
    await announced(PREFIX, ALL);
    await cluster.moveEndpoints('other');
    await announced(PREFIX, []);
    await cluster.moveEndpoints('one', 'n3');
    await announced(PREFIX, ALL);
    expect(await cluster.answer(ADDRESS)).toMatch(/^pod on n3/);
  });

  test('two Services with one address: what their advertisements say is said together, and of the one that is left alone', async () => {
    const [router, second] = routers;
    await cluster.advertise('one', { communities: ['65000:1'], localPref: 200 });
    await cluster.advertise('other', { communities: ['65000:2'], localPref: 300 });
    await cluster.service('one', SHARED);
    await cluster.service('other', { ...SHARED, port: 81 });
    const both = { communities: ['65000:1', '65000:2'] };
    await cluster.told(router, PREFIX, ALL, both);
    await cluster.told(second, PREFIX, ALL, { ...both, localPref: 300 });
    await cluster.remove('Service', 'other');
    await cluster.told(router, PREFIX, ALL, { communities: ['65000:1'] });
    await cluster.told(second, PREFIX, ALL, { communities: ['65000:1'], localPref: 200 });
  });

  test('two Services with one address of which each names a router: each router is told for its own', async () => {
    const [router, second] = routers;
    await cluster.advertise('one', { peers: ['router'] });
    await cluster.advertise('other', { peers: ['second'] });
    await cluster.service('one', SHARED);
    await cluster.service('other', { ...SHARED, port: 81 });
    await announced(PREFIX, ALL);
    await cluster.statusIs('one', ...ALL.map((node) => `${node} router`));
    await cluster.statusIs('other', ...ALL.map((node) => `${node} second`));
    await cluster.remove('Service', 'one');
    await cluster.told(router, PREFIX, []);
    await cluster.told(second, PREFIX, ALL);
  });

  test('two Services with one address under externalTrafficPolicy Local: the nodes with an endpoint of either tell it', async () => {
    await cluster.advertise('any', { serviceSelectors: [] });
    await cluster.service('one', { ...SHARED, podsOn: ['n1', 'n2'], spec: LOCAL });
    await cluster.service('other', { ...SHARED, port: 81, podsOn: ['n1', 'n2'], spec: LOCAL });
    await announced(PREFIX, ['n1', 'n2']);
    await cluster.moveEndpoints('one', 'n3');
    await announced(PREFIX, ALL);
    await statusIs('one', 'n3');
    await statusIs('other', 'n1', 'n2');
    await cluster.moveEndpoints('other', 'n3');
    await announced(PREFIX, ['n3']);
    await cluster.remove('Service', 'one');
    await cluster.statusIs('one');
    await announced(PREFIX, ['n3']);
    await cluster.remove('Service', 'other');
    await announced(PREFIX, []);
  });

  test('a Service under externalTrafficPolicy Local: both follow its endpoints from node to node', async () => {
    await cluster.advertise('web');
    const [prefix, address] = await cluster.service('web', { podsOn: ['n1'], spec: LOCAL });
    await announced(prefix, ['n1']);
    await cluster.routed(prefix, 'n1');
    expect(await cluster.answer(address)).toMatch(/^pod on n1/);
    for (const [from, to] of [
      ['n1', 'n2'],
      ['n2', 'n3'],
      ['n3', 'n1'],
    ] as const) {
      await cluster.moveEndpoints('web', from, to);
      await announced(prefix, [from, to].toSorted());
      await statusIs('web', ...[from, to].toSorted());
      await cluster.moveEndpoints('web', to);
      await announced(prefix, [to]);
      await statusIs('web', to);
      await cluster.routed(prefix, to);
      expect(await cluster.answer(address)).toMatch(new RegExp(`^pod on ${to}`));
    }
    await cluster.moveEndpoints('web');
    await announced(prefix, []);
    await cluster.moveEndpoints('web', 'n2', 'n3');
    await announced(prefix, ['n2', 'n3']);
    for (const router of routers)
      for (const node of ALL) expect(await router.established(node), node).toBe(1);
  });

  test('a Service that changes to externalTrafficPolicy Local and back: just the nodes with an endpoint tell it meanwhile', async () => {
    await cluster.advertise('web');
    const [prefix] = await cluster.service('web', { podsOn: ['n2'] });
    await announced(prefix, ALL);
    const change = async (spec: object): Promise<void> => {
      await cluster.lab.api.patch('/api/v1/namespaces/default/services/web', { spec });
    };
    await change(LOCAL);
    await announced(prefix, ['n2']);
    await change({ externalTrafficPolicy: 'Cluster' });
    await announced(prefix, ALL);
  });
});
