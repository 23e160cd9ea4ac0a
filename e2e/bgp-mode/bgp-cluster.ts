import assert from 'node:assert/strict';
import path from 'node:path';
import { nowMs } from '../lab/asker.ts';
import type { KubeObject } from '../lab/kube-api.ts';
import { Lab, type LabOptions } from '../lab/lab.ts';
import { LabClient } from '../lab/lab-client.ts';
import { Processes } from '../lab/processes.ts';
import { run } from '../lab/run.ts';
import { LabRouter, type FrrOptions, type RouterPath } from './lab-router.ts';
import { BEYOND, ROUTER, type RouterPlace } from './router-network.ts';

/** From a change in the API until the router shows it, on a machine that is busy with all of this. */
const LIMIT_MS = 30_000;

/** Addresses that are in no network of the nodes: only routes lead there. */
const ROUTED = { ipv4: '203.0.113.0/24', ipv6: '2001:db8:113::/112' } as const;

/** The AS of the nodes. */
export const NODES_ASN = 64_500;

/** A connection that did not come about, or was cut. */
interface Failure {
  /** When it was begun, on the clock of `nowMs()`. */
  readonly beganMs: number;
  /** In the words of the one who tried. */
  readonly line: string;
}

/** What became of connections that were made one after the other. */
interface Connected {
  readonly made: number;
  readonly failures: readonly Failure[];
}

/** A selector for nodes by name. */
export function onNodes(...values: string[]): { readonly nodeSelectors: readonly object[] } {
  const expression = { key: 'kubernetes.io/hostname', operator: 'In', values };
  return { nodeSelectors: [{ matchExpressions: [expression] }] };
}

/** Switches that snoop pass what is for all nodes to every port (RFC 4541 §3); the lab's takes it for a group that nobody has joined. This port gets it. */
export async function floodToAll(node: string): Promise<void> {
  const words = `link set ${node} type bridge_slave mcast_flood on`;
  await run(['ip', '-n', 'lan', ...words.split(' ')] as [string, ...string[]]);
}

interface Status {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly status?: { readonly node?: string; readonly peers?: readonly string[] };
}

/** A lab with a router that has a session with each node, and a pool that is announced to it. */
export class BgpCluster implements AsyncDisposable {
  readonly lab: Lab;
  readonly router: LabRouter;
  /** The machine behind the router. */
  readonly beyond: LabClient;
  readonly #processes: Processes;
  readonly #routers: LabRouter[];
  /** Objects to take away. */
  readonly #made = new Map<string, { readonly kind: string; readonly name: string }>();
  #connecting = 0;
  readonly #services = new Map<string, Awaited<ReturnType<Lab['service']>>>();

  private constructor(lab: Lab, router: LabRouter) {
    this.lab = lab;
    this.router = router;
    this.#routers = [router];
    this.#processes = new Processes(lab.logFolder);
    this.beyond = new LabClient(this.#processes, BEYOND);
  }

  /** Starts all of it; a BGPPeer for the router is not there yet. */
  static async start(
    router: FrrOptions = {},
    kubernetes: LabOptions['kubernetes'] = 'real',
  ): Promise<BgpCluster> {
    const lab = await Lab.start({ kubernetes });
    const cluster = new BgpCluster(lab, await LabRouter.plugIn(lab));
    await cluster.router.start(router);
    await lab.startDaemons();
    await cluster.apply('IPAddressPool', 'routed', { addresses: Object.values(ROUTED) });
    return cluster;
  }

  /** Starts another router on the LAN; a BGPPeer for it is not there yet. */
  async addRouter(place: RouterPlace, options: FrrOptions = {}): Promise<LabRouter> {
    const router = await LabRouter.plugIn(this.lab, place);
    this.#routers.push(router);
    await router.start(options);
    return router;
  }

  /** Creates or changes an object of MetalLB's kinds. */
  async apply(kind: string, name: string, spec: object = {}, labels: object = {}): Promise<void> {
    const { metadata, ...object } = this.#object(kind, name);
    await this.lab.apply({ ...object, metadata: { ...metadata, labels }, spec });
    this.#made.set(`${kind} ${name}`, { kind, name });
  }

  /** Deletes one, or a Service. */
  async remove(kind: string, name: string): Promise<void> {
    await this.lab.delete(this.#object(kind, name));
    this.#made.delete(`${kind} ${name}`);
  }

  /** Deletes all objects of these kinds that were made here. */
  async removeAll(...kinds: readonly string[]): Promise<void> {
    const objects = [...this.#made.values()].filter(({ kind }) => kinds.includes(kind));
    for (const { kind, name } of objects) await this.remove(kind, name);
  }

  /** Deletes all that a test of routes makes. */
  async clean(): Promise<void> {
    await this.removeAll('Service', 'BGPAdvertisement', 'L2Advertisement', 'Community');
  }

  /** Advertises the Service `of`, and whatever else bears its label. A list that is given again replaces the one before. */
  async advertise(of: string, spec: object = {}, name: string = of): Promise<void> {
    const serviceSelectors = [{ matchLabels: { test: of } }];
    await this.apply('BGPAdvertisement', name, { serviceSelectors, ...spec });
  }

  /** Makes a Service with its label `test`, and gives the prefix of its first address, and the address. */
  async service(
    name: string,
    more: Omit<Parameters<Lab['service']>[0], 'name'> = {},
  ): Promise<readonly [prefix: string, address: string]> {
    const made = await this.lab.service({ name, labels: { test: name }, ...more });
    this.#made.set(`Service ${name}`, { kind: 'Service', name });
    this.#services.set(name, made);
    const [address = ''] = await this.lab.addresses(name);
    return [`${address}/${address.includes(':') ? 128 : 32}`, address];
  }

  /** From now on the pods of these nodes are behind a Service; none: nobody is. */
  async moveEndpoints(name: string, ...nodes: readonly string[]): Promise<void> {
    const made = this.#services.get(name);
    if (made !== undefined) await this.lab.endpoints(made, nodes);
  }

  /** Sets labels of a Service. */
  async labelService(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const where = `/api/v1/namespaces/default/services/${name}`;
    await this.lab.api.patch(where, { metadata: { labels } });
  }

  /** Sets labels of a Node; `null` takes one away. */
  async labelNode(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
    await this.lab.api.patch(`/api/v1/nodes/${name}`, { metadata: { labels } });
  }

  /** Says of a Node whether it is without a network. */
  async networkUnavailable(name: string, status: 'True' | 'False'): Promise<void> {
    const condition = (type: string, is: string): object => ({
      type,
      status: is,
      reason: 'Lab',
      message: '',
    });
    const conditions = [condition('Ready', 'True'), condition('NetworkUnavailable', status)];
    await this.lab.api.patch(`/api/v1/nodes/${name}/status`, { status: { conditions } });
  }

  /** Waits until the ServiceBGPStatuses of a Service are these: `<node> <peer>+<peer>` each, sorted. */
  async statusIs(name: string, ...wanted: readonly string[]): Promise<void> {
    const where = `/apis/metallb.io/v1beta1/namespaces/${this.lab.namespace}/servicebgpstatuses`;
    await this.until(`the status of ${name} to be [${wanted.join(', ')}]`, async () => {
      const { items } = await this.lab.api.get<{ items: readonly Status[] }>(where);
      const found = items
        .filter(({ metadata }) => metadata.labels['metallb.io/service-name'] === name)
        .map(({ status }) => `${status?.node} ${(status?.peers ?? []).join('+')}`);
      return found.toSorted().join() === wanted.join();
    });
  }

  /** Makes one new HTTP connection after the other from behind the router; one that takes longer than `limitMs` has failed. */
  connect(address: string, limitMs: number = 900): { stop(): Promise<Connected> } {
    const program = path.join(import.meta.dirname, '../../bench/failover/connections.mjs');
    let made = 0;
    const failures: Failure[] = [];
    const attempts = this.#processes.start({
      name: `connections-${this.#connecting++}`,
      netns: BEYOND,
      command: [process.execPath, program, '20', String(limitMs), `http://${address}/`],
      onLine: (line) => {
        made++;
        const [word, ms] = line.split(' ');
        if (word !== 'ok') failures.push({ beganMs: nowMs() - Number(ms), line });
      },
    });
    return {
      stop: async () => {
        await attempts.stop();
        return { made, failures };
      },
    };
  }

  /** Starts a router that means harm in the place of the usual one, which must have ended; resolves when it has done what it does. */
  async harm(what: 'flood' | 'deaf'): Promise<AsyncDisposable> {
    const program = path.join(import.meta.dirname, 'hostile-router.ts');
    const words = ['--conditions=@picluster/source', program, ROUTER.ipv4, what];
    const done = Promise.withResolvers<void>();
    const hostile = this.#processes.start({
      name: `hostile-${what}`,
      netns: ROUTER.namespace,
      command: [process.execPath, ...words],
      onLine: (line) => {
        if (line === 'done') done.resolve();
      },
    });
    await Promise.race([done.promise, hostile.exited]);
    return { [Symbol.asyncDispose]: async () => void (await hostile.kill()) };
  }

  /** Makes the router a peer of the nodes. */
  async peer(spec: object = {}, name: string = 'router'): Promise<void> {
    const { ipv4: peerAddress, asn: peerASN } = ROUTER;
    await this.apply('BGPPeer', name, { myASN: NODES_ASN, peerASN, peerAddress, ...spec });
  }

  /** Waits until the router has sessions with just these nodes. */
  async sessionsWith(...nodes: readonly string[]): Promise<void> {
    await this.sessionsOf(this.router, ...nodes);
  }

  /** The same of any router. */
  async sessionsOf(router: LabRouter, ...nodes: readonly string[]): Promise<void> {
    await this.until(
      `sessions with ${nodes.join(' ')}`,
      async () => (await router.sessions()).join() === nodes.join(),
    );
  }

  /** Waits until a router has been told of a prefix by just these nodes, and by each of them what is given. */
  async told(
    router: LabRouter,
    prefix: string,
    nodes: readonly string[],
    what: Partial<RouterPath> = {},
  ): Promise<void> {
    await this.until(`what a router has of ${prefix}`, async () => {
      const paths = await router.paths(prefix);
      assert.deepEqual([...paths.keys()].toSorted(), nodes);
      for (const each of paths.values()) assert.partialDeepStrictEqual(each, what);
      return true;
    });
  }

  /** Waits until the router's BFD sessions with all nodes are up. */
  async bfdWithAll(): Promise<void> {
    await this.until('BFD with all nodes', async () => {
      const shown = JSON.parse(await this.router.show('bfdd', 'show bfd peers json')) as {
        readonly status: string;
      }[];
      const up = shown.filter(({ status }) => status === 'up');
      return up.length === this.lab.nodes.length;
    });
  }

  /** Waits until the router's kernel sends what is for the prefix to just these nodes; none: it has no route. */
  async routed(prefix: string, ...nodes: readonly string[]): Promise<void> {
    await this.until(
      `${prefix} by way of [${nodes.join(' ')}]`,
      async () => (await this.router.nextHops(prefix)).join() === nodes.join(),
    );
  }

  /** What a Pod says to the machine behind the router; waits until kube-proxy knows the Service. */
  async answer(address: string): Promise<string> {
    const fetched = await this.until(`an answer of ${address}`, async () => {
      const each = await this.beyond.curl(address, 1000);
      return each.ok && each;
    });
    return fetched.body;
  }

  /** Asks `probe` until it gives something; gives up after a time that is long for all that a cluster does by itself. */
  async until<T>(
    description: string,
    probe: () => Promise<T | undefined | false>,
    limitMs: number = LIMIT_MS,
  ): Promise<T> {
    return await this.lab.waitFor(description, probe, limitMs);
  }

  #object(kind: string, name: string): KubeObject {
    if (kind === 'Service') {
      return { apiVersion: 'v1', kind, metadata: { name, namespace: 'default' } };
    }
    const apiVersion = `metallb.io/${kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1'}`;
    return { apiVersion, kind, metadata: { name, namespace: this.lab.namespace } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const router of this.#routers) await router[Symbol.asyncDispose]();
    await this.#processes.stop();
    await this.lab.stop();
  }
}
