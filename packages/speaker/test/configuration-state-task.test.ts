import { systemClock as clock } from '@picluster/kube';
import type { KubeSim } from '@picluster/kube-sim';
import { describe, expect, test, vi } from 'vitest';
import { ConfigurationStateTask } from '../src/configuration-state-task.ts';
import { viewNode } from '../src/views.ts';
import { NAMESPACE, startSimApi } from './sim-api.ts';

const WAIT = { timeout: 15_000, interval: 10 };
const INVALID = 'configuration error: one thing\nanother';

interface World {
  readonly sim: KubeSim;
  readonly task: ConfigurationStateTask;
  readonly state: () => ReturnType<KubeSim['object']>;
  readonly stop: () => Promise<void>;
}

/** The task at work for node n1. */
async function start(crds?: readonly object[]): Promise<World> {
  const api = await startSimApi(crds);
  const { sim, client } = api;
  const node = viewNode({ metadata: { name: 'n1', uid: 'the-uid' } });
  const task = new ConfigurationStateTask(
    { client, clock, random: () => 0, nodes: { get: () => node } },
    { namespace: NAMESPACE, node: 'n1' },
  );
  const ending = new AbortController();
  const running = task.run(ending.signal);
  return {
    sim,
    task,
    state: () => sim.object('metallb.io/v1beta1', 'ConfigurationState', 'speaker-n1', NAMESPACE),
    stop: async () => {
      ending.abort();
      await running;
      await api[Symbol.asyncDispose]();
    },
  };
}

describe('the ConfigurationState of a speaker', () => {
  test('is made for its Node, and says what is wrong until nothing is', async () => {
    const { task, state, stop } = await start();
    task.set(['one thing', 'another']);
    await vi.waitFor(() => expect(state()?.status).toMatchObject({ result: 'Invalid' }), WAIT);
    expect(state()).toMatchObject({
      metadata: {
        labels: { 'metallb.io/component-type': 'speaker', 'metallb.io/node-name': 'n1' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'the-uid' }],
      },
      status: {
        errorSummary: INVALID,
        conditions: [
          {
            type: 'configReconcilerValid',
            status: 'False',
            reason: 'ConfigurationError',
            message: INVALID,
          },
        ],
      },
    });
    task.set([]);
    await vi.waitFor(() => expect(state()?.status).toMatchObject({ result: 'Valid' }), WAIT);
    await stop();
  });

  test('is made again where somebody deletes it', async () => {
    const { sim, task, state, stop } = await start();
    task.set(['one thing']);
    await vi.waitFor(() => expect(state()?.status).toBeDefined(), WAIT);
    sim.deleteObject('metallb.io/v1beta1', 'ConfigurationState', 'speaker-n1', NAMESPACE);
    await vi.waitFor(() => expect(state()?.status).toMatchObject({ result: 'Invalid' }), WAIT);
    await stop();
  });

  test('is not written again where the same is said again', async () => {
    const { sim, task, state, stop } = await start();
    task.set([]);
    await vi.waitFor(() => expect(state()?.status).toBeDefined(), WAIT);
    const writes = sim.requests.writes();
    task.set([]);
    task.set(['one thing']);
    await vi.waitFor(() => expect(state()?.status).toMatchObject({ result: 'Invalid' }), WAIT);
    expect(sim.requests.writes()).toBe(writes + 1);
    await stop();
  });
});
