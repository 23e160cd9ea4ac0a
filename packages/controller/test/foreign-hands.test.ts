import { describe, expect, test } from 'vitest';
import { foreignVerdict } from '../src/foreign-hands.ts';
import type { ServiceView } from '../src/service-view.ts';
import { serviceOf } from './fixtures.ts';
import { World } from './world.ts';

const KEY = 'default/a';
let version = 5000;

async function assigned(): Promise<World> {
  const world = new World();
  world.pool('p', '10.0.0.0/29');
  world.service({ name: 'a' });
  world.controller.start();
  await world.settle();
  await world.catchUp();
  return world;
}

/** What the mirror shows of the Service, changed by somebody else. */
async function change(world: World, parts: Partial<ServiceView>): Promise<void> {
  await world.catchUp();
  const now = world.services.get(KEY);
  if (now === undefined) throw new Error('no Service');
  world.services.put(KEY, { ...now, ...parts, resourceVersion: `${version++}` });
  await world.settle();
  await world.catchUp();
}

const replace = (world: World, ip = '172.18.0.2'): Promise<void> =>
  change(world, { ingress: [{ ip, hostname: '' }] });
const named = (world: World): number =>
  world.events.filter((event) => event === 'a ForeignController').length;

describe('another controller that writes the status of a Service', () => {
  test('is corrected once, then named once, and never fought', async () => {
    const world = await assigned();
    await replace(world);
    expect([world.shown(), named(world)]).toEqual([{ a: '10.0.0.0' }, 0]);
    for (let round = 0; round < 20; round++) await replace(world, `172.18.0.${round + 2}`);
    expect(world.writes).toEqual(['a 10.0.0.0', 'a 10.0.0.0']);
    expect(world.shown()).toEqual({ a: '172.18.0.21' });
    expect(world.services.get(KEY)?.conditions[0]).toMatchObject({
      status: 'False',
      reason: 'ForeignController',
    });
    // One patch for each of the two times it was given its address, and at most three for the condition.
    expect(world.patches).toBeLessThanOrEqual(5);
  });

  test('is named once while it always writes the same', async () => {
    const world = await assigned();
    for (let round = 0; round < 6; round++) await replace(world);
    expect(named(world)).toBe(1);
  });

  test('may take the condition away too: after three notes it is left alone', async () => {
    const world = await assigned();
    for (let round = 0; round < 20; round++)
      await change(world, { ingress: [{ ip: '172.18.0.2', hostname: '' }], conditions: [] });
    expect(world.patches).toBe(5);
  });

  test('does not count twice for one write that was looked at twice', async () => {
    const world = await assigned();
    world.entitled = false;
    await replace(world);
    world.entitled = true;
    for (let look = 0; look < 3; look++) {
      world.queue.add(KEY);
      await world.settle();
    }
    expect([named(world), world.writes.at(-1)]).toEqual([0, 'a 10.0.0.0']);
  });

  test('is followed by us when its addresses are gone', async () => {
    const world = await assigned();
    for (let round = 0; round < 3; round++) await replace(world);
    await change(world, { ingress: [] });
    expect(world.shown()).toEqual({ a: '10.0.0.0' });
  });

  test('is tried again when the spec of the Service changes', async () => {
    const world = await assigned();
    for (let round = 0; round < 3; round++) await replace(world);
    await change(world, { generation: 2 });
    expect(world.shown()).toEqual({ a: '10.0.0.0' });
  });

  test('is no matter where it gives an address of our pools: that is taken over', async () => {
    const world = await assigned();
    for (const ip of ['10.0.0.3', '10.0.0.4', '10.0.0.5']) await replace(world, ip);
    expect([named(world), world.shown()]).toEqual([0, { a: '10.0.0.5' }]);
  });
});

describe('what is said of it', () => {
  const service = { ...serviceOf({ ingress: ['172.18.0.2', 'lb.example.org'] }) };

  test('names who it was and what it wrote', () => {
    const { message } = foreignVerdict({ ...service, statusManagers: ['k3s'] }, ['10.0.0.1']);
    expect(message).toContain('another controller ("k3s") writes the status');
    expect(message).toContain(
      'put 172.18.0.2, lb.example.org, which no pool has, in place of 10.0.0.1',
    );
    expect(message).toContain('--lb-class');
  });

  test('names K3s ServiceLB where the finalizer tells', () => {
    const finalizers = ['service.kubernetes.io/load-balancer-cleanup'];
    expect(foreignVerdict({ ...service, finalizers }, []).message).toContain('--disable=servicelb');
    expect(foreignVerdict(service, []).message).not.toContain('K3s');
  });
});
