import { KubeApiError, type KubeApi } from '../lab/kube-api.ts';
import { BROKEN } from './cluster-model.ts';
import type { Draws } from './draws.ts';

/** Where one workload lives: no other touches it. */
export interface Place {
  /** A number of its own; its addresses are 10.<number>.0.0/16 and fd00:<number>::/32. */
  readonly number: number;
  readonly poolNamespace: string;
  readonly namespaces: readonly string[];
  /** `loadBalancerClass` of its Services. */
  readonly loadBalancerClass: string | undefined;
}

interface Pool {
  name: string;
  /** The block of addresses that no other pool has. */
  readonly block: number;
  spec: PoolSpec;
  broken: boolean;
}

interface PoolSpec {
  readonly size: number;
  readonly families: 'ipv4' | 'ipv6' | 'both';
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  readonly serviceAllocation: object | null;
}

const NAMES = ['ash', 'elm', 'fir', 'oak', 'yew'] as const;
const KEYS = ['red', 'blue'] as const;
const PORTS = [
  { name: 'http', port: 80, protocol: 'TCP' },
  { name: 'https', port: 443, protocol: 'TCP' },
  { name: 'dns', port: 53, protocol: 'UDP' },
] as const;
const BLOCKS = [1, 2, 3] as const;
const SIZE_MAX = 5;

/** Random changes of Services and pools, straight to the API server. What the server refuses is a step as well. */
export class Workload {
  readonly #api: KubeApi;
  readonly #place: Place;
  readonly #draws: Draws;
  readonly #pools = new Map<number, Pool>();
  readonly #services = new Set<string>();
  #renames = 0;

  constructor(api: KubeApi, place: Place, draws: Draws) {
    this.#api = api;
    this.#place = place;
    this.#draws = draws;
  }

  /** A pool or two and some Services to begin with. */
  async begin(): Promise<void> {
    for (const block of this.#draws.some(BLOCKS, 0.6)) await this.#createPool(block);
    const count = this.#draws.between(0, 4);
    for (let made = 0; made < count; made++) await this.#createService();
  }

  /** One random change; gives what it was, in words. */
  async step(): Promise<string> {
    const pool = this.#draws.chance(0.35);
    const what = pool ? await this.#poolStep() : await this.#serviceStep();
    return what;
  }

  /** Mends what was broken on purpose. */
  async mend(): Promise<void> {
    for (const pool of this.#pools.values()) if (pool.broken) await this.#mendPool(pool);
  }

  // --- Services ----------------------------------------------------------------------------------------------------------------

  async #serviceStep(): Promise<string> {
    const [present, absent] = this.#split();
    if (present.length === 0 || (absent.length > 0 && this.#draws.chance(0.35)))
      return await this.#createService();
    const key = this.#draws.pick(present);
    const draws = this.#draws;
    const change = draws.pick([
      'delete',
      'again',
      'again',
      'request',
      'request',
      'pool',
      'type',
      'sharing',
      'sharing',
      'ports',
      'families',
      'labels',
      'policy',
    ] as const);
    switch (change) {
      case 'delete':
        this.#services.delete(key);
        return await this.#try(`delete ${key}`, () => this.#api.delete(this.#path(key)));
      case 'again': {
        const manifest = this.#manifest(key);
        return await this.#try(`delete ${key} and make it again`, async () => {
          await this.#api.delete(this.#path(key));
          await this.#api.create(this.#collection(key), manifest);
        });
      }
      case 'request':
        return await this.#annotate(key, 'metallb.io/loadBalancerIPs', this.#request());
      case 'pool':
        return await this.#annotate(key, 'metallb.io/address-pool', this.#poolName());
      case 'sharing':
        return await this.#annotate(
          key,
          'metallb.io/allow-shared-ip',
          draws.pick([...KEYS, KEYS[0], null]),
        );
      case 'ports':
        return await this.#change(key, { spec: { ports: this.#ports() } });
      case 'labels':
        return await this.#change(key, {
          metadata: { labels: { tier: draws.pick(['a', 'b', null]) } },
        });
      case 'policy':
        return await this.#change(key, {
          spec: { externalTrafficPolicy: draws.pick(['Local', 'Cluster']) },
        });
      case 'families':
        return await this.#change(key, {
          spec: {
            ipFamilyPolicy: draws.pick(['SingleStack', 'PreferDualStack', 'RequireDualStack']),
          },
        });
      case 'type':
        return await this.#changeType(key);
    }
  }

  async #changeType(key: string): Promise<string> {
    const { loadBalancerClass } = this.#place;
    const other = {
      type: 'ClusterIP',
      loadBalancerClass: null,
      externalTrafficPolicy: null,
      allocateLoadBalancerNodePorts: null,
    };
    const balancer = {
      type: 'LoadBalancer',
      loadBalancerClass,
      allocateLoadBalancerNodePorts: false,
    };
    if (this.#draws.chance(0.5)) return await this.#change(key, { spec: other });
    if (this.#draws.chance(0.5)) return await this.#change(key, { spec: balancer });
    const first = await this.#change(key, { spec: other });
    return `${first}; ${await this.#change(key, { spec: balancer })}`;
  }

  async #createService(): Promise<string> {
    const [, absent] = this.#split();
    if (absent.length === 0) return 'nothing: all Services are there';
    const key = this.#draws.pick(absent);
    const manifest = this.#manifest(key);
    this.#services.add(key);
    return await this.#try(`create ${key} ${JSON.stringify(manifest)}`, () =>
      this.#api.create(this.#collection(key), manifest),
    );
  }

  #manifest(key: string): object {
    const draws = this.#draws;
    const [namespace = '', name = ''] = key.split('/');
    const families = draws.pick(['IPv4', 'IPv4', 'IPv6', 'both', 'prefer'] as const);
    const dual = families === 'both' || families === 'prefer';
    const annotations = {
      ...(draws.chance(0.4) && { 'metallb.io/allow-shared-ip': draws.pick(KEYS) }),
      ...(draws.chance(0.15) && { 'metallb.io/loadBalancerIPs': this.#request() ?? undefined }),
      ...(draws.chance(0.15) && { 'metallb.io/address-pool': this.#poolName() ?? undefined }),
    };
    return {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name,
        namespace,
        annotations,
        labels: draws.chance(0.5) ? { tier: draws.pick(['a', 'b']) } : {},
      },
      spec: {
        type: 'LoadBalancer',
        ...(this.#place.loadBalancerClass !== undefined && {
          loadBalancerClass: this.#place.loadBalancerClass,
        }),
        allocateLoadBalancerNodePorts: false,
        ipFamilyPolicy: dual
          ? families === 'both'
            ? 'RequireDualStack'
            : 'PreferDualStack'
          : 'SingleStack',
        ipFamilies: dual
          ? draws.pick([
              ['IPv4', 'IPv6'],
              ['IPv6', 'IPv4'],
            ])
          : [families],
        ports: this.#ports(),
        ...(draws.chance(0.3) && { selector: { app: draws.pick(['x', 'y']) } }),
      },
    };
  }

  #ports(): readonly object[] {
    const some = this.#draws.some(PORTS, 0.4);
    return some.length > 0 ? some : [this.#draws.pick(PORTS)];
  }

  #request(): string | null {
    const draws = this.#draws;
    if (draws.chance(0.3)) return null;
    const block = draws.pick(BLOCKS);
    // Mostly the low ones, which others get without asking.
    const at = draws.chance(0.7) ? draws.between(0, 1) : draws.between(0, SIZE_MAX);
    const ipv4 = this.#ipv4(block, at);
    const ipv6 = this.#ipv6(block, at);
    return draws.pick([ipv4, ipv4, ipv6, `${ipv4},${ipv6}`]);
  }

  #poolName(): string | null {
    const names = [...this.#pools.values()].map(({ name }) => name);
    return this.#draws.pick([null, 'unknown', ...names, ...names]);
  }

  #split(): readonly [present: readonly string[], absent: readonly string[]] {
    const all = this.#place.namespaces.flatMap((namespace) =>
      NAMES.map((name) => `${namespace}/${name}`),
    );
    return [
      all.filter((key) => this.#services.has(key)),
      all.filter((key) => !this.#services.has(key)),
    ];
  }

  async #annotate(key: string, annotation: string, value: string | null): Promise<string> {
    return await this.#change(key, { metadata: { annotations: { [annotation]: value } } });
  }

  async #change(key: string, patch: object): Promise<string> {
    return await this.#try(`change ${key} ${JSON.stringify(patch)}`, () =>
      this.#api.patch(this.#path(key), patch),
    );
  }

  #collection(key: string): string {
    return `/api/v1/namespaces/${key.split('/')[0]}/services`;
  }

  #path(key: string): string {
    return `${this.#collection(key)}/${key.split('/')[1]}`;
  }

  // --- pools -------------------------------------------------------------------------------------------------------------------

  async #poolStep(): Promise<string> {
    const draws = this.#draws;
    const free = BLOCKS.filter((block) => !this.#pools.has(block));
    const [blockOfNew] = free;
    if (blockOfNew !== undefined && (this.#pools.size === 0 || draws.chance(0.3)))
      return await this.#createPool(draws.pick(free));
    const pool = draws.pick([...this.#pools.values()]);
    const change = draws.pick([
      'size',
      'size',
      'size',
      'families',
      'rename',
      'delete',
      'again',
      'who',
      'automatic',
      'break',
    ] as const);
    if (pool.broken) {
      await this.#mendPool(pool);
      return `mend pool ${pool.name}`;
    }
    switch (change) {
      case 'size':
        return await this.#changePool(pool, { size: draws.between(1, SIZE_MAX) });
      case 'families':
        return await this.#changePool(pool, { families: draws.pick(['ipv4', 'both', 'both']) });
      case 'who':
        return await this.#changePool(pool, { serviceAllocation: this.#allocation() });
      case 'automatic':
        return await this.#changePool(pool, { autoAssign: !pool.spec.autoAssign });
      case 'rename':
        return await this.#renamePool(pool);
      case 'delete':
        this.#pools.delete(pool.block);
        return await this.#try(`delete pool ${pool.name}`, () =>
          this.#api.delete(this.#poolPath(pool)),
        );
      case 'again':
        return await this.#try(`delete pool ${pool.name} and make it again`, async () => {
          await this.#api.delete(this.#poolPath(pool));
          await this.#api.create(this.#poolPath(), withoutNulls(this.#poolManifest(pool)));
        });
      case 'break':
        return await this.#breakPool(pool);
    }
  }

  async #createPool(block: number): Promise<string> {
    const draws = this.#draws;
    const spec: PoolSpec = {
      size: draws.between(1, SIZE_MAX),
      families: draws.pick(['ipv4', 'both', 'both', 'ipv6']),
      autoAssign: draws.chance(0.85),
      avoidBuggyIPs: draws.chance(0.2),
      serviceAllocation: draws.chance(0.3) ? this.#allocation() : null,
    };
    const pool = { name: `pool-${block}`, block, spec, broken: false };
    this.#pools.set(block, pool);
    return await this.#try(`create pool ${pool.name} ${JSON.stringify(spec)}`, () =>
      this.#api.create(this.#poolPath(), withoutNulls(this.#poolManifest(pool))),
    );
  }

  #allocation(): object | null {
    const draws = this.#draws;
    if (draws.chance(0.3)) return null;
    return {
      priority: draws.between(0, 2),
      namespaces: draws.chance(0.5) ? [draws.pick(this.#place.namespaces)] : null,
      serviceSelectors: draws.chance(0.5)
        ? [{ matchLabels: { tier: draws.pick(['a', 'b']) } }]
        : null,
    };
  }

  async #changePool(pool: Pool, change: Partial<PoolSpec>): Promise<string> {
    pool.spec = { ...pool.spec, ...change };
    return await this.#try(`change pool ${pool.name} ${JSON.stringify(change)}`, () =>
      this.#api.patch(this.#poolPath(pool), this.#poolManifest(pool)),
    );
  }

  /** The same addresses under another name; for a moment both pools are there, or neither. */
  async #renamePool(pool: Pool): Promise<string> {
    const old = pool.name;
    const oldPath = this.#poolPath(pool);
    pool.name = `pool-${pool.block}-${++this.#renames}`;
    const steps = [
      () => this.#api.delete(oldPath),
      () => this.#api.create(this.#poolPath(), withoutNulls(this.#poolManifest(pool))),
    ];
    const bothThere = this.#draws.chance(0.5);
    if (bothThere) steps.reverse();
    return await this.#try(
      `rename pool ${old} to ${pool.name}, ${bothThere ? 'the new one first' : 'the old one away first'}`,
      async () => {
        for (const step of steps) await step();
      },
    );
  }

  /** What no pool may be: a range that runs backwards, or addresses of another pool. */
  async #breakPool(pool: Pool): Promise<string> {
    pool.broken = true;
    const others = [...this.#pools.values()].filter((other) => other !== pool && !other.broken);
    const { addresses } = this.#poolManifest(pool).spec;
    const wrong =
      others.length > 0 && this.#draws.chance(0.5)
        ? [...addresses, ...this.#poolManifest(this.#draws.pick(others)).spec.addresses.slice(0, 1)]
        : [`${this.#ipv4(pool.block, 9)}-${this.#ipv4(pool.block, 2)}`];
    return await this.#try(`break pool ${pool.name}: ${wrong.join()}`, () =>
      this.#api.patch(this.#poolPath(pool), {
        metadata: { annotations: { [BROKEN]: 'true' } },
        spec: { addresses: wrong },
      }),
    );
  }

  async #mendPool(pool: Pool): Promise<void> {
    pool.broken = false;
    await this.#api.patch(this.#poolPath(pool), this.#poolManifest(pool));
  }

  #poolManifest(pool: Pool): { readonly spec: { readonly addresses: readonly string[] } } {
    const { block, name, spec } = pool;
    const { size, families, ...rest } = spec;
    const range = (of: (block: number, at: number) => string): string =>
      `${of(block, 0)}-${of(block, size - 1)}`;
    const manifest = {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name, annotations: { [BROKEN]: null } },
      spec: {
        addresses: [
          ...(families === 'ipv6' ? [] : [range((...at) => this.#ipv4(...at))]),
          ...(families === 'ipv4' ? [] : [range((...at) => this.#ipv6(...at))]),
        ],
        ...rest,
      },
    };
    return manifest;
  }

  #ipv4(block: number, at: number): string {
    return `10.${this.#place.number}.${block}.${at}`;
  }

  #ipv6(block: number, at: number): string {
    return `fd00:${this.#place.number}::${block}:${at.toString(16)}`;
  }

  #poolPath(pool?: Pool): string {
    const all = `/apis/metallb.io/v1beta1/namespaces/${this.#place.poolNamespace}/ipaddresspools`;
    return pool === undefined ? all : `${all}/${pool.name}`;
  }

  async #try(what: string, act: () => Promise<unknown>): Promise<string> {
    try {
      await act();
      return what;
    } catch (error) {
      if (!(error instanceof KubeApiError)) throw error;
      return `${what} — refused: ${error.message}`;
    }
  }
}

/** A merge patch as the object that it makes of nothing. */
function withoutNulls<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutNulls(each)])) as T;
}
