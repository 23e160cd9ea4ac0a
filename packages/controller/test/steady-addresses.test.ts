import { describe, expect, test } from 'vitest';
import { World } from './world.ts';

async function worldOf(addressHoldMs: number, ...pool: readonly string[]): Promise<World> {
  const world = new World({ addressHoldMs });
  world.pool('p', ...pool);
  for (const name of ['first', 'second']) world.service({ name });
  world.controller.start();
  await world.settle();
  await world.catchUp();
  return world;
}

describe('the address of a deleted Service', () => {
  test('goes back to one of the same name, though a stranger came between', async () => {
    const world = await worldOf(60_000, '10.0.0.0/29');
    world.services.put('default/first', undefined);
    await world.settle();
    world.service({ name: 'stranger' });
    await world.settle();
    world.service({ name: 'first', createdAt: '2026-06-06T00:00:00Z' });
    await world.settle();
    await world.catchUp();
    expect(world.shown()).toEqual({
      first: '10.0.0.0',
      second: '10.0.0.1',
      stranger: '10.0.0.2',
    });
  });

  test('goes back also where the new Service is seen before the deletion was worked on', async () => {
    const world = await worldOf(60_000, '10.0.0.0/29');
    world.services.put('default/second', undefined);
    world.services.put('default/first', undefined);
    world.service({ name: 'second', createdAt: '2026-06-06T00:00:00Z' });
    await world.settle();
    await world.catchUp();
    expect(world.shown()).toEqual({ second: '10.0.0.1' });
  });

  test('goes back also where only the replacement is seen, under another uid', async () => {
    const world = await worldOf(60_000, '10.0.0.0/29');
    const old = world.services.get('default/second');
    if (old === undefined) throw new Error('no Service');
    world.services.put('default/first', undefined);
    world.services.put('default/second', {
      ...old,
      uid: 'another',
      resourceVersion: '999',
      ingress: [],
      allocatedFromPool: undefined,
    });
    await world.settle();
    await world.catchUp();
    expect(world.shown()).toEqual({ second: '10.0.0.1' });
  });

  test('is free for all when the hold is over', async () => {
    const world = await worldOf(60_000, '10.0.0.0/29');
    world.services.put('default/first', undefined);
    await world.settle();
    world.nowMs += 60_000;
    world.service({ name: 'stranger' });
    await world.settle();
    expect(world.writes.at(-1)).toBe('stranger 10.0.0.0');
  });

  test('goes at once to one who waits, where the pool has no other', async () => {
    const world = await worldOf(60_000, '10.0.0.0/31');
    world.service({ name: 'waits' });
    await world.settle();
    world.services.put('default/first', undefined);
    await world.settle();
    expect(world.writes.at(-1)).toBe('waits 10.0.0.0');
  });

  test('goes at once to one who asks for it', async () => {
    const world = await worldOf(60_000, '10.0.0.0/29');
    world.service({ name: 'asks', spec: { loadBalancerIP: '10.0.0.0' } });
    await world.settle();
    world.services.put('default/first', undefined);
    await world.settle();
    expect(world.writes.at(-1)).toBe('asks 10.0.0.0');
  });

  test('goes with a hold of 0 to whoever comes first', async () => {
    const world = await worldOf(0, '10.0.0.0/29');
    world.services.put('default/first', undefined);
    await world.settle();
    world.service({ name: 'stranger' });
    await world.settle();
    expect(world.writes.at(-1)).toBe('stranger 10.0.0.0');
  });
});

describe('a status that shows nothing of ours', () => {
  test('is written again with the same address, though a smaller one is free', async () => {
    const world = await worldOf(0, '10.0.0.0/29');
    world.services.put('default/first', undefined);
    await world.settle();
    const shown = world.services.get('default/second');
    if (shown === undefined) throw new Error('no Service');
    world.services.put('default/second', { ...shown, ingress: [], resourceVersion: '999' });
    await world.settle();
    expect(world.writes.at(-1)).toBe('second 10.0.0.1');
  });
});
