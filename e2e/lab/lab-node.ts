import { fileURLToPath } from 'node:url';
import type { NodeAddresses } from './addresses.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { Daemon, type DaemonOptions } from './daemon.ts';
import { startKubeProxy, type KubeProxyOptions } from './kube-proxy.ts';
import { podOf, setLink } from './network.ts';
import type { LabProcess, Processes } from './processes.ts';
import { run } from './run.ts';

/** Where every pod listens. */
export const POD_PORT = 8080;

interface NodeDeps {
  readonly processes: Processes;
  readonly access: ClusterAccess;
  /** Addresses of the other nodes and of the control plane, which {@link LabNode.partition} cuts off. */
  readonly peers: readonly string[];
  /** Namespace of the daemons' ServiceAccounts and of the pools. */
  readonly namespace: string;
}

/** A node of the lab: a network namespace with a pod behind it, and what runs there. */
export class LabNode {
  readonly name: string;
  readonly addresses: NodeAddresses;
  readonly #deps: NodeDeps;
  #speaker: Daemon | undefined;
  #proxy: LabProcess | undefined;

  constructor(deps: NodeDeps, addresses: NodeAddresses) {
    this.#deps = deps;
    this.addresses = addresses;
    this.name = addresses.name;
  }

  get mac(): string {
    return this.addresses.mac;
  }

  get speaker(): Daemon {
    if (this.#speaker === undefined) throw new Error(`no speaker was started on ${this.name}`);
    return this.#speaker;
  }

  /** Starts a speaker under the ServiceAccount `picluster-speaker`, and resolves at once: `await …ready()` waits for it. */
  async startSpeaker(options: DaemonOptions = {}): Promise<Daemon> {
    const { access, namespace, processes } = this.#deps;
    const kubeconfig =
      options.kubeconfig ??
      (await access.kubeconfigForServiceAccount(namespace, 'picluster-speaker'));
    const own = [
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${namespace}`,
      `--node-name=${this.name}`,
    ];
    this.#speaker = new Daemon(processes, {
      daemon: 'speaker',
      name: `speaker-${this.name}`,
      netns: this.name,
      healthPort: 7_482,
      metricsPort: 7_472,
      startupPort: 7_473,
      args: [...own, ...(options.args ?? [])],
      ...(options.program !== undefined && { program: options.program }),
      ...(options.under !== undefined && { under: options.under }),
    });
    return this.#speaker;
  }

  /** Starts the pod: an HTTP server that says its name. */
  startPod(): void {
    const pod = podOf(this);
    const program = fileURLToPath(new URL('pod.mjs', import.meta.url));
    this.#deps.processes.start({
      name: `pod-${pod}`,
      netns: pod,
      command: [process.execPath, program, `pod on ${this.name}`, String(POD_PORT)],
    });
  }

  /** Starts the real kube-proxy, and waits until it has set its first rules. */
  async startKubeProxy(options: Omit<KubeProxyOptions, 'node'>): Promise<void> {
    this.#proxy = await startKubeProxy(this.#deps.processes, { ...options, node: this.name });
  }

  /** The node is gone at once: its programs are killed and its cable is out. */
  async kill(): Promise<void> {
    await this.linkDown();
    await Promise.all([this.#speaker?.kill(), this.#proxy?.kill()]);
  }

  /** Pulls the cable at the switch: the node loses its carrier. */
  async linkDown(): Promise<void> {
    await setLink(this.name, 'down');
  }

  /** Puts the cable back. */
  async linkUp(): Promise<void> {
    await setLink(this.name, 'up');
  }

  /** Cuts the node's own IP traffic with the control plane and the other nodes; ARP, NDP and clients still reach it. */
  async partition(): Promise<void> {
    const of = (six: boolean): string =>
      this.#deps.peers.filter((each) => each.includes(':') === six).join(', ');
    const chain = (hook: string, field: string): string => `
      chain ${hook} {
        type filter hook ${hook} priority -300
        ip ${field} { ${of(false)} } drop
        meta l4proto != ipv6-icmp ip6 ${field} { ${of(true)} } drop
      }`;
    const table = `table inet partition {${chain('input', 'saddr')}${chain('output', 'daddr')}\n}\n`;
    await run(['nft', '-f', '-'], { netns: this.name, input: table });
  }

  /** Ends {@link partition}. */
  async heal(): Promise<void> {
    await run(['nft', 'delete', 'table', 'inet', 'partition'], { netns: this.name });
  }
}
