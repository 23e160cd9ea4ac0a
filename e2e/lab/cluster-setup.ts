import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeAddresses } from './addresses.ts';
import type { KubeApi, KubeObject } from './kube-api.ts';
import { readManifests, type Applier } from './manifests.ts';

/** The namespace that the manifests in `deploy/` name. */
export const DEPLOY_NAMESPACE = 'metallb-system';

const deployFolder = fileURLToPath(new URL('../../deploy', import.meta.url));

/** Creates the Node objects: there is no kubelet to do it. */
export async function registerNodes(api: KubeApi, nodes: readonly NodeAddresses[]): Promise<void> {
  await Promise.all(nodes.map(async (node) => await registerNode(api, node)));
}

/** Applies the CRDs, and the daemons' accounts and rights, in the given namespace instead of the manifests' own. */
export async function installDeployment(applier: Applier, namespace: string): Promise<void> {
  const text = JSON.stringify(
    ['crds', 'rbac'].flatMap((folder) => readManifests(path.join(deployFolder, folder))),
  );
  const objects = JSON.parse(
    text.replaceAll(`"${DEPLOY_NAMESPACE}"`, `"${namespace}"`),
  ) as readonly KubeObject[];
  await applier.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  await applier.apply(objects);
}

async function registerNode(api: KubeApi, node: NodeAddresses): Promise<void> {
  const { name, ipv4, ipv6, podCidr4, podCidr6 } = node;
  await api.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    spec: { podCIDR: podCidr4, podCIDRs: [podCidr4, podCidr6] },
  });
  await api.patch(`/api/v1/nodes/${name}/status`, {
    status: {
      addresses: [ipv4, ipv6].map((address) => ({ type: 'InternalIP', address })),
      conditions: [
        { type: 'Ready', status: 'True', reason: 'Lab', message: 'a network namespace' },
      ],
    },
  });
}
