import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Recorder } from '../lab/asker.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import type { LabNode } from '../lab/lab-node.ts';
import { run } from '../lab/run.ts';
import { L2Cluster, onNodes } from './l2-cluster.ts';
import { SecondCable } from './second-cable.ts';
import { macOf, SECOND_RANGE, SecondNetwork } from './second-network.ts';

let cluster: L2Cluster;
let n1: LabNode;
beforeAll(async () => {
  cluster = await L2Cluster.start();
  n1 = cluster.lab.node('n1');
});
afterEach(async () => {
  for (const node of cluster.lab.nodes) await node.linkUp();
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());
keepLogsOfFailures(() => cluster?.lab);

/** The aim is 1.0 s; other work on the machine that runs the test may take the rest. */
const TAKEOVER_LIMIT_MS = 1_500;

/** Which interface each hardware address belongs to, as `node interface`. */
async function interfacesByMac(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { name } of cluster.lab.nodes) {
    for (const device of ['eth0', 'eth1']) {
      const mac = await macOf(name, device).catch(() => undefined);
      if (mac !== undefined) found.set(mac, `${name} ${device}`);
    }
  }
  return found;
}

/** Lets the asking go on for so long. */
async function goOn(recorder: Recorder, ms: number): Promise<void> {
  const sinceMs = await cluster.until('a question', async () => recorder.questions.at(-1));
  const isOver = (): boolean => (recorder.questions.at(-1) ?? 0) > sinceMs + ms;
  await cluster.lab.waitFor(`${ms} ms`, isOver, 2 * ms + 10_000);
}

/** Waits until `interfaceOfNode` is the one that answers, and gives how long nobody did. */
async function answersNext(recorder: Recorder, interfaceOfNode: string): Promise<number> {
  const names = await interfacesByMac();
  const moved = await cluster.until(`${interfaceOfNode} to answer`, async () => {
    const last = recorder.handovers.at(-1);
    return last !== undefined && names.get(last.to) === interfaceOfNode && last;
  });
  console.log(`${interfaceOfNode} answered after ${moved.gapMs.toFixed(0)} ms of silence`);
  await goOn(recorder, 1_500);
  return moved.gapMs;
}

/** Ends the asking: who answered, one after the other. Who appears twice came back; two at one time would appear again and again. */
async function turns(recorder: Recorder): Promise<readonly (string | undefined)[]> {
  const names = await interfacesByMac();
  await recorder.stop();
  const [first] = recorder.answers;
  return [first?.mac ?? '', ...recorder.handovers.map(({ to }) => to)].map((mac) => names.get(mac));
}

async function asking(recorder: Recorder): Promise<Recorder> {
  await cluster.until('an answer', async () => recorder.firstAnswer());
  await goOn(recorder, 500);
  return recorder;
}

describe('a node with two interfaces on one network', { timeout: 120_000 }, () => {
  let cable: SecondCable;
  beforeAll(async () => {
    cable = await SecondCable.plugIn('n1', '192.168.77.31');
  });
  afterEach(async () => await cable.set('up'));
  afterAll(async () => await cable?.[Symbol.asyncDispose]());
  const both = { interfaces: ['eth0', 'eth1'] };

  test.each([
    ['both named', both],
    ['none named', {}],
  ])(
    '(%s) answers with one of them, and with the other while that one is unplugged',
    async (title, spec) => {
      const name = title.replace(' ', '-');
      await cluster.advertise(name, { ...onNodes('n1'), ...spec });
      const recorder = await asking(
        await cluster.lab.client.askEvery(10, await cluster.service(name)),
      );
      await n1.linkDown();
      // It is down for two seconds before that counts, and the other one listens first.
      expect(await answersNext(recorder, 'n1 eth1')).toBeLessThan(4_000);
      await n1.linkUp();
      await answersNext(recorder, 'n1 eth0');
      await cable.set('down');
      await goOn(recorder, 2_000);
      expect(await turns(recorder)).toEqual(['n1 eth0', 'n1 eth1', 'n1 eth0']);
    },
  );

  test('is followed by another node when one is unplugged, and takes nothing back with the other', async () => {
    await cluster.advertise('followed', { ...onNodes('n1'), ...both });
    const address = await cluster.service('followed');
    const recorder = await asking(await cluster.lab.client.askEvery(10, address));
    // It begins where it should because no other node may have it yet.
    await cluster.advertise('followed', { ...onNodes('n1', 'n2'), ...both });
    await goOn(recorder, 1_000);
    await n1.linkDown();
    expect(await answersNext(recorder, 'n2 eth0')).toBeLessThan(TAKEOVER_LIMIT_MS);
    await goOn(recorder, 3_000);
    await n1.linkUp();
    await goOn(recorder, 3_000);
    expect(await turns(recorder)).toEqual(['n1 eth0', 'n2 eth0']);
  });
});

describe('nodes on two networks, each with addresses of its own', { timeout: 120_000 }, () => {
  let second: SecondNetwork;
  beforeAll(async () => {
    second = await SecondNetwork.plugIn(cluster.lab);
    await cluster.lab.apply({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name: 'second', namespace: cluster.lab.namespace },
      spec: { addresses: [SECOND_RANGE], autoAssign: false },
    });
  }, 60_000);
  afterAll(async () => await second?.stop());

  /** Two Services that begin on n1, one with an address of each network, and who asks for it there. */
  async function pair(name: string): Promise<readonly [Recorder, Recorder]> {
    const annotations = { 'metallb.io/address-pool': 'second' };
    await cluster.advertise(name, onNodes('n1'));
    const [here, there] = [`${name}-1`, `${name}-2`];
    await cluster.lab.service({ name: here, labels: { test: name } });
    await cluster.lab.service({ name: there, labels: { test: name }, annotations });
    const [[one = ''], [other = '']] = [
      await cluster.lab.addresses(here),
      await cluster.lab.addresses(there),
    ];
    const recorders = [
      await asking(await cluster.lab.client.askEvery(10, one)),
      await asking(await second.askEvery(other)),
    ] as const;
    // They begin where they should because no other node may have them yet.
    await cluster.advertise(name, onNodes('n1', 'n2', 'n3'));
    await goOn(recorders[1], 1_000);
    return recorders;
  }

  /** The node that takes over is another; which one is for them to settle. */
  async function movedTo(recorder: Recorder): Promise<string> {
    const moved = await cluster.until('another', async () => recorder.handovers[0]);
    console.log(`${moved.gapMs.toFixed(0)} ms of silence`);
    expect(moved.gapMs).toBeLessThan(TAKEOVER_LIMIT_MS);
    await goOn(recorder, 3_000);
    return (await interfacesByMac()).get(moved.to) ?? '';
  }

  test('lose the addresses of the network whose cable is pulled, and keep those of the other', async () => {
    const [one, other] = await pair('pulled');
    await run(['ip', '-n', 'lan', 'link', 'set', 'n1-b', 'down']);
    const next = await movedTo(other);
    await run(['ip', '-n', 'lan', 'link', 'set', 'n1-b', 'up']);
    await goOn(other, 3_000);
    expect(next).toMatch(/^n[23] eth1$/);
    expect(await turns(other)).toEqual(['n1 eth1', next]);
    expect(await turns(one)).toEqual(['n1 eth0']);
    expect(one.longestSilenceMs).toBeLessThan(TAKEOVER_LIMIT_MS);
  });

  test('lose those of the nodes’ own network alone when its cable is pulled', async () => {
    const [one, other] = await pair('own');
    await n1.linkDown();
    const next = await movedTo(one);
    await n1.linkUp();
    await goOn(one, 3_000);
    expect(next).toMatch(/^n[23] eth0$/);
    expect(await turns(one)).toEqual(['n1 eth0', next]);
    expect(await turns(other)).toEqual(['n1 eth1']);
  });

  test('lose them when the interface is deleted, and answer on one that is made again under its name', async () => {
    const [one, other] = await pair('deleted');
    const before = other.answers.at(-1)?.mac;
    await run(['ip', '-n', 'n1', 'link', 'delete', 'eth1']);
    const next = await movedTo(other);
    await second.plugInAgain('n1', 1);
    await goOn(other, 5_000);
    expect(await turns(one)).toEqual(['n1 eth0']);
    const mac = await macOf('n1', 'eth1');
    await cluster.advertise('deleted', onNodes('n1'));
    await cluster.until('n1 to answer again', async () => other.answers.at(-1)?.mac === mac);
    await goOn(other, 1_500);
    expect((await turns(other)).slice(1)).toEqual([next, 'n1 eth1']);
    expect(mac).not.toBe(before);
  });
});
