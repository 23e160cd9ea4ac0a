import type { KubeApi } from '../../e2e/lab/kube-api.ts';
import { connect, Reflector, systemClock, systemRandom } from '@picluster/kube';

/** How many Services are created at once. */
const CREATES_AT_ONCE = 16;
const NAMESPACE = 'load';
const COLLECTION = `/api/v1/namespaces/${NAMESPACE}/services`;

/** The Services of a run: creates them and sees when they get their addresses. */
export class ServiceLoad implements AsyncDisposable {
  readonly #api: KubeApi;
  readonly #client: ReturnType<typeof connect>;
  readonly #mirror: Reflector<string>;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;

  constructor(api: KubeApi, kubeconfig: string) {
    this.#api = api;
    this.#client = connect({ kubeconfig, userAgent: 'bench' });
    this.#mirror = new Reflector(
      { client: this.#client, clock: systemClock, random: systemRandom },
      { path: COLLECTION, project: (raw) => addressOf(raw) },
    );
    this.#running = this.#mirror.run(this.#end.signal);
  }

  /** Makes the namespace; resolves when changes are seen as they happen. */
  async start(): Promise<void> {
    await this.#api.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE },
    });
    await this.#mirror.whenSynced(this.#end.signal);
  }

  /** How many have an address, and how many different addresses these are. */
  get assigned(): { readonly services: number; readonly addresses: number } {
    return { services: this.#mirror.size, addresses: new Set(this.#mirror.values()).size };
  }

  /** Creates `<prefix>-0` to `<prefix>-(count - 1)`. */
  async create(prefix: string, count: number): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count) await this.#api.create(COLLECTION, manifest(`${prefix}-${next++}`));
    };
    await Promise.all(Array.from({ length: CREATES_AT_ONCE }, work));
  }

  /** Resolves when so many Services have an address. */
  async untilAssigned(count: number, limitMs: number): Promise<void> {
    if (this.#mirror.size >= count) return;
    await new Promise<void>((resolve, reject) => {
      const over = (): void => {
        subscription[Symbol.dispose]();
        timer[Symbol.dispose]();
      };
      const timer = systemClock.timer(limitMs, () => {
        over();
        reject(new Error(`only ${this.#mirror.size} of ${count} got an address in ${limitMs} ms`));
      });
      const subscription = this.#mirror.subscribe(() => {
        if (this.#mirror.size < count) return;
        over();
        resolve();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#running.catch(() => undefined);
    await this.#client.close();
  }
}

function addressOf(raw: object): string | undefined {
  const { status } = raw as {
    status?: { loadBalancer?: { ingress?: readonly { readonly ip?: string }[] } };
  };
  return status?.loadBalancer?.ingress?.[0]?.ip;
}

function manifest(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      type: 'LoadBalancer',
      // There are only 2768 of them.
      allocateLoadBalancerNodePorts: false,
      ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
    },
  };
}
