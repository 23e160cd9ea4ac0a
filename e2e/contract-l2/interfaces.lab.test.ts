import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { run } from '../lab/run.ts';
import { L2Cluster, onNodes } from './l2-cluster.ts';
import { macOf, SecondNetwork } from './second-network.ts';

let cluster: L2Cluster;
beforeAll(async () => {
  cluster = await L2Cluster.start();
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());
keepLogsOfFailures(() => cluster?.lab);

describe('with a second network in every node', { timeout: 180_000 }, () => {
  let second: SecondNetwork;
  beforeAll(async () => {
    second = await SecondNetwork.plugIn(cluster.lab);
  }, 60_000);
  afterAll(async () => await second?.stop());

  /** Who answers in each network: `node interface`, or nothing. */
  async function answers(address: string): Promise<readonly [string, string]> {
    const first = (await cluster.lab.client.arp(address, 1_000))?.mac;
    const mac = await second.arp(address);
    const eth1 = await Promise.all(
      cluster.lab.nodes.map(async ({ name }) => [await macOf(name, 'eth1'), name] as const),
    );
    return [
      first === undefined ? '' : `${cluster.lab.nodeOf(first).name} eth0`,
      mac === undefined ? '' : `${new Map(eth1).get(mac)} eth1`,
    ];
  }

  /** Waits until these answer, and gives who answers then. */
  async function answeredBy(
    address: string,
    ...wanted: readonly [string, string]
  ): Promise<readonly [string, string]> {
    await cluster.until(
      `${address} to be answered for by [${wanted.join(', ')}]`,
      async () => (await answers(address)).join() === wanted.join(),
    );
    return await answers(address);
  }

  test('an address is answered for on the interface of its own network, unless others are named', async () => {
    await cluster.advertise('nearest', onNodes('n1'));
    const address = await cluster.service('nearest');
    expect(await answeredBy(address, 'n1 eth0', '')).toEqual(['n1 eth0', '']);
    await cluster.statusIs('nearest', 'n1 eth0');
  });

  test('the interfaces that are named are obeyed, one, the other, both', async () => {
    await cluster.advertise('named', { ...onNodes('n2'), interfaces: ['eth1'] });
    const address = await cluster.service('named');
    expect(await answeredBy(address, '', 'n2 eth1')).toEqual(['', 'n2 eth1']);
    await cluster.statusIs('named', 'n2 eth1');
    await cluster.advertise('named', { ...onNodes('n2'), interfaces: ['eth0'] });
    expect(await answeredBy(address, 'n2 eth0', '')).toEqual(['n2 eth0', '']);
    await cluster.advertise('named', { ...onNodes('n2'), interfaces: ['eth1'] }, 'named-too');
    expect(await answeredBy(address, 'n2 eth0', 'n2 eth1')).toEqual(['n2 eth0', 'n2 eth1']);
    await cluster.statusIs('named', 'n2 eth0+eth1');
  });

  test('a named interface binds the address to the nodes of its advertisement', async () => {
    const address = await cluster.service('in-turn');
    for (const node of ['n1', 'n2', 'n3']) {
      await cluster.advertise('in-turn', { ...onNodes(node), interfaces: ['eth1'] });
      expect(await answeredBy(address, '', `${node} eth1`)).toEqual(['', `${node} eth1`]);
    }
  });

  test('an interface that does not exist is answered for nowhere, and that is told', async () => {
    await cluster.advertise('imagined', { interfaces: ['foo'] });
    const address = await cluster.service('imagined');
    await cluster.told(
      'imagined',
      /^announceFailed: the interfaces specified by LB IP ".*" doesn't exist/,
    );
    expect(await answers(address)).toEqual(['', '']);
    expect(await cluster.statuses('imagined')).toEqual([]);
  });

  test('an interface that gets another hardware address answers with that', async () => {
    await cluster.advertise('remade', { ...onNodes('n1'), interfaces: ['eth1'] });
    const address = await cluster.service('remade');
    await answeredBy(address, '', 'n1 eth1');
    const before = await second.arp(address);
    await run(['ip', '-n', 'n1', 'link', 'set', 'eth1', 'address', '02:00:00:78:00:99']);
    expect(await answeredBy(address, '', 'n1 eth1')).toEqual(['', 'n1 eth1']);
    expect(await second.arp(address)).toBe('02:00:00:78:00:99');
    expect(before).not.toBe('02:00:00:78:00:99');
  });

  test('one that goes into a bridge is given up to another node; the bridge that replaces it is usable by its name', async () => {
    await cluster.advertise('bridged', {
      ...onNodes('n1', 'n3'),
      interfaces: ['eth1', 'lan-bridge'],
    });
    const address = await cluster.service('bridged');
    await cluster.until('an answer', async () => await second.arp(address));
    const [, first] = await answers(address);
    const node = first.replace(' eth1', '');
    const other = node === 'n1' ? 'n3' : 'n1';
    await run(['ip', '-n', node, 'link', 'add', 'lan-bridge', 'type', 'bridge']);
    await run(['ip', '-n', node, 'link', 'set', 'eth1', 'master', 'lan-bridge']);
    expect(await answeredBy(address, '', `${other} eth1`)).toEqual(['', `${other} eth1`]);
    await run(['ip', '-n', node, 'link', 'set', 'lan-bridge', 'up']);
    await run(['ip', '-n', other, 'link', 'set', 'eth1', 'down']);
    await cluster.statusIs('bridged', `${node} lan-bridge`);
    expect(await second.arp(address, 5_000)).toBe(await macOf(node, 'lan-bridge'));
  });
});
