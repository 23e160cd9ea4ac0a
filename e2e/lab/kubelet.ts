import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LabNode } from './lab-node.ts';
import type { Lab } from './lab.ts';

/** What a kubelet knows of a speaker. */
export interface PodFacts {
  readonly account: string;
  readonly labels: Readonly<Record<string, string>>;
  /** On its own node; an answer of 200 means that it is ready. */
  readonly readyUrl: string;
}

interface Kubeconfig {
  readonly clusters: readonly {
    cluster: { server: string; 'certificate-authority-data': string };
  }[];
  readonly users: readonly { user: { token: string } }[];
}

/** The name of the Pod that a node's speaker would be. */
export function podName(node: LabNode): string {
  return `speaker-${node.name}`;
}

/** Registers the node's speaker as a Pod. */
export async function registerPod(lab: Lab, node: LabNode, facts: PodFacts): Promise<void> {
  const { ipv4, ipv6 } = node.addresses;
  const name = podName(node);
  await lab.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: lab.namespace, labels: facts.labels },
    spec: {
      nodeName: node.name,
      hostNetwork: true,
      serviceAccountName: facts.account,
      automountServiceAccountToken: false,
      containers: [{ name: 'speaker', image: 'speaker' }],
    },
  });
  await lab.api.patch(`/api/v1/namespaces/${lab.namespace}/pods/${name}/status`, {
    status: { phase: 'Running', podIP: ipv4, podIPs: [{ ip: ipv4 }, { ip: ipv6 }] },
  });
}

/** Starts a stand-in for the kubelet on the node, which renews its Lease and says whether the speaker's Pod is ready. */
export function startKubelet(lab: Lab, node: LabNode, { readyUrl }: PodFacts): void {
  const config = JSON.parse(readFileSync(lab.kubeconfig, 'utf8')) as Kubeconfig;
  const [cluster, user] = [config.clusters[0]?.cluster, config.users[0]?.user];
  if (cluster === undefined || user === undefined) throw new Error('an empty kubeconfig');
  const ca = path.join(path.dirname(lab.kubeconfig), 'kubelet-ca.crt');
  writeFileSync(ca, Buffer.from(cluster['certificate-authority-data'], 'base64'));
  const program = path.join(import.meta.dirname, 'kubelet.mjs');
  const words = [cluster.server, ca, node.name, `${lab.namespace}/${podName(node)}`, readyUrl];
  lab.startProcess({
    name: `kubelet-${node.name}`,
    netns: node.name,
    command: [process.execPath, program, ...words],
    env: { KUBELET_TOKEN: user.token },
  });
}
