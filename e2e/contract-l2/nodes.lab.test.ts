import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { L2Cluster, onNodes } from './l2-cluster.ts';

let cluster: L2Cluster;
beforeAll(async () => {
  cluster = await L2Cluster.start();
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());
keepLogsOfFailures(() => cluster?.lab);

const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers';

describe('a node', { timeout: 120_000 }, () => {
  test('with the exclude label gives its address up; when the label goes, nothing moves', async () => {
    await cluster.advertise('excluded');
    const address = await cluster.service('excluded');
    const first = await cluster.announcer(address);
    await cluster.labelNode(first, { [EXCLUDE]: '' });
    const second = await cluster.followerOf(first, address);
    await cluster.statusIs('excluded', `${second} eth0`);
    await cluster.labelNode(first, { [EXCLUDE]: null });
    const recording = await (await cluster.lab.client.askEvery(10, address, 5_000)).finished();
    expect(recording.answerers).toEqual([cluster.lab.node(second).mac]);
  });

  test('is not alone with the exclude label: where all bear it, it is said aloud, once, with the ways out', async () => {
    await cluster.advertise('all-excluded');
    for (const { name } of cluster.lab.nodes) await cluster.labelNode(name, { [EXCLUDE]: '' });
    try {
      const address = await cluster.service('all-excluded');
      await cluster.told('all-excluded', /^announceFailed: every node .*--ignore-exclude-lb$/);
      await cluster.silent(address);
      const events = await cluster.lab.events('all-excluded');
      expect(events.filter((event) => event.startsWith('announceFailed'))).toHaveLength(1);
      await cluster.labelNode('n3', { [EXCLUDE]: null });
      await cluster.announcedFrom('n3', address);
    } finally {
      for (const { name } of cluster.lab.nodes) await cluster.labelNode(name, { [EXCLUDE]: null });
    }
  });

  test('without a network gives its address up', async () => {
    await cluster.advertise('offline');
    const address = await cluster.service('offline');
    const first = await cluster.announcer(address);
    const condition = async (status: string): Promise<void> =>
      await cluster.lab.api.patch(`/api/v1/nodes/${first}/status`, {
        status: {
          conditions: [
            { type: 'Ready', status: 'True', reason: 'Lab', message: '' },
            { type: 'NetworkUnavailable', status, reason: 'Lab', message: '' },
          ],
        },
      });
    await condition('True');
    expect(await cluster.followerOf(first, address)).not.toBe(first);
    await condition('False');
  });
});

test(
  'two Services that share an address are announced from one node, with the same words',
  { timeout: 60_000 },
  async () => {
    const annotations = { 'metallb.io/allow-shared-ip': 'foo' };
    const spec = { loadBalancerIP: '192.168.77.149' };
    await cluster.advertise('shared', { serviceSelectors: [], ...onNodes('n1', 'n2') });
    await cluster.lab.service({ name: 'shared-a', annotations, spec, podsOn: ['n1'] });
    await cluster.lab.service({ name: 'shared-b', annotations, spec, port: 81, podsOn: ['n2'] });
    const [one, other] = [
      await cluster.told('shared-a', /^nodeAssigned/),
      await cluster.told('shared-b', /^nodeAssigned/),
    ];
    expect(one).toBe(other);
  },
);
