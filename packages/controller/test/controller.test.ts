import { KubeError } from '@picluster/kube';
import { describe, expect, test } from 'vitest';
import { poolOf } from './fixtures.ts';
import { World } from './world.ts';

describe('the controller', () => {
  test('keeps what is assigned, and only then gives to those who have nothing', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/30');
    world.service({ name: 'new', createdAt: '2020-01-01T00:00:00Z' });
    world.service({
      name: 'old',
      ingress: ['10.0.0.0'],
      annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
    });
    world.controller.start();
    await world.settle();
    expect(world.writes).toEqual(['new 10.0.0.1']);
  });

  test('writes and tells nothing when it starts over what is settled', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/30');
    for (const at of [0, 1, 2]) {
      world.service({
        name: `s${at}`,
        ingress: [`10.0.0.${at}`],
        annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
      });
    }
    world.controller.start();
    await world.settle();
    expect([world.writes, world.events]).toEqual([[], []]);
  });

  test('writes and tells nothing when it starts over a refusal that the condition says already, until its reason changes', async () => {
    const before = new World();
    before.service({ name: 'a' });
    before.controller.start();
    await before.settle();
    await before.catchUp();
    expect([before.patches, before.events]).toEqual([1, ['a AllocationFailed']]);

    const after = new World();
    for (const view of before.services.values()) after.services.put('default/a', view);
    after.controller.start();
    await after.settle();
    expect([after.patches, after.events]).toEqual([0, []]);
    after.pools.put(
      'metallb-system/p',
      poolOf('p', { addresses: ['10.0.0.0/30'], autoAssign: false }),
    );
    await after.settle();
    expect(after.events).toContain('a AllocationFailed');
  });

  test('counts those whom it refuses, by the reason of their condition, until they have an address, go, or it leads no longer', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/32');
    for (const name of ['a', 'b', 'c', 'd']) world.service({ name });
    world.service({ name: 'wants', annotations: { 'metallb.io/loadBalancerIPs': '10.9.9.9' } });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    expect(Object.fromEntries(world.refused)).toEqual({ PoolFull: 3, NotInAnyPool: 1 });
    world.services.put('default/wants', undefined);
    world.services.put('default/b', undefined);
    await world.settle();
    expect(Object.fromEntries(world.refused)).toEqual({ PoolFull: 2 });
    world.services.put('default/a', undefined);
    await world.settle();
    await world.catchUp();
    expect(Object.fromEntries(world.refused)).toEqual({ PoolFull: 1 });
    world.controller[Symbol.dispose]();
    expect(world.refused.size).toBe(0);
  });

  test('of two Services that show one address leaves it to the older one', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/30');
    world.service({ name: 'a', createdAt: '2026-03-01T00:00:00Z', ingress: ['10.0.0.2'] });
    world.service({ name: 'b', createdAt: '2026-02-01T00:00:00Z', ingress: ['10.0.0.2'] });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    expect(world.shown()).toEqual({ a: '10.0.0.0', b: '10.0.0.2' });
    expect(world.events).toContain('a ClearAssignment');
  });

  test('gives an address when the pool comes after the Service', async () => {
    const world = new World();
    world.service({ name: 'a' });
    world.controller.start();
    await world.settle();
    expect(world.events).toEqual(['a AllocationFailed']);
    world.pool('p', '10.0.0.7/32');
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.7']);
  });

  test('tells a failure once, and again only when the reason has changed', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a', spec: { loadBalancerIP: '9.9.9.9' } });
    world.controller.start();
    await world.settle();
    world.queue.add('default/a');
    await world.settle();
    expect(world.events).toEqual(['a AllocationFailed']);
    world.service({ name: 'a', spec: { loadBalancerIP: '8.8.8.8' } });
    await world.settle();
    expect(world.events).toEqual(['a AllocationFailed', 'a AllocationFailed']);
  });

  test('gives a freed address to one who waits, and looks at nobody else', async () => {
    const world = new World();
    world.pool('p', '10.0.0.6/31');
    for (const [at, name] of ['a', 'b', 'c'].entries())
      world.service({ name, createdAt: `2026-01-0${at + 1}T00:00:00Z` });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    expect(world.shown()).toEqual({ a: '10.0.0.6', b: '10.0.0.7', c: '' });
    world.services.put('default/a', undefined);
    expect(await world.settle()).toEqual(['default/c', 'default/a']);
    await world.catchUp();
    expect(world.shown()).toEqual({ b: '10.0.0.7', c: '10.0.0.6' });
  });

  test('corrects a refused request as soon as it is corrected', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/24');
    world.service({ name: 'a', spec: { loadBalancerIP: '9.9.9.9' } });
    world.controller.start();
    await world.settle();
    world.service({ name: 'a', spec: { loadBalancerIP: '10.0.0.99' } });
    await world.settle();
    expect([world.writes, world.events]).toEqual([
      ['a 10.0.0.99'],
      ['a AllocationFailed', 'a IPAllocated'],
    ]);
  });

  test('does not decide anew while the mirror lags behind its own write', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/30');
    world.service({ name: 'first' });
    world.service({ name: 'second' });
    world.controller.start();
    await world.settle();
    world.services.put('default/first', undefined);
    await world.settle();
    // The mirror still shows "second" without its address, and a smaller one is free now.
    world.queue.add('default/second');
    await world.settle();
    await world.catchUp();
    expect(world.writes).toEqual(['first 10.0.0.0', 'second 10.0.0.1']);
  });

  test('clears a Service that is no load balancer any more, and its address is free', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a' });
    world.service({ name: 'b', createdAt: '2026-05-05T00:00:00Z' });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    world.service({
      name: 'a',
      spec: { type: 'ClusterIP' },
      ingress: ['10.0.0.7'],
      annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
    });
    await world.settle();
    await world.catchUp();
    expect(world.writes).toEqual(['a 10.0.0.7', 'a', 'b 10.0.0.7']);
  });

  test('releases what a Service had that left its class behind with its type', async () => {
    const world = new World({ loadBalancerClass: 'ours' });
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a', spec: { loadBalancerClass: 'ours' } });
    world.service({ name: 'foreign' });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    world.service({
      name: 'a',
      spec: { type: 'ClusterIP' },
      ingress: ['10.0.0.7'],
      annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
    });
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.7', 'a']);
  });

  test('writes nothing once it is no longer entitled to', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a' });
    world.controller.start();
    world.entitled = false;
    await world.settle();
    expect([world.writes, world.events]).toEqual([[], []]);
  });

  test('moves everyone out of a pool that is gone, into another where there is one', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/24');
    world.service({ name: 'a' });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    world.pool('q', '10.0.9.0/24');
    expect(await world.settle()).toEqual(['default/a']);
    expect(world.writes).toEqual(['a 10.0.0.0']);
    world.pools.put('metallb-system/p', undefined);
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.0', 'a 10.0.9.0']);
    expect(world.events).toContain('a ClearAssignment');
  });

  test('changes nothing when a pool is spoilt, and says so on the pool once', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/24');
    world.service({ name: 'a' });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    world.pool('p', '10.0.0.9-10.0.0.1');
    world.pool('p', '10.0.0.9-10.0.0.1');
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.0']);
    expect(world.events.filter((event) => event === 'p PoolRefused')).toHaveLength(1);
  });

  test('tries again after a failed write, and has told nothing of it before', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a' });
    world.controller.start();
    world.failWith = new KubeError('network', 'gone');
    await expect(world.settle()).rejects.toThrow('gone');
    expect(world.events).toEqual([]);
    world.failWith = undefined;
    world.queue.add('default/a');
    await world.settle();
    expect([world.writes, world.events]).toEqual([['a 10.0.0.7'], ['a IPAllocated']]);
  });

  test('tries again when somebody else was faster', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a' });
    world.controller.start();
    world.failWith = new KubeError('conflict', 'newer');
    await expect(world.settle()).rejects.toThrow('newer');
    expect([world.writes, world.events]).toEqual([[], []]);
    world.failWith = undefined;
    world.queue.add('default/a');
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.7']);
  });
});
