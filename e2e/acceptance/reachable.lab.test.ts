import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nowMs } from '../lab/asker.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { Lab } from '../lab/lab.ts';
import { applyPools } from './pools.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start({ kubernetes: 'real' });
  await lab.startDaemons();
  await applyPools(lab);
});
afterAll(async () => await lab?.stop());
keepLogsOfFailures(() => lab);

/** Asks until it is answered, then on for a while: who answered, and whether ever two did. */
async function answererOf(address: string): Promise<string> {
  const recording = await (await lab.client.askEvery(10, address, 3_000)).finished();
  expect(recording.twoAnswered).toEqual([]);
  expect(recording.answerers).toHaveLength(1);
  return recording.answerers[0] ?? '';
}

describe('a Service of type LoadBalancer, on real Kubernetes', () => {
  test.each(['IPv4', 'IPv6', 'dual'] as const)(
    'of family %s shows its addresses, exactly one node answers for each, and kube-proxy brings the page',
    async (family) => {
      const name = `web-${family.toLowerCase()}`;
      await lab.service({ name, family });
      const addresses = await lab.addresses(name);
      expect(addresses).toHaveLength(family === 'dual' ? 2 : 1);
      for (const address of addresses) {
        const mac = await answererOf(address);
        expect(lab.nodes.map((node) => node.mac)).toContain(mac);
        const page = await lab.client.curl(address);
        expect(page).toMatchObject({ ok: true, status: 200 });
        expect(page.body).toMatch(/^pod on n\d/);
      }
      const external = await lab.kubectl(
        'get',
        'service',
        name,
        '-o',
        'jsonpath={.status.loadBalancer.ingress[*].ip}',
      );
      expect(external.trim().split(' ')).toEqual([...addresses]);
    },
  );

  test('says in its events which pool address it got and from where it is announced', async () => {
    await lab.service({ name: 'told' });
    const [address = ''] = await lab.addresses('told');
    await lab.waitFor('the event of the speaker', async () =>
      (await lab.events('told')).some((event) => event.startsWith('nodeAssigned')),
    );
    const events = await lab.events('told');
    expect(events).toContain(`IPAllocated: Assigned IP ["${address}"]`);
    expect(events.filter((event) => event.startsWith('nodeAssigned'))).toEqual([
      expect.stringMatching(/^nodeAssigned: announcing from node "n\d" with protocol "layer2"$/),
    ]);
  });

  test('is answered for within a second of kubectl apply', async () => {
    // The next free address is the one it will get: it can be asked for before it exists.
    await lab.service({ name: 'scout' });
    const [last = ''] = await lab.addresses('scout');
    await lab.client.arp(last);
    const next = last.replace(/\d+$/, (octet) => String(Number(octet) + 1));
    const recorder = await lab.client.askEvery(5, next, 10_000);
    const appliedAtMs = nowMs();
    await lab.service({ name: 'measured' });
    const createdMs = nowMs() - appliedAtMs;
    const [address] = await lab.addresses('measured');
    const assignedMs = nowMs() - appliedAtMs;
    expect(address).toBe(next);
    const answer = await lab.waitFor('the first ARP answer', () => recorder.firstAnswer());
    await recorder.stop();
    const totalMs = answer.atMs - appliedAtMs;
    console.log(
      `apply → created ${createdMs.toFixed(0)} ms → address seen ${assignedMs.toFixed(0)} ms → first ARP answer ${totalMs.toFixed(0)} ms`,
    );
    expect(totalMs).toBeLessThan(1_000);
  });

  test('loses its address and its answerer when it becomes a ClusterIP, and when it is deleted', async () => {
    await lab.service({ name: 'fickle' });
    const [address = ''] = await lab.addresses('fickle');
    expect(await lab.client.arp(address)).toBeDefined();
    await lab.kubectl('patch', 'service', 'fickle', '-p', '{"spec":{"type":"ClusterIP"}}');
    await lab.waitFor('silence', async () => (await lab.client.arp(address, 300)) === undefined);
    await lab.kubectl('patch', 'service', 'fickle', '-p', '{"spec":{"type":"LoadBalancer"}}');
    const [again = ''] = await lab.addresses('fickle');
    expect(await lab.client.arp(again, 20_000)).toBeDefined();
    await lab.kubectl('delete', 'service', 'fickle');
    await lab.waitFor('silence', async () => (await lab.client.arp(again, 300)) === undefined);
  });
});
