// A cluster of one node for a container: an API server in memory, and a LAN of one cable whose other end asks.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crdManifests } from '@picluster/api';
import { startKubeSim, type KubeSim } from '@picluster/kube-sim';
import { startAsking } from '../lab/asker.ts';
import { Processes } from '../lab/processes.ts';
import { run } from '../lab/run.ts';

const NAMESPACE = 'metallb-system';
const ASKER = 'asker';
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Everything of one test file; {@link Symbol.asyncDispose} ends it. */
export class ImageLab implements AsyncDisposable {
  readonly sim: KubeSim;
  /** For what a test writes. */
  readonly folder: string;
  readonly #processes: Processes;

  private constructor(sim: KubeSim, folder: string) {
    this.sim = sim;
    this.folder = folder;
    this.#processes = new Processes(path.join(folder, 'logs'));
  }

  static async start(): Promise<ImageLab> {
    const folder = mkdtempSync(path.join(tmpdir(), 'picluster-image-lab-'));
    const lab = new ImageLab(await startKubeSim(), folder);
    lab.#fillCluster();
    await run(['ip', 'netns', 'add', ASKER]);
    await run(['ip', ...'link add eth0 type veth peer name eth0 netns asker'.split(' ')]);
    await run(['ip', 'link', 'set', 'eth0', 'up']);
    await run(['ip', '-n', ASKER, ...'address add 192.0.2.99/24 dev eth0'.split(' ')]);
    await run(['ip', '-n', ASKER, 'link', 'set', 'eth0', 'up']);
    // A container runtime wants to see something here; the lab's own /sys is empty at this place.
    await run(['mount', '-t', 'tmpfs', 'tmpfs', '/sys/fs/cgroup']);
    return lab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.stop();
    await run(['umount', '/sys/fs/cgroup']);
    await run(['ip', 'netns', 'delete', ASKER]);
    await this.sim.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the kubelet gives a Pod to reach the API server: variables, and the files of its service account. */
  inCluster(): { env: string[]; binds: Record<string, string> } {
    const account = path.join(this.folder, 'serviceaccount');
    mkdirSync(account, { recursive: true });
    writeFileSync(path.join(account, 'token'), this.sim.token);
    writeFileSync(path.join(account, 'ca.crt'), this.sim.ca);
    writeFileSync(path.join(account, 'namespace'), NAMESPACE);
    const { hostname, port } = new URL(this.sim.url);
    return {
      env: [
        `KUBERNETES_SERVICE_HOST=${hostname}`,
        `KUBERNETES_SERVICE_PORT=${port}`,
        `PICLUSTER_NAMESPACE=${NAMESPACE}`,
        'PICLUSTER_NODE_NAME=n1',
      ],
      binds: { [SERVICE_ACCOUNT]: account },
    };
  }

  /** A Service of type LoadBalancer with an endpoint on the node; `address`: the one in its status. */
  applyService(name: string, address?: string): void {
    this.sim.applyManifest({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP' }] },
      ...(address === undefined
        ? {}
        : { status: { loadBalancer: { ingress: [{ ip: address }] } } }),
    });
    this.sim.applyManifest({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-1`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': name },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.1'], nodeName: 'n1', conditions: { ready: true } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
  }

  /** The addresses in a Service's status. */
  addressesOf(name: string): string[] {
    const status = this.sim.object('v1', 'Service', name, 'default')?.['status'] as
      | { loadBalancer?: { ingress?: readonly { ip: string }[] } }
      | undefined;
    return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
  }

  /** Asks by ARP from the other end of the cable; resolves with the MAC address of the first answer. */
  async untilAnswered(address: string, limitMs: number): Promise<string | undefined> {
    const options = { intervalMs: 20, limitMs, first: true };
    const recorder = await startAsking(this.#processes, ASKER, address, options);
    await recorder.finished();
    return recorder.answers[0]?.mac;
  }

  #fillCluster(): void {
    for (const crd of crdManifests) this.sim.applyManifest(crd);
    for (const [kind, name] of [
      ['Namespace', NAMESPACE],
      ['Node', 'n1'],
    ])
      this.sim.applyManifest({ apiVersion: 'v1', kind, metadata: { name } });
    const metadata = { name: 'pool', namespace: NAMESPACE };
    const apiVersion = 'metallb.io/v1beta1';
    this.sim.applyManifest({
      apiVersion,
      kind: 'IPAddressPool',
      metadata,
      spec: { addresses: ['192.0.2.0/24'] },
    });
    this.sim.applyManifest({ apiVersion, kind: 'L2Advertisement', metadata, spec: {} });
  }
}
