import { KubeError, type KubeObject } from '@picluster/kube';
import { describe, expect, test } from 'vitest';
import { stateStatus, StateWriter, viewState } from '../src/configuration-state.ts';
import { World } from './world.ts';

/** Works the queue of pools too. */
async function settle(world: World): Promise<void> {
  await world.settle();
  await world.catchUp();
  for (const name of world.poolQueue) {
    world.poolQueue.delete(name);
    await world.controller.reconcilePool(name, new AbortController().signal);
  }
}

describe('a pool that is spoilt', () => {
  async function spoilt(): Promise<World> {
    const world = new World();
    world.pool('p', '10.0.0.0/24');
    world.service({ name: 'a' });
    world.controller.start();
    await settle(world);
    world.pool('p', '10.0.0.9-10.0.0.1');
    await settle(world);
    return world;
  }

  test('takes no address away, and says on itself what is wrong', async () => {
    const world = await spoilt();
    expect(world.shown()).toEqual({ a: '10.0.0.0' });
    const [name, status] = world.poolWrites.at(-1) ?? [];
    expect(name).toBe('p');
    expect(status).toMatchObject({ assignedIPv4: 1, availableIPv4: 255 });
    expect(status?.conditions).toMatchObject([
      {
        type: 'picluster.io/Accepted',
        status: 'False',
        reason: 'ConfigurationError',
        message: expect.stringContaining('its last good version stays in force') as string,
      },
    ]);
    expect(world.problems).toEqual([expect.stringContaining('parsing address pool p: ')]);
  });

  test('is told of once, and written on once', async () => {
    const world = await spoilt();
    const writes = world.poolWrites.length;
    for (let look = 0; look < 3; look++) {
      world.poolQueue.add('p');
      await settle(world);
    }
    expect(world.poolWrites).toHaveLength(writes);
    expect(world.events.filter((event) => event === 'p PoolRefused')).toHaveLength(1);
  });

  test('says so no more when it is mended', async () => {
    const world = await spoilt();
    const pool = world.pools.get('metallb-system/p');
    world.pool('p', '10.0.0.0/25');
    const mended = world.pools.get('metallb-system/p');
    if (pool === undefined || mended === undefined) throw new Error('no pool');
    const { status, conditions } = pool;
    world.pools.put('metallb-system/p', { ...mended, status, conditions });
    await settle(world);
    expect(world.poolWrites.at(-1)?.[1].conditions).toMatchObject([{ status: 'True' }]);
    expect(world.problems).toEqual([]);
  });

  test('is not told of again by the next controller, where it says already what is the matter', async () => {
    const one = new World();
    one.pool('p', '10.0.0.9-10.0.0.1');
    one.controller.start();
    await settle(one);
    expect(one.events).toEqual(['p PoolRefused']);
    const seen = one.pools.get('metallb-system/p');
    const next = new World();
    next.pools.put('metallb-system/p', seen);
    next.controller.start();
    await settle(next);
    expect([next.events, next.poolWrites]).toEqual([[], []]);
  });

  test('is named to a Service that gets nothing', async () => {
    const world = new World();
    world.pool('p', '10.0.0.9-10.0.0.1');
    world.service({ name: 'a' });
    world.controller.start();
    await settle(world);
    expect(world.messages.join()).toContain('pool p is refused as it is written');
  });
});

describe('the ConfigurationState', () => {
  const NOW = '2026-11-23T12:00:00Z';
  const empty = viewState({ metadata: { name: 'controller' } });

  test('says that all is well, and is not written again', () => {
    const status = stateStatus(empty, [], NOW);
    expect(status).toEqual({
      result: 'Valid',
      errorSummary: '',
      conditions: [
        {
          type: 'poolReconcilerValid',
          status: 'True',
          reason: 'Reconciled',
          message: '',
          lastTransitionTime: NOW,
        },
      ],
    });
    const shown = viewState(Object.assign({ metadata: { name: 'controller' } }, { status }));
    expect(stateStatus(shown, [], '2026-11-24T12:00:00Z')).toBeUndefined();
  });

  test('says what is wrong', () => {
    const status = stateStatus(empty, ['one thing', 'another'], NOW);
    expect(status).toMatchObject({
      result: 'Invalid',
      errorSummary: 'configuration error: one thing\nanother',
      conditions: [{ status: 'False', reason: 'ConfigurationError' }],
    });
  });

  const writer = (answer: (method: string) => KubeObject, calls: string[]) =>
    new StateWriter(
      {
        client: {
          request: <T>({ method, path }: { method: string; path: string }) => {
            calls.push(`${method} ${path}`);
            return Promise.resolve().then(() => answer(method) as T);
          },
        },
        clock: { wallMs: () => 0 },
        current: () => undefined,
        entitled: () => true,
      },
      'metallb-system',
    );
  const path = '/apis/metallb.io/v1beta1/namespaces/metallb-system/configurationstates';

  test('is made where there is none, and written then', async () => {
    const calls: string[] = [];
    const made = { metadata: { name: 'controller', resourceVersion: '1' } };
    const state = writer(() => made, calls);
    await state.reconcile(new AbortController().signal);
    expect(calls).toEqual([]);
    state.problems = [];
    await state.reconcile(new AbortController().signal);
    expect(calls).toEqual([`POST ${path}`, `PATCH ${path}/controller/status`]);
  });

  test('is done without where the cluster does not know the kind', async () => {
    const calls: string[] = [];
    const state = writer(() => {
      throw new KubeError('not-found', 'no such kind');
    }, calls);
    state.problems = [];
    await state.reconcile(new AbortController().signal);
    expect(calls).toEqual([`POST ${path}`]);
  });
});
