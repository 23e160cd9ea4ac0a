import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureKubernetes } from '../../scripts/kubernetes.mjs';
import { CONTROL_PLANE, type NodeAddresses } from './addresses.ts';
import { Capture } from './capture.ts';
import { DEPLOY_NAMESPACE, installDeployment, registerNodes } from './cluster-setup.ts';
import { startControlPlane, type ApiServerHandle, type ControlPlane } from './control-plane.ts';
import { Daemon, type DaemonOptions } from './daemon.ts';
import { keepLogs } from './kept-logs.ts';
import type { KubeApi, KubeObject } from './kube-api.ts';
import { kubectlCommand } from './kubectl.ts';
import { LabClient } from './lab-client.ts';
import { LabNode } from './lab-node.ts';
import { Applier, parseManifests, type Applied } from './manifests.ts';
import { createNetwork, deleteNetwork, joinLan } from './network.ts';
import { Processes, type LabProcess, type ProcessOptions } from './processes.ts';
import { run } from './run.ts';
import {
  addressesOf,
  endpointSlices,
  readService,
  serviceManifest,
  type ServiceObject,
  type ServiceOptions,
} from './services.ts';
import { startSimControlPlane } from './sim-control-plane.ts';
import { standIn, type Forwarding } from './stand-in-proxy.ts';
import { waitFor } from './wait-for.ts';

/** What a lab consists of. */
export interface LabOptions {
  /** Default 3. */
  readonly nodes?: number;
  /** `real`: etcd, kube-apiserver, kube-controller-manager, kube-proxy. `sim`: the API server in memory, nftables rules for kube-proxy. */
  readonly kubernetes: 'real' | 'sim';
  /** Namespace of our daemons and of the pools; default `metallb-system`. */
  readonly namespace?: string;
  /** Further arguments of the real kube-apiserver. */
  readonly apiServerArgs?: readonly string[];
}

interface LabParts {
  readonly dir: string;
  readonly processes: Processes;
  readonly controlPlane: ControlPlane;
  readonly addresses: readonly NodeAddresses[];
  readonly namespace: string;
}

const SERVICE_LIMIT_MS = 10_000;

/**
 * A cluster on a LAN, in network namespaces: the control plane, nodes with a pod behind each, and a client.
 *
 * It must run inside `scripts/in-lab.mjs`, whose namespaces end whatever is left however the run ends. One lab at a time.
 */
export class Lab implements AsyncDisposable {
  readonly nodes: readonly LabNode[];
  readonly client: LabClient;
  /** Namespace of our daemons and of the pools. */
  readonly namespace: string;
  readonly #dir: string;
  readonly #processes: Processes;
  readonly #controlPlane: ControlPlane;
  readonly #applier: Applier;
  readonly #forwardings = new Map<string, readonly Forwarding[]>();
  readonly #controllers = new Map<string, Daemon>();

  private constructor(parts: LabParts) {
    const { processes, controlPlane, addresses, namespace } = parts;
    this.#dir = parts.dir;
    this.#processes = processes;
    this.#controlPlane = controlPlane;
    this.#applier = new Applier(controlPlane.api);
    this.namespace = namespace;
    this.client = new LabClient(processes);
    const lan = [...addresses, CONTROL_PLANE];
    this.nodes = addresses.map((node) => {
      const peers = lan
        .filter(({ mac }) => mac !== node.mac)
        .flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
      return new LabNode({ processes, access: controlPlane, peers, namespace }, node);
    });
  }

  /**
   * Starts a lab without our daemons: the network, the control plane, Nodes, pods and kube-proxy (not in `sim`), and the
   * CRDs and rights from `deploy/`. Takes about 6 s, in `sim` 2 s.
   */
  static async start(options: LabOptions): Promise<Lab> {
    if (process.env['PICLUSTER_LAB'] !== '1') {
      throw new Error('the lab runs inside private namespaces: node scripts/in-lab.mjs <command>');
    }
    const dir = mkdtempSync(path.join(tmpdir(), 'lab-'));
    const processes = new Processes(path.join(dir, 'logs'));
    const undo = new AsyncDisposableStack();
    undo.defer(deleteNetwork);
    undo.defer(async () => await processes.stop());
    try {
      const addresses = await createNetwork(options.nodes ?? 3);
      const start = options.kubernetes === 'real' ? startControlPlane : startSimControlPlane;
      const host = CONTROL_PLANE.ipv4;
      const { apiServerArgs = [] } = options;
      const place = { dir, logFolder: processes.logFolder, host, netns: 'cp' };
      const controlPlane = await start({ ...place, apiServerArgs });
      undo.defer(async () => await controlPlane.stop());
      const lab = new Lab({
        dir,
        processes,
        controlPlane,
        addresses,
        namespace: options.namespace ?? DEPLOY_NAMESPACE,
      });
      await lab.#prepare();
      return lab;
    } catch (error) {
      const kept = keepLogs(processes.logFolder);
      await undo.disposeAsync();
      throw new Error(`the lab did not start: ${(error as Error).message}\nlogs: ${kept}`, {
        cause: error,
      });
    }
  }

  /** Requests as the cluster's administrator. */
  get api(): KubeApi {
    return this.#controlPlane.api;
  }

  get apiServer(): ApiServerHandle {
    return this.#controlPlane.apiServer;
  }

  /** Path of the administrator's kubeconfig. */
  get kubeconfig(): string {
    return this.#controlPlane.kubeconfig;
  }

  /** Folder of the logs; it ends with the lab. {@link keepLogs} copies it. */
  get logFolder(): string {
    return this.#processes.logFolder;
  }

  /** A node by its name: `n1`, `n2`, … */
  node(name: string): LabNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined)
      throw new Error(
        `no node ${name}: there are ${this.nodes.map((node) => node.name).join(', ')}`,
      );
    return found;
  }

  /** The node that a MAC address belongs to. */
  nodeOf(mac: string): LabNode {
    const found = this.nodes.find((node) => node.mac === mac);
    if (found === undefined) throw new Error(`no node has the MAC address ${mac}`);
    return found;
  }

  /** Starts a process that is none of ours, such as another project's speaker. It ends with the lab. */
  startProcess(options: ProcessOptions): LabProcess {
    return this.#processes.start(options);
  }

  /** Gives the test itself a place on the LAN, where nodes reach what it serves; gives its address. Once. */
  async joinLan(): Promise<string> {
    return await joinLan();
  }

  /** Path of a kubeconfig for a ServiceAccount of the lab's namespace; the account must exist. */
  async kubeconfigOf(account: string): Promise<string> {
    return await this.#controlPlane.kubeconfigForServiceAccount(this.namespace, account);
  }

  /** Starts a controller under the ServiceAccount `picluster-controller`; `name` tells several apart. `await …ready()` waits for it. */
  async startController(options: DaemonOptions & { readonly name?: string } = {}): Promise<Daemon> {
    const { name = 'controller', args = [], program, under } = options;
    const kubeconfig = options.kubeconfig ?? (await this.kubeconfigOf('picluster-controller'));
    const index = this.#controllers.size;
    const daemon = new Daemon(this.#processes, {
      daemon: 'controller',
      name,
      netns: 'cp',
      healthPort: 7_482 + index,
      metricsPort: 7_572 + index,
      args: [`--kubeconfig=${kubeconfig}`, `--namespace=${this.namespace}`, ...args],
      ...(program !== undefined && { program }),
      ...(under !== undefined && { under }),
    });
    this.#controllers.set(name, daemon);
    return daemon;
  }

  /** Starts a speaker on every node. */
  async startSpeakers(options: DaemonOptions = {}): Promise<readonly Daemon[]> {
    const speakers: Daemon[] = [];
    for (const node of this.nodes) speakers.push(await node.startSpeaker(options));
    return speakers;
  }

  /** Starts the controller and a speaker on every node, and waits until all are ready. `speakerArgs` are flags for speakers alone. */
  async startDaemons(
    options: DaemonOptions & { readonly speakerArgs?: readonly string[] } = {},
  ): Promise<void> {
    const { args = [], speakerArgs = [] } = options;
    const controller = await this.startController({ args });
    const speakers = await this.startSpeakers({ args: [...args, ...speakerArgs] });
    await Promise.all([controller, ...speakers].map(async (daemon) => await daemon.ready()));
  }

  /** Creates objects, or merges them into those that are there. Takes objects or YAML. */
  async apply(manifests: string | KubeObject | readonly KubeObject[]): Promise<readonly Applied[]> {
    if (typeof manifests === 'string') return await this.#applier.apply(parseManifests(manifests));
    return await this.#applier.apply('kind' in manifests ? [manifests] : manifests);
  }

  /** Deletes objects; what is not there is an error. */
  async delete(...objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) await this.api.delete(await this.#applier.pathOf(object));
  }

  /** Runs kubectl as the administrator, and gives its output. Rejects with what it wrote where it fails. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return await run([...(await kubectlCommand()), `--kubeconfig=${this.kubeconfig}`, ...args]);
  }

  /** Creates a Service of type LoadBalancer with the pods of the named nodes (default: all) behind it. */
  async service(options: ServiceOptions): Promise<ServiceObject> {
    const [applied] = await this.apply(serviceManifest(options));
    const service = applied?.object as ServiceObject;
    await this.endpoints(service, options.podsOn);
    return service;
  }

  /** Sets which nodes' pods are behind a Service. */
  async endpoints(service: ServiceObject, podsOn?: readonly string[]): Promise<void> {
    const names = podsOn ?? this.nodes.map((node) => node.name);
    await this.apply(
      endpointSlices(
        service,
        names.map((name) => this.node(name).addresses),
      ),
    );
  }

  /** Waits until a Service shows an address of each of its families, and gives them. */
  async addresses(
    name: string,
    namespace: string = 'default',
    limitMs: number = SERVICE_LIMIT_MS,
  ): Promise<readonly string[]> {
    return await waitFor(
      `Service ${namespace}/${name} to have its addresses`,
      async () => {
        const service = await readService(this.api, name, namespace);
        const found = addressesOf(service);
        return found.length >= (service.spec.ipFamilies?.length ?? 1) && found;
      },
      limitMs,
    );
  }

  /** Sets what a Service shows as its addresses, as a controller would: for tests of the lab itself. */
  async setAddresses(
    name: string,
    addresses: readonly string[],
    namespace: string = 'default',
  ): Promise<void> {
    await this.api.patch(`/api/v1/namespaces/${namespace}/services/${name}/status`, {
      status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } },
    });
  }

  /** Events on an object, as `reason: message`. */
  async events(name: string, namespace: string = 'default'): Promise<readonly string[]> {
    type Events = {
      readonly items: readonly {
        involvedObject: { name: string };
        reason: string;
        message: string;
      }[];
    };
    const { items } = await this.api.get<Events>(`/api/v1/namespaces/${namespace}/events`);
    return items
      .filter((event) => event.involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** In `sim`: makes every node hand traffic for the Service's present addresses to its pods (default: of all nodes). */
  async standInForKubeProxy(
    name: string,
    podsOn?: readonly string[],
    namespace: string = 'default',
  ): Promise<void> {
    const service = await readService(this.api, name, namespace);
    const pods = (podsOn ?? this.nodes.map((node) => node.name)).map(
      (each) => this.node(each).addresses,
    );
    const port = service.spec.ports[0]?.port ?? 80;
    this.#forwardings.set(
      `${namespace}/${name}`,
      addressesOf(service).map((address) => ({ address, port, pods })),
    );
    const all = [...this.#forwardings.values()].flat();
    await Promise.all(this.nodes.map(async (node) => await standIn(node.addresses, all)));
  }

  /** Captures the frames of an interface; default: all that the client's gets. */
  async capture(
    where: { netns?: string; device?: string; limitMs?: number } = {},
  ): Promise<Capture> {
    const { netns = 'client', device = 'eth0', limitMs = 120_000 } = where;
    return await Capture.start(this.#processes, netns, device, limitMs);
  }

  /** Asks `probe` until it gives something; rejects after `timeoutMs`, naming what was waited for. */
  async waitFor<T>(
    description: string,
    probe: () => T | undefined | false | Promise<T | undefined | false>,
    timeoutMs: number = SERVICE_LIMIT_MS,
  ): Promise<T> {
    return await waitFor(description, probe, timeoutMs);
  }

  /** Copies the logs out of the lab, where they outlive it, and gives the folder. The copy made before is replaced. */
  keepLogs(): string {
    return keepLogs(this.logFolder);
  }

  /** Ends everything, in the reverse of the order of its start. */
  async stop(): Promise<void> {
    await this.#processes.stop();
    await this.#controlPlane.stop();
    await deleteNetwork();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #prepare(): Promise<void> {
    await registerNodes(
      this.api,
      this.nodes.map(({ addresses }) => addresses),
    );
    await installDeployment(this.#applier, this.namespace);
    for (const node of this.nodes) node.startPod();
    await this.#startKubeProxies();
  }

  async #startKubeProxies(): Promise<void> {
    const { proxyKubeconfig } = this.#controlPlane;
    if (proxyKubeconfig === undefined) return;
    const binary = await ensureKubernetes();
    const options = { binary, kubeconfig: proxyKubeconfig, dir: this.#dir };
    await Promise.all(this.nodes.map(async (node) => await node.startKubeProxy(options)));
  }
}
