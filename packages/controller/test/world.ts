import type { Condition, IPAddressPoolStatus } from '@picluster/api';
import { KubeError, silentLogger, type StatusPatch } from '@picluster/kube';
import { Controller } from '../src/controller.ts';
import type { ControllerOptions } from '../src/controller-deps.ts';
import type { NamespaceView, PoolView } from '../src/pool-view.ts';
import type { ServiceView } from '../src/service-view.ts';
import { poolOf, serviceOf, type ServiceParts } from './fixtures.ts';

type Notify<P> = (key: string, now: P | undefined, before: P | undefined) => void;

/** A mirror that a test fills by hand. */
class HandMirror<P> {
  readonly #entries = new Map<string, P>();
  readonly #subscribers = new Set<Notify<P>>();

  get(key: string): P | undefined {
    return this.#entries.get(key);
  }

  values(): Iterable<P> {
    return this.#entries.values();
  }

  subscribe(notify: Notify<P>): Disposable {
    this.#subscribers.add(notify);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(notify) };
  }

  put(key: string, value: P | undefined): void {
    const before = this.#entries.get(key);
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, value);
    for (const notify of this.#subscribers) notify(key, value, before);
  }
}

/** A controller on a world of maps. Writes land at once; the mirror shows them when `catchUp` says so. */
export class World {
  readonly services = new HandMirror<ServiceView>();
  readonly pools = new HandMirror<PoolView>();
  readonly namespaces = new HandMirror<NamespaceView>();
  readonly queue = new Set<string>();
  readonly poolQueue = new Set<string>();
  readonly poolWrites: [string, IPAddressPoolStatus][] = [];
  readonly writes: string[] = [];
  readonly events: string[] = [];
  entitled = true;
  failWith: KubeError | undefined;
  nowMs = 1_000_000;
  /** Every write, whatever it changed. */
  patches = 0;
  problems: readonly string[] = [];
  /** How many Services the metrics show, by the reason of their refusal. */
  readonly refused = new Map<string, number>();
  readonly messages: string[] = [];
  readonly controller: Controller;
  readonly #unseen = new Map<string, ServiceView>();
  #version = 100;

  constructor(options: Partial<ControllerOptions> = {}) {
    this.controller = new Controller(
      {
        services: this.services,
        pools: this.pools,
        namespaces: this.namespaces,
        enqueue: (key) => void this.queue.add(key),
        enqueuePool: (pool) => void this.poolQueue.add(pool),
        onProblems: (problems) => (this.problems = problems),
        clock: { nowMs: () => this.nowMs, wallMs: () => this.nowMs },
        write: {
          service: (service, patch) => this.#write(service, patch),
          pool: (pool, status) => {
            this.poolWrites.push([pool.name, status]);
            this.pools.put(`metallb-system/${pool.name}`, {
              ...pool,
              status,
              conditions: status.conditions ?? pool.conditions,
            });
            return Promise.resolve();
          },
        },
        events: {
          service: ({ name }, _type, reason, message) => {
            this.events.push(`${name} ${reason}`);
            this.messages.push(message);
          },
          pool: ({ name }, _type, reason) => void this.events.push(`${name} ${reason}`),
        },
        entitled: () => this.entitled,
        metrics: {
          pool: () => undefined,
          reconciled: () => undefined,
          failed: () => undefined,
          refused: (reason, services) => {
            if (services > 0) this.refused.set(reason, services);
            else this.refused.delete(reason);
          },
          configured: () => undefined,
        },
        log: silentLogger,
      },
      { loadBalancerClass: undefined, addressHoldMs: 0, ...options },
    );
  }

  service(parts: ServiceParts): void {
    const view = serviceOf(parts);
    this.#unseen.delete(`${view.namespace}/${view.name}`);
    this.services.put(`${view.namespace}/${view.name}`, {
      ...view,
      resourceVersion: `${this.#version++}`,
    });
  }

  pool(name: string, ...addresses: string[]): void {
    this.pools.put(`metallb-system/${name}`, poolOf(name, { addresses }));
  }

  /** Works the queue until it is empty; says which Services were looked at. */
  async settle(): Promise<string[]> {
    const seen: string[] = [];
    for (const key of this.queue) {
      this.queue.delete(key);
      seen.push(key);
      await this.controller.reconcile(key, new AbortController().signal);
    }
    return seen;
  }

  /** Lets the mirror see what was written, and settles what follows from that. */
  async catchUp(): Promise<void> {
    for (const [key, view] of this.#unseen) this.services.put(key, view);
    this.#unseen.clear();
    await this.settle();
  }

  /** Addresses by Service name, as the mirror shows them. */
  shown(): Record<string, string> {
    return Object.fromEntries(
      [...this.services.values()].map(({ name, ingress }) => [
        name,
        ingress.map(({ ip }) => ip).join(','),
      ]),
    );
  }

  #write(
    service: ServiceView,
    { resourceVersion, status, annotations }: StatusPatch,
  ): Promise<ServiceView> {
    const key = `${service.namespace}/${service.name}`;
    if (this.failWith !== undefined) return Promise.reject(this.failWith);
    const stored = this.#unseen.get(key) ?? this.services.get(key);
    if (stored?.resourceVersion !== resourceVersion)
      return Promise.reject(new KubeError('conflict', 'newer'));
    const { loadBalancer, conditions } = status as {
      loadBalancer?: { ingress: { ip: string }[] | null };
      conditions?: Condition[] | null;
    };
    const ingress =
      loadBalancer === undefined
        ? service.ingress
        : (loadBalancer.ingress ?? []).map(({ ip }) => ({ ip, hostname: '' }));
    const allocatedFromPool =
      annotations === undefined
        ? service.allocatedFromPool
        : (annotations['metallb.io/ip-allocated-from-pool'] ?? undefined);
    const after = {
      ...service,
      ingress,
      allocatedFromPool,
      conditions: conditions === undefined ? service.conditions : (conditions ?? []),
      resourceVersion: `${this.#version++}`,
    };
    this.patches++;
    if (loadBalancer !== undefined || annotations !== undefined) {
      this.writes.push(`${service.name} ${ingress.map(({ ip }) => ip).join(',')}`.trim());
    }
    this.#unseen.set(key, after);
    return Promise.resolve(after);
  }
}
