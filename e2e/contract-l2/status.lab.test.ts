import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { L2Cluster } from './l2-cluster.ts';

let cluster: L2Cluster;
beforeAll(async () => {
  cluster = await L2Cluster.start();
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());
keepLogsOfFailures(() => cluster?.lab);

describe('a ServiceL2Status', { timeout: 120_000 }, () => {
  test('is shown by kubectl with the node that answers, stays as it is, and goes with its Service', async () => {
    await cluster.advertise('seen');
    const address = await cluster.service('seen');
    const node = await cluster.announcer(address);
    await cluster.statusIs('seen', `${node} eth0`);
    const table = await cluster.lab.kubectl(
      '-n',
      cluster.lab.namespace,
      'get',
      'servicel2statuses',
    );
    const [head = '', ...lines] = table.trim().split('\n');
    expect(head.split(/ {2,}/).map((word) => word.trim())).toEqual([
      'NAME',
      'ALLOCATED NODE',
      'SERVICE NAME',
      'SERVICE NAMESPACE',
    ]);
    const line = lines.find((each) => / seen /.test(each)) ?? '';
    expect(line.split(/\s+/).slice(1)).toEqual([node, 'seen', 'default']);
    await cluster.lab.kubectl('delete', 'service', 'seen');
    await cluster.statusIs('seen');
  });

  test('is followed by one of the next node when its own is killed, and is mended when it is deleted by hand', async () => {
    await cluster.advertise('moved');
    const address = await cluster.service('moved');
    const first = await cluster.announcer(address);
    await cluster.statusIs('moved', `${first} eth0`);
    const selector = 'metallb.io/service-name=moved';
    await cluster.lab.kubectl(
      '-n',
      cluster.lab.namespace,
      'delete',
      'servicel2statuses',
      '-l',
      selector,
    );
    await cluster.statusIs('moved', `${first} eth0`);
    await cluster.lab.node(first).speaker.kill();
    const second = await cluster.followerOf(first, address);
    expect(await cluster.statusIs('moved', `${second} eth0`)).toHaveLength(1);
    cluster.lab.node(first).speaker.restart();
    await cluster.lab.node(first).speaker.ready();
    await cluster.statusIs('moved', `${second} eth0`);
  });

  test('that speaks of what is in force cannot be turned into another’s', async () => {
    await cluster.advertise('fixed');
    const node = await cluster.announcer(await cluster.service('fixed'));
    await cluster.statusIs('fixed', `${node} eth0`);
    const patch = ['--subresource=status', '--type=merge', '-p', '{"status":{"node":"other"}}'];
    const name = await cluster.lab.kubectl(
      '-n',
      cluster.lab.namespace,
      'get',
      'servicel2statuses',
      '-l',
      'metallb.io/service-name=fixed',
      '-o',
      'name',
    );
    await expect(
      cluster.lab.kubectl('-n', cluster.lab.namespace, 'patch', name.trim(), ...patch),
    ).rejects.toThrow('is set once');
  });
});

test('the metrics of the node that answers count what it does, those of the others nothing', async () => {
  await cluster.advertise('counted');
  const address = await cluster.service('counted');
  const node = await cluster.announcer(address);
  const pages = async (): Promise<readonly (readonly [string, string])[]> =>
    await Promise.all(
      cluster.lab.nodes.map(async ({ name, speaker }) => [name, await speaker.metrics()] as const),
    );
  const counted = ['requests_received', 'responses_sent', 'gratuitous_sent'].map(
    (each) => new RegExp(`^metallb_layer2_${each}\\{ip="${address}"\\} [1-9]`, 'm'),
  );
  const announced = /^metallb_speaker_announced\{.*service="default\/counted".*\} 1$/m;
  for (const [name, page] of await pages()) {
    const found = [announced, ...counted].map((pattern) => pattern.test(page));
    expect([name, ...found]).toEqual([name, ...found.map(() => name === node)]);
  }
  await cluster.lab.kubectl('delete', 'service', 'counted');
  await cluster.until('the gauge to be gone', async () =>
    (await pages()).every(([, page]) => !announced.test(page)),
  );
});
