import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crdManifests } from '@picluster/api';
import { connect, systemClock as clock } from '@picluster/kube';
import { startKubeSim, type KubeSim } from '@picluster/kube-sim';
import { describe, expect, test, vi } from 'vitest';
import { ConfigurationStateTask } from '../src/configuration-state-task.ts';
import { viewNode } from '../src/views.ts';

const NAMESPACE = 'metallb-system';
const WAIT = { timeout: 15_000, interval: 10 };
const INVALID = 'configuration error: one thing\nanother';

interface World {
  readonly sim: KubeSim;
  readonly task: ConfigurationStateTask;
  readonly state: () => ReturnType<KubeSim['object']>;
  readonly stop: () => Promise<void>;
}

/** The task at work for node n1. */
async function start(crds: readonly object[] = crdManifests): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'state-'));
  const sim = await startKubeSim();
  for (const crd of crds) sim.applyManifest(crd);
  sim.applyManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, sim.kubeconfig());
  const client = connect({ kubeconfig, userAgent: 'state-test' });
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
      await client.close();
      await sim[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
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
