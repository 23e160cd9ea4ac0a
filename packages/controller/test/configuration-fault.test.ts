import type { KubeObject, KubeRequest } from '@picluster/kube';
import { describe, expect, test } from 'vitest';
import { communityProblems, viewCommunity, type CommunityView } from '../src/communities.ts';
import { StateWriter } from '../src/configuration-state.ts';
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
  const writer = (answer: (method: string, body: unknown) => KubeObject, calls: string[]) =>
    new StateWriter(
      {
        client: {
          request: <T>({ method, path, body }: KubeRequest) => {
            calls.push(`${method} ${path}`);
            return Promise.resolve().then(() => answer(method, body) as T);
          },
        },
        clock: { wallMs: () => 0 },
        current: () => undefined,
        entitled: () => true,
      },
      'metallb-system',
    );
  const path = '/apis/metallb.io/v1beta1/namespaces/metallb-system/configurationstates';

  test('says what is wrong with pools and with Communities, once it is known of the pools', async () => {
    const calls: string[] = [];
    const bodies: unknown[] = [];
    const made = { metadata: { name: 'controller', resourceVersion: '1' } };
    const state = writer((_method, body) => {
      bodies.push(body);
      return made;
    }, calls);
    state.communities = ['a name is given twice'];
    await state.reconcile(new AbortController().signal);
    expect(calls).toEqual([]);
    state.pools = ['a pool is wrong'];
    await state.reconcile(new AbortController().signal);
    expect(calls).toEqual([`POST ${path}`, `PATCH ${path}/controller/status`]);
    expect(bodies.at(-1)).toMatchObject({
      status: {
        errorSummary: 'configuration error: a pool is wrong\na name is given twice',
        conditions: [{ type: 'poolReconcilerValid' }],
      },
    });
  });
});

describe('the Communities', () => {
  const community = (
    name: string,
    createdAt: string,
    ...aliases: readonly string[]
  ): CommunityView =>
    viewCommunity(
      Object.assign(
        { metadata: { name, creationTimestamp: createdAt } },
        { spec: { communities: aliases.map((alias) => ({ name: alias, value: '1:2' })) } },
      ),
    );

  test('are wrong where one cannot be read, and where two give the same name', () => {
    const all = [
      community('new', '2026-01-02T00:00:00Z', 'a'),
      community('old', '2026-01-01T00:00:00Z', 'a', 'b'),
      community('bad', '2026-01-03T00:00:00Z', 'x:y'),
    ];
    expect(communityProblems(all)).toEqual([
      'parsing Community bad: spec.communities[0].name: "x:y" cannot be a name: one must not be empty, and must not have a colon in it',
      'duplicate definition of community "a"',
    ]);
    expect(communityProblems(all.slice(1, 2))).toEqual([]);
  });
});
