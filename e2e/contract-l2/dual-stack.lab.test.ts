import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { L2Cluster } from './l2-cluster.ts';

let cluster: L2Cluster;
beforeAll(async () => {
  cluster = await L2Cluster.start();
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());
keepLogsOfFailures(() => cluster?.lab);

/** The node that answers for both addresses of a Service; waits until it is one. */
async function oneNodeFor(name: string): Promise<string> {
  const [ipv4 = '', ipv6 = ''] = await cluster.lab.addresses(name);
  const ask = async (): Promise<readonly (string | undefined)[]> => {
    const answers = [
      await cluster.lab.client.arp(ipv4, 500),
      await cluster.lab.client.ndp(ipv6, 500),
    ];
    return answers.map((answer) => answer && cluster.lab.nodeOf(answer.mac).name);
  };
  return await cluster.until(`one node to answer for ${ipv4} and ${ipv6}`, async () => {
    const [first, second] = await ask();
    return first !== undefined && first === second && first;
  });
}

const dualStack = { family: 'dual' } as const;

describe('a dual-stack Service', { timeout: 180_000 }, () => {
  test('is announced from one node, which its one ServiceL2Status names, and from one again when that is killed', async () => {
    await cluster.advertise('dual');
    await cluster.service('dual', dualStack);
    const first = await oneNodeFor('dual');
    await cluster.statusIs('dual', `${first} eth0`);
    await cluster.lab.node(first).speaker.kill();
    const second = await cluster.until('another node', async () => {
      const node = await oneNodeFor('dual');
      return node !== first && node;
    });
    await cluster.statusIs('dual', `${second} eth0`);
    cluster.lab.node(first).speaker.restart();
    await cluster.lab.node(first).speaker.ready();
    await cluster.statusIs('dual', `${second} eth0`);
    expect(await oneNodeFor('dual')).toBe(second);
  });

  test('with externalTrafficPolicy Local is announced from the node of its endpoint', async () => {
    await cluster.advertise('dual-local');
    await cluster.service('dual-local', {
      ...dualStack,
      spec: { externalTrafficPolicy: 'Local' },
      podsOn: ['n2'],
    });
    expect(await oneNodeFor('dual-local')).toBe('n2');
    await cluster.statusIs('dual-local', 'n2 eth0');
  });

  test('many of them are each announced from one node, and all nodes have some', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `dual-${index}`);
    for (const name of names) {
      await cluster.advertise(name);
      await cluster.service(name, dualStack);
    }
    const nodes = new Set<string>();
    for (const name of names) {
      const node = await oneNodeFor(name);
      await cluster.statusIs(name, `${node} eth0`);
      nodes.add(node);
    }
    expect(nodes.size).toBe(3);
  });

  test('that gets its second address later is announced from one node then, too', async () => {
    await cluster.advertise('later');
    await cluster.service('later');
    const [ipv4 = ''] = await cluster.lab.addresses('later');
    const before = await cluster.announcer(ipv4);
    await cluster.lab.api.patch('/api/v1/namespaces/default/services/later', {
      spec: { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] },
    });
    await cluster.until(
      'the second address',
      async () => (await cluster.lab.addresses('later')).length === 2,
    );
    expect(await oneNodeFor('later')).toBe(before);
    await cluster.statusIs('later', `${before} eth0`);
  });
});
