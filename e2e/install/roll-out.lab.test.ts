import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../lab/wait-for.ts';
import { Cluster } from './cluster.ts';
import { CHART } from './helm.ts';

const NAMESPACE = 'lan';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const DAEMON_SET = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/picluster-speaker`;

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly hostNetwork: boolean;
    readonly nodeName?: string;
    readonly containers: readonly { readonly ports?: unknown }[];
  };
}
interface DaemonSet {
  readonly metadata: { readonly generation: number };
  readonly status: {
    readonly observedGeneration?: number;
  };
}

// Kubernetes' own controller of DaemonSets decides. Its scheduler and the kubelet are played: of the rules of theirs that could stand in the way, the one
// about ports does not, as the Pods have none.

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start([], ['daemonset-controller']);
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

async function pods(): Promise<readonly Pod[]> {
  const { items } = await cluster.controlPlane.api.get<{ readonly items: readonly Pod[] }>(PODS);
  return items.filter(({ metadata }) => metadata.name.startsWith('picluster-speaker'));
}

/** The one Pod that is none of these. */
async function another(...known: readonly Pod[]): Promise<Pod> {
  const names = new Set(known.map(({ metadata }) => metadata.name));
  const found = await waitFor('another Pod', async () =>
    (await pods()).find(({ metadata }) => !names.has(metadata.name)),
  );
  const { name } = found.metadata;
  const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target };
  await cluster.controlPlane.api.create(`${PODS}/${name}/binding`, binding);
  return found;
}

async function report({ metadata }: Pod, ready: boolean): Promise<void> {
  const conditions = [
    { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-11-27T00:00:00Z' },
  ];
  const status = { phase: 'Running', conditions };
  await cluster.controlPlane.api.patch(`${PODS}/${metadata.name}/status`, { status });
}

const isEnding = async ({ metadata }: Pod): Promise<boolean> => {
  const now = (await pods()).find((pod) => pod.metadata.name === metadata.name);
  return now === undefined || now.metadata.deletionTimestamp !== undefined;
};

test('a new speaker starts beside the old one of its node, which is told to stop when the new one is ready, and not before', async () => {
  await cluster.apply([
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: 'n1',
        labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
      },
    },
  ]);
  // The API server marks a new node as not ready; its kubelet would change that.
  await cluster.controlPlane.api.patch('/api/v1/nodes/n1', { spec: { taints: null } });
  await cluster.helm.run([
    'install',
    'picluster',
    CHART,
    '--namespace',
    NAMESPACE,
    '--create-namespace',
  ]);
  const old = await another();
  expect(old.spec.hostNetwork).toBe(true);
  expect(old.spec.containers.flatMap(({ ports }) => ports ?? [])).toEqual([]);
  await report(old, true);

  const annotations = { 'example.com/restarted': 'now' };
  await cluster.controlPlane.api.patch(DAEMON_SET, {
    spec: { template: { metadata: { annotations } } },
  });
  const next = await another(old);
  await report(next, false);
  // Another change of its own, which concerns no Pod: once it has dealt with that it has looked at both, and done what it has to, which is nothing.
  await cluster.controlPlane.api.patch(DAEMON_SET, { spec: { revisionHistoryLimit: 9 } });
  await waitFor('the controller to look', async () => {
    const set = await cluster.find<DaemonSet>(DAEMON_SET);
    return set !== undefined && set.status.observedGeneration === set.metadata.generation;
  });
  expect(await isEnding(old)).toBe(false);
  await report(next, true);
  await waitFor('the old one to be told', async () => await isEnding(old));
  expect(await isEnding(next)).toBe(false);
});
