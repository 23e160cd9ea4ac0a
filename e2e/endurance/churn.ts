import type { Draws } from '../chaos/draws.ts';
import type { KubeObject } from '../lab/kube-api.ts';
import type { Lab } from '../lab/lab.ts';
import type { ServiceObject } from '../lab/services.ts';

const SERVICES = 14;
/** Two ranges that overlap: a change from the one to the other takes the address of some Services, and leaves it to others. */
const RANGES = ['192.168.77.100-192.168.77.139', '192.168.77.112-192.168.77.150'] as const;
const NAMESPACE = 'default';
const SERVICES_PATH = `/api/v1/namespaces/${NAMESPACE}/services`;
const SLICES = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`;
const REQUEST = 'metallb.io/loadBalancerIPs';

/**
 * What people and controllers do to a cluster all year: Services come and go under ever new names, ask for an address or not, change their policy; pools change; endpoints
 * come and go.
 */
export class Churn {
  readonly #lab: Lab;
  readonly #draws: Draws;
  readonly #services: ServiceObject[] = [];
  #made = 0;
  #range = 0;
  #extraPool: string | undefined;
  /** Changes that the API server took. */
  changes = 0;

  constructor(lab: Lab, draws: Draws) {
    this.#lab = lab;
    this.#draws = draws;
  }

  /** Makes the pool, its advertisement and the first Services. */
  async begin(): Promise<void> {
    const { namespace } = this.#lab;
    await this.#setPool();
    await this.#lab.apply({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'L2Advertisement',
      metadata: { name: 'all', namespace },
    });
    while (this.#services.length < SERVICES) await this.#create();
  }

  /** Makes one change. Rejects where the API server does not take it, which is nothing to worry about while that is restarted. */
  async step(): Promise<void> {
    const acts = [
      () => this.#replace(),
      () => this.#replace(),
      () => this.#request(),
      () => this.#policy(),
      () => this.#endpoints(),
      () => this.#endpoints(),
      () => this.#endpoints(),
      () => this.#otherPool(),
    ];
    await (this.#draws.chance(0.03) ? this.#changeRange() : this.#draws.pick(acts)());
    this.changes += 1;
  }

  /** Every Service is there and has endpoints on all nodes; nobody asks for an address; nothing else is there. Rejects like {@link step}. */
  async mend(): Promise<void> {
    await this.#deleteStrays();
    while (this.#services.length < SERVICES) await this.#create();
    for (const service of this.#services) {
      await this.#patch(service, { metadata: { annotations: { [REQUEST]: null } } });
      await this.#lab.endpoints(service);
    }
  }

  async #replace(): Promise<void> {
    const oldest = this.#services.shift();
    if (oldest !== undefined) {
      await this.#lab.delete(oldest);
      await this.#lab.api.delete(`${SLICES}/${oldest.metadata.name}-ipv4`);
    }
    await this.#create();
  }

  /** What an API server that was killed in the middle of a change left behind. */
  async #deleteStrays(): Promise<void> {
    type List = { readonly items: readonly KubeObject[] };
    const { api, namespace } = this.#lab;
    const known = this.#services.map(({ metadata }) => metadata.name);
    const pools = `/apis/metallb.io/v1beta1/namespaces/${namespace}/ipaddresspools`;
    const kept = [
      [SERVICES_PATH, ['kubernetes', ...known]],
      [SLICES, ['kubernetes', ...known.map((name) => `${name}-ipv4`)]],
      [pools, ['lan']],
    ] as const;
    this.#extraPool = undefined;
    for (const [at, names] of kept) {
      for (const { metadata } of (await api.get<List>(at)).items) {
        if (!(names as readonly string[]).includes(metadata.name))
          await api.delete(`${at}/${metadata.name}`);
      }
    }
  }

  async #create(): Promise<void> {
    this.#made += 1;
    const name = `s${this.#made}`;
    this.#services.push(await this.#lab.service({ name, namespace: NAMESPACE }));
  }

  async #request(): Promise<void> {
    const address = `192.168.77.${this.#draws.between(100, 150)}`;
    const asked = this.#draws.chance(0.5) ? address : null;
    await this.#patch(this.#draws.pick(this.#services), {
      metadata: { annotations: { [REQUEST]: asked } },
    });
  }

  async #policy(): Promise<void> {
    const externalTrafficPolicy = this.#draws.pick(['Local', 'Cluster']);
    await this.#patch(this.#draws.pick(this.#services), { spec: { externalTrafficPolicy } });
  }

  async #endpoints(): Promise<void> {
    const nodes = this.#lab.nodes.map(({ name }) => name);
    await this.#lab.endpoints(this.#draws.pick(this.#services), this.#draws.some(nodes, 0.6));
  }

  async #changeRange(): Promise<void> {
    this.#range = 1 - this.#range;
    await this.#setPool();
  }

  async #setPool(): Promise<void> {
    await this.#pool('lan', [RANGES[this.#range] ?? '']);
  }

  /** A pool of changing name, which nobody gets anything from. */
  async #otherPool(): Promise<void> {
    const { api, namespace } = this.#lab;
    const at = `/apis/metallb.io/v1beta1/namespaces/${namespace}/ipaddresspools`;
    const before = this.#extraPool;
    this.#extraPool = before === undefined ? `extra-${this.#made}` : undefined;
    if (before !== undefined) await api.delete(`${at}/${before}`);
    if (this.#extraPool !== undefined)
      await this.#pool(this.#extraPool, ['198.51.100.0/24'], false);
  }

  async #pool(
    name: string,
    addresses: readonly string[],
    autoAssign: boolean = true,
  ): Promise<void> {
    const { namespace } = this.#lab;
    await this.#lab.apply({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name, namespace },
      spec: { addresses, autoAssign },
    });
  }

  async #patch({ metadata }: ServiceObject, patch: object): Promise<void> {
    await this.#lab.api.patch(`${SERVICES_PATH}/${metadata.name}`, patch);
  }
}
