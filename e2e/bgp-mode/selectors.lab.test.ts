import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, onNodes } from './bgp-cluster.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
const ALL = ['n1', 'n2', 'n3'] as const;
const EVERY_SERVICE = { serviceSelectors: [] } as const;
/** The pool that is chosen by its label; nothing comes of it unasked. */
const BLUE = { addresses: ['198.51.100.0/24'], autoAssign: false } as const;
const OF_BLUE = { annotations: { 'metallb.io/address-pool': 'blue' } } as const;
const ONLY_BLUE = { ipAddressPoolSelectors: [{ matchLabels: { colour: 'blue' } }] } as const;

let cluster: BgpCluster;

/** A selector of Services for each label `env`. */
function ofEnv(...values: readonly string[]): { readonly serviceSelectors: readonly object[] } {
  return { serviceSelectors: values.map((env) => ({ matchLabels: { env } })) };
}

/** The router is told of a prefix by these nodes, by each with the communities that are given; the status of the Service says the same. */
async function announced(
  [name, prefix]: readonly [string, string],
  nodes: readonly string[],
  communities?: readonly string[],
): Promise<void> {
  await cluster.told(cluster.router, prefix, nodes, communities && { communities });
  await cluster.statusIs(name, ...nodes.map((node) => `${node} router`));
}

/** Makes a Service with a label `env`. */
async function service(
  name: string,
  env: string,
  more: object = {},
): Promise<readonly [name: string, prefix: string]> {
  const [prefix] = await cluster.service(name, { labels: { env }, ...more });
  return [name, prefix];
}

describe.skipIf(!hasFrr)('a BGPAdvertisement that selects', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
    await cluster.apply('IPAddressPool', 'blue', BLUE, { colour: 'blue' });
    await cluster.peer();
    await cluster.sessionsWith(...ALL);
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  afterEach(async () => await cluster.clean());
  keepLogsOfFailures(() => cluster?.lab);

  test('a pool and Services announces those that are of both', async () => {
    await cluster.advertise('prod', { ...ONLY_BLUE, ...ofEnv('prod') });
    const both = await service('both', 'prod', OF_BLUE);
    const poolOnly = await service('pool-only', 'staged', OF_BLUE);
    const labelOnly = await service('label-only', 'prod');
    await announced(both, ALL);
    await announced(poolOnly, []);
    await announced(labelOnly, []);
  });

  test('by several labels takes what bears one of them', async () => {
    await cluster.advertise('two', ofEnv('prod', 'staged'));
    await announced(await service('one', 'prod'), ALL);
    await announced(await service('other', 'staged'), ALL);
    await announced(await service('neither', 'dev'), []);
  });

  test('another Service, or Services that change their labels, swap their routes', async () => {
    await cluster.advertise('env', ofEnv('prod'));
    const one = await service('one', 'prod');
    const other = await service('other', 'staged');
    await announced(one, ALL);
    await announced(other, []);
    await cluster.advertise('env', ofEnv('staged'));
    await announced(other, ALL);
    await announced(one, []);
    await cluster.labelService('one', { env: 'staged' });
    await cluster.labelService('other', { env: 'prod' });
    await announced(one, ALL);
    await announced(other, []);
  });

  test('Services stands beside one for the whole pool and its network', async () => {
    const network = ['prod', '198.51.100.0/24'] as const;
    const whole = { ...EVERY_SERVICE, ...ONLY_BLUE, aggregationLength: 24 };
    await cluster.advertise('all', { ...whole, communities: ['65000:9'] });
    await cluster.advertise('prod', { ...ofEnv('prod'), communities: ['65000:1'] });
    const prod = await service('prod', 'prod', OF_BLUE);
    const staged = await service('staged', 'staged', OF_BLUE);
    await announced(prod, ALL, ['65000:1']);
    await announced(network, ALL, ['65000:9']);
    await cluster.told(cluster.router, staged[1], []);
    await cluster.statusIs('staged', 'n1 router', 'n2 router', 'n3 router');
    await cluster.remove('BGPAdvertisement', 'all');
    await cluster.told(cluster.router, network[1], []);
    await announced(staged, []);
    await announced(prod, ALL, ['65000:1']);
  });

  test('some of what another selects adds its communities to those alone', async () => {
    await cluster.advertise('both', { ...ofEnv('prod', 'staged'), communities: ['65000:2'] });
    await cluster.advertise('prod', { ...ofEnv('prod'), communities: ['65000:1'] });
    const blue = { ...ONLY_BLUE, ...ofEnv('blue'), communities: ['65000:3'] };
    await cluster.advertise('blue', blue);
    await announced(await service('prod', 'prod'), ALL, ['65000:1', '65000:2']);
    await announced(await service('staged', 'staged'), ALL, ['65000:2']);
    await announced(await service('blue', 'blue', OF_BLUE), ALL, ['65000:3']);
  });

  test('nodes announces its pool by them, and by none where no node is of them', async () => {
    const whole = { ...EVERY_SERVICE, ipAddressPools: ['routed'] };
    await cluster.advertise('routed', { ...whole, ...onNodes('n1', 'n2') });
    await cluster.advertise('blue', { ...EVERY_SERVICE, ...ONLY_BLUE, ...onNodes('n3') });
    const one = await service('one', 'any');
    const other = await service('other', 'any', OF_BLUE);
    await announced(one, ['n1', 'n2']);
    await announced(other, ['n3']);
    expect(await cluster.router.nextHops(one[1])).toEqual(['n1', 'n2']);
    await cluster.advertise('blue', { ...EVERY_SERVICE, ...onNodes('nobody') });
    await announced(other, []);
    await announced(one, ['n1', 'n2']);
    await cluster.advertise('blue', { ...EVERY_SERVICE, ...onNodes('n2', 'nobody') });
    await announced(other, ['n2']);
    await cluster.advertise('blue', { ...EVERY_SERVICE, nodeSelectors: [] });
    await announced(other, ALL);
  });

  test('nodes says its communities by way of those alone', async () => {
    const by = (name: string, community: string): object => ({
      ...onNodes(name),
      communities: [community],
    });
    await cluster.advertise('one', { ...ofEnv('web'), ...by('n1', '65000:1') });
    await cluster.advertise('other', { ...ofEnv('web'), ...by('n2', '65000:2') });
    const web = await service('web', 'web');
    await announced(web, ['n1', 'n2']);
    const paths = await cluster.router.paths(web[1]);
    expect(paths.get('n1')?.communities).toEqual(['65000:1']);
    expect(paths.get('n2')?.communities).toEqual(['65000:2']);
    await cluster.advertise('other', { ...ofEnv('web'), ...by('n1', '65000:2') });
    await announced(web, ['n1'], ['65000:1', '65000:2']);
  });

  test('nodes by a label that none bears announces as soon as one bears it, and as long', async () => {
    const only = { nodeSelectors: [{ matchExpressions: [{ key: 'edge', operator: 'Exists' }] }] };
    await cluster.advertise('edge', { ...ofEnv('web'), ...only });
    const web = await service('web', 'web');
    await announced(web, []);
    await cluster.labelNode('n3', { edge: '' });
    await announced(web, ['n3']);
    await cluster.labelNode('n1', { edge: 'yes' });
    await announced(web, ['n1', 'n3']);
    await cluster.labelNode('n3', { edge: null });
    await announced(web, ['n1']);
    await cluster.labelNode('n1', { edge: null });
    await announced(web, []);
  });
});
