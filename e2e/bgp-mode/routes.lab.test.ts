import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster } from './bgp-cluster.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
let cluster: BgpCluster;

describe.skipIf(!hasFrr)('by BGP', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
    await cluster.peer();
    await cluster.apply('BGPAdvertisement', 'all');
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  keepLogsOfFailures(() => cluster?.lab);

  test('a Service is reached from behind the router through all nodes, and its route goes with it', async () => {
    await cluster.sessionsWith('n1', 'n2', 'n3');
    const service = await cluster.lab.service({ name: 'web' });
    const [address = ''] = await cluster.lab.addresses('web');
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    expect(await cluster.answer(address)).toMatch(/^pod on n[123]/);
    await cluster.lab.delete(service);
    await cluster.routed(`${address}/32`);
    await cluster.sessionsWith('n1', 'n2', 'n3');
  });
});
