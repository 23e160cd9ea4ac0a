import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../lab/daemon.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { Lab } from '../lab/lab.ts';
import { allShown, applyPools, shown } from './pools.ts';

let lab: Lab;
let controller: Daemon;
beforeAll(async () => {
  lab = await Lab.start({ kubernetes: 'real' });
  controller = await lab.startController();
  await controller.ready();
});
afterAll(async () => await lab?.stop());
keepLogsOfFailures(() => lab);

const eventOf = async (name: string, part: string): Promise<string> =>
  await lab.waitFor(`an event with "${part}" on ${name}`, async () =>
    (await lab.events(name)).find((event) => event.includes(part)),
  );

describe('the controller, on real Kubernetes', () => {
  test('gives a Service its address once a pool is there, also when the Service came first', async () => {
    await lab.service({ name: 'early' });
    // Another Service proves that the controller has seen the first and left it alone.
    await lab.service({ name: 'early2' });
    expect(await shown(lab, 'early')).toEqual([]);
    await applyPools(lab);
    expect(await lab.addresses('early')).toHaveLength(1);
    expect(await lab.addresses('early2')).toHaveLength(1);
  });

  test('refuses an address that no pool owns, says so in kubectl describe, and gives one when the request is corrected', async () => {
    await lab.service({ name: 'foreign', spec: { loadBalancerIP: '10.9.9.9' } });
    expect(await eventOf('foreign', 'AllocationFailed')).toContain('10.9.9.9');
    expect(await shown(lab, 'foreign')).toEqual([]);
    expect(await lab.kubectl('describe', 'service', 'foreign')).toMatch(
      /Warning\s+AllocationFailed.*10\.9\.9\.9/,
    );
    await lab.kubectl(
      'patch',
      'service',
      'foreign',
      '-p',
      '{"spec":{"loadBalancerIP":"192.168.77.140"}}',
    );
    expect(await lab.addresses('foreign')).toEqual(['192.168.77.140']);
  });

  test('refuses an address that another Service holds, names it, and gives it when it is free', async () => {
    const annotations = { 'metallb.io/loadBalancerIPs': '192.168.77.141' };
    await lab.service({ name: 'holder', annotations });
    expect(await lab.addresses('holder')).toEqual(['192.168.77.141']);
    await lab.service({ name: 'wants', annotations });
    expect(await eventOf('wants', 'AllocationFailed')).toMatch(
      /192\.168\.77\.141.*default\/holder|default\/holder.*192\.168\.77\.141/,
    );
    expect(await shown(lab, 'wants')).toEqual([]);
    await lab.kubectl('delete', 'service', 'holder');
    expect(await lab.addresses('wants')).toEqual(['192.168.77.141']);
  });

  test('keeps every address when it is killed and comes back, and gives none of them to a Service made meanwhile', async () => {
    const before = await allShown(lab);
    await controller.kill();
    await lab.service({ name: 'meanwhile' });
    controller.restart();
    await controller.ready();
    const [address = ''] = await lab.addresses('meanwhile', 'default', 40_000);
    expect(Object.values(before).flat()).not.toContain(address);
    const after = await allShown(lab);
    for (const [name, addresses] of Object.entries(before))
      expect(after[name], name).toEqual(addresses);
  });

  test('acts alone when there are two: one leads, the other waits and takes over when the leader ends', async () => {
    const second = await lab.startController({ name: 'second' });
    await second.ready();
    const lease = async (): Promise<string> =>
      (
        await lab.kubectl(
          '-n',
          lab.namespace,
          'get',
          'lease',
          'picluster-controller',
          '-o',
          'jsonpath={.spec.holderIdentity}',
        )
      ).trim();
    const leader = await lease();
    await lab.service({ name: 'one-acts' });
    await lab.addresses('one-acts');
    await eventOf('one-acts', 'IPAllocated');
    const allocated = (await lab.events('one-acts')).filter((event) =>
      event.startsWith('IPAllocated'),
    );
    expect(allocated).toHaveLength(1);
    await controller.stop();
    await lab.service({ name: 'next-acts' });
    expect(await lab.addresses('next-acts', 'default', 40_000)).toHaveLength(1);
    expect(await lease()).not.toBe(leader);
  });
});
