import { Lab, type LabOptions } from '../lab/lab.ts';
import { LabClient } from '../lab/lab-client.ts';
import { Processes } from '../lab/processes.ts';
import { BEYOND, LabRouter, ROUTER, type FrrOptions } from './lab-router.ts';

/** From a change in the API until the router shows it, on a machine that is busy with all of this. */
const LIMIT_MS = 30_000;

/** Addresses that are in no network of the nodes: only routes lead there. */
const ROUTED = { ipv4: '203.0.113.0/24', ipv6: '2001:db8:113::/112' } as const;

/** The AS of the nodes. */
const NODES_ASN = 64_500;

/** A lab with a router that has a session with each node, and a pool that is announced to it. */
export class BgpCluster implements AsyncDisposable {
  readonly lab: Lab;
  readonly router: LabRouter;
  /** The machine behind the router. */
  readonly beyond: LabClient;
  readonly #processes: Processes;

  private constructor(lab: Lab, router: LabRouter) {
    this.lab = lab;
    this.router = router;
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

  /** Creates or changes an object of MetalLB's kinds. */
  async apply(kind: string, name: string, spec: object = {}): Promise<void> {
    const version = kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1';
    await this.lab.apply({ ...object(kind, name, version, this.lab.namespace), spec });
  }

  /** Deletes one. */
  async remove(kind: string, name: string): Promise<void> {
    const version = kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1';
    await this.lab.delete(object(kind, name, version, this.lab.namespace));
  }

  /** Makes the router a peer of the nodes. */
  async peer(spec: object = {}, name: string = 'router'): Promise<void> {
    const { ipv4: peerAddress, asn: peerASN } = ROUTER;
    await this.apply('BGPPeer', name, { myASN: NODES_ASN, peerASN, peerAddress, ...spec });
  }

  /** Waits until the router has sessions with just these nodes. */
  async sessionsWith(...nodes: readonly string[]): Promise<void> {
    await this.until(
      `sessions with ${nodes.join(' ')}`,
      async () => (await this.router.sessions()).join() === nodes.join(),
    );
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.router[Symbol.asyncDispose]();
    await this.#processes.stop();
    await this.lab.stop();
  }
}

function object(
  kind: string,
  name: string,
  version: string,
  namespace: string,
): { apiVersion: string; kind: string; metadata: { name: string; namespace: string } } {
  return { apiVersion: `metallb.io/${version}`, kind, metadata: { name, namespace } };
}
