import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { L2Cluster, onNodes } from './l2-cluster.ts';

let cluster: L2Cluster;
beforeAll(async () => {
  cluster = await L2Cluster.start();
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());
keepLogsOfFailures(() => cluster?.lab);

describe('an L2Advertisement', { timeout: 180_000 }, () => {
  test('binds the address to its nodes; it follows when they change, and the node says so', async () => {
    const address = await cluster.service('bound');
    for (const node of ['n1', 'n2', 'n3']) {
      await cluster.advertise('bound', onNodes(node));
      await cluster.announcedFrom(node, address);
      await cluster.statusIs('bound', `${node} eth0`);
      const event = `nodeAssigned: announcing from node "${node}" with protocol "layer2"`;
      expect(await cluster.told('bound', new RegExp(`^nodeAssigned: .*"${node}"`))).toBe(event);
    }
  });

  test('for a label that no node bears announces nothing, until a node bears it', async () => {
    const address = await cluster.service('later');
    await cluster.advertise('later', {
      nodeSelectors: [{ matchLabels: { 'picluster.test/role': 'edge' } }],
    });
    await cluster.silent(address);
    await cluster.labelNode('n2', { 'picluster.test/role': 'edge' });
    await cluster.announcedFrom('n2', address);
    expect(await cluster.statusIs('later', 'n2 eth0')).toHaveLength(1);
    await cluster.labelNode('n2', { 'picluster.test/role': null });
    await cluster.silent(address);
  });

  test('for Services with a label announces those, by pool name too, and follows the label', async () => {
    const address = await cluster.service('exposed', { labels: { expose: 'false' } });
    const selectors = [{ matchLabels: { expose: 'true' } }, { matchLabels: { expose: 'yes' } }];
    await cluster.advertise('exposed', { ipAddressPools: ['pool'], serviceSelectors: selectors });
    await cluster.silent(address);
    const expose = async (value: string): Promise<unknown> =>
      await cluster.lab.kubectl('label', '--overwrite', 'service', 'exposed', `expose=${value}`);
    await expose('true');
    const first = await cluster.announcer(address);
    await expose('no');
    await cluster.silent(address);
    await expose('yes');
    expect(first).toMatch(/^n\d$/);
    expect(await cluster.announcer(address)).toMatch(/^n\d$/);
  });

  test('of two that each have a node exactly one node answers', async () => {
    const address = await cluster.service('twice');
    await cluster.advertise('twice', onNodes('n1'), 'twice-1');
    await cluster.advertise('twice', onNodes('n2'), 'twice-2');
    await cluster.announcer(address);
    const recording = await (await cluster.lab.client.askEvery(10, address, 4_000)).finished();
    expect(recording.twoAnswered).toEqual([]);
    expect(recording.answerers).toHaveLength(1);
  });

  test('of which one is for other Services and one for a node that is not there announces nothing', async () => {
    const address = await cluster.service('neither');
    await cluster.advertise(
      'neither',
      { serviceSelectors: [{ matchLabels: { test: 'other' } }] },
      'ghost-1',
    );
    await cluster.advertise('neither', onNodes('ghost'), 'ghost-2');
    await cluster.silent(address);
    expect(await cluster.statuses('neither')).toEqual([]);
  });

  test('that prefers a node begins there; a node that it prefers but does not include counts nothing', async () => {
    const prefer = (node: string) => ({
      preferredNodeSelectors: [
        { weight: 100, preference: { matchLabels: { 'kubernetes.io/hostname': node } } },
      ],
    });
    for (const node of ['n1', 'n2', 'n3']) {
      const name = `prefers-${node}`;
      await cluster.advertise(name, prefer(node));
      expect(await cluster.announcer(await cluster.service(name))).toBe(node);
    }
    await cluster.advertise('prefers-more', { ...onNodes('n1'), ...prefer('n2') });
    expect(await cluster.announcer(await cluster.service('prefers-more'))).toBe('n1');
  });
});

describe('a Service whose traffic stays local', { timeout: 120_000 }, () => {
  const spec = { externalTrafficPolicy: 'Local' };

  test('is answered for where its endpoint is, and follows it', async () => {
    await cluster.advertise('local');
    const made = await cluster.lab.service({
      name: 'local',
      labels: { test: 'local' },
      spec,
      podsOn: ['n1'],
    });
    const [address = ''] = await cluster.lab.addresses('local');
    for (const node of ['n1', 'n3', 'n2']) {
      await cluster.lab.endpoints(made, [node]);
      await cluster.announcedFrom(node, address);
      const page = await cluster.until(`the page from ${node}`, async () => {
        const fetched = await cluster.lab.client.curl(address);
        return fetched.ok && fetched;
      });
      expect(page.body.trim()).toBe(`pod on ${node}`);
    }
    await cluster.lab.endpoints(made, []);
    await cluster.silent(address);
    await cluster.statusIs('local');
  });

  test('of two advertisements, one without its node, is answered for where its endpoint is', async () => {
    await cluster.advertise('local-two', onNodes('n2'), 'local-two-1');
    await cluster.advertise('local-two', {}, 'local-two-2');
    const address = await cluster.service('local-two', { spec, podsOn: ['n1'] });
    expect(await cluster.announcer(address)).toBe('n1');
  });
});

test('a Service of another class is nobody’s here', async () => {
  const spec = { loadBalancerClass: 'foo' };
  await cluster.lab.service({ name: 'classy', spec });
  // One that was made later has its address: the controller has seen this one too.
  await cluster.service('after-classy');
  await expect(cluster.lab.addresses('classy', 'default', 3_000)).rejects.toThrow('in vain');
});
