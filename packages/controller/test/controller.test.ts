import { KubeError, type StatusPatch } from '@picluster/kube';
import { describe, expect, test } from 'vitest';
import { Controller, type ControllerOptions } from '../src/controller.ts';
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
class World {
  readonly services = new HandMirror<ServiceView>();
  readonly pools = new HandMirror<PoolView>();
  readonly namespaces = new HandMirror<NamespaceView>();
  readonly queue = new Set<string>();
  readonly writes: string[] = [];
  readonly events: string[] = [];
  entitled = true;
  failWith: KubeError | undefined;
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
        enqueuePool: () => undefined,
        write: {
          service: (service, patch) => this.#write(service, patch),
          pool: () => Promise.resolve(),
        },
        events: {
          service: ({ name }, _type, reason) => void this.events.push(`${name} ${reason}`),
          pool: ({ name }, _type, reason) => void this.events.push(`${name} ${reason}`),
        },
        entitled: () => this.entitled,
        metrics: {
          pool: () => undefined,
          reconciled: () => undefined,
          failed: () => undefined,
          configured: () => undefined,
        },
        log: { info: () => undefined, warn: () => undefined },
      },
      { loadBalancerClass: undefined, ...options },
    );
  }

  service(parts: ServiceParts): void {
    const view = serviceOf(parts);
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
    const { loadBalancer } = status as { loadBalancer?: { ingress: { ip: string }[] | null } };
    const ingress =
      loadBalancer === undefined
        ? service.ingress
        : (loadBalancer.ingress ?? []).map(({ ip }) => ({ ip, hostname: '' }));
    const allocatedFromPool = annotations?.['metallb.io/ip-allocated-from-pool'] ?? undefined;
    const after = { ...service, ingress, allocatedFromPool, resourceVersion: `${this.#version++}` };
    this.writes.push(`${service.name} ${ingress.map(({ ip }) => ip).join(',')}`.trim());
    this.#unseen.set(key, after);
    return Promise.resolve(after);
  }
}

describe('the controller', () => {
  test('keeps what is assigned, and only then gives to those who have nothing', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/30');
    world.service({ name: 'new', createdAt: '2020-01-01T00:00:00Z' });
    world.service({
      name: 'old',
      ingress: ['10.0.0.0'],
      annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
    });
    world.controller.start();
    await world.settle();
    expect(world.writes).toEqual(['new 10.0.0.1']);
  });

  test('writes and tells nothing when it starts over what is settled', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/30');
    for (const at of [0, 1, 2]) {
      world.service({
        name: `s${at}`,
        ingress: [`10.0.0.${at}`],
        annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
      });
    }
    world.controller.start();
    await world.settle();
    expect([world.writes, world.events]).toEqual([[], []]);
  });

  test('of two Services that show one address leaves it to the older one', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/30');
    world.service({ name: 'a', createdAt: '2026-03-01T00:00:00Z', ingress: ['10.0.0.2'] });
    world.service({ name: 'b', createdAt: '2026-02-01T00:00:00Z', ingress: ['10.0.0.2'] });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    expect(world.shown()).toEqual({ a: '10.0.0.0', b: '10.0.0.2' });
    expect(world.events).toContain('a ClearAssignment');
  });

  test('gives an address when the pool comes after the Service', async () => {
    const world = new World();
    world.service({ name: 'a' });
    world.controller.start();
    await world.settle();
    expect(world.events).toEqual(['a AllocationFailed']);
    world.pool('p', '10.0.0.7/32');
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.7']);
  });

  test('tells a failure once, and again only when the reason has changed', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a', spec: { loadBalancerIP: '9.9.9.9' } });
    world.controller.start();
    await world.settle();
    world.queue.add('default/a');
    await world.settle();
    expect(world.events).toEqual(['a AllocationFailed']);
    world.service({ name: 'a', spec: { loadBalancerIP: '8.8.8.8' } });
    await world.settle();
    expect(world.events).toEqual(['a AllocationFailed', 'a AllocationFailed']);
  });

  test('gives a freed address to one who waits, and looks at nobody else', async () => {
    const world = new World();
    world.pool('p', '10.0.0.6/31');
    for (const [at, name] of ['a', 'b', 'c'].entries())
      world.service({ name, createdAt: `2026-01-0${at + 1}T00:00:00Z` });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    expect(world.shown()).toEqual({ a: '10.0.0.6', b: '10.0.0.7', c: '' });
    world.services.put('default/a', undefined);
    expect(await world.settle()).toEqual(['default/a', 'default/c']);
    await world.catchUp();
    expect(world.shown()).toEqual({ b: '10.0.0.7', c: '10.0.0.6' });
  });

  test('corrects a refused request as soon as it is corrected', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/24');
    world.service({ name: 'a', spec: { loadBalancerIP: '9.9.9.9' } });
    world.controller.start();
    await world.settle();
    world.service({ name: 'a', spec: { loadBalancerIP: '10.0.0.99' } });
    await world.settle();
    expect([world.writes, world.events]).toEqual([
      ['a 10.0.0.99'],
      ['a AllocationFailed', 'a IPAllocated'],
    ]);
  });

  test('does not decide anew while the mirror lags behind its own write', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/30');
    world.service({ name: 'first' });
    world.service({ name: 'second' });
    world.controller.start();
    await world.settle();
    world.services.put('default/first', undefined);
    await world.settle();
    // The mirror still shows "second" without its address, and a smaller one is free now.
    world.queue.add('default/second');
    await world.settle();
    await world.catchUp();
    expect(world.writes).toEqual(['first 10.0.0.0', 'second 10.0.0.1']);
  });

  test('clears a Service that is no load balancer any more, and its address is free', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a' });
    world.service({ name: 'b', createdAt: '2026-05-05T00:00:00Z' });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    world.service({
      name: 'a',
      spec: { type: 'ClusterIP' },
      ingress: ['10.0.0.7'],
      annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
    });
    await world.settle();
    await world.catchUp();
    expect(world.writes).toEqual(['a 10.0.0.7', 'a', 'b 10.0.0.7']);
  });

  test('releases what a Service had that left its class behind with its type', async () => {
    const world = new World({ loadBalancerClass: 'ours' });
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a', spec: { loadBalancerClass: 'ours' } });
    world.service({ name: 'foreign' });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    world.service({
      name: 'a',
      spec: { type: 'ClusterIP' },
      ingress: ['10.0.0.7'],
      annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
    });
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.7', 'a']);
  });

  test('writes nothing once it is no longer entitled to', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a' });
    world.controller.start();
    world.entitled = false;
    await world.settle();
    expect([world.writes, world.events]).toEqual([[], []]);
  });

  test('moves everyone out of a pool that is gone, into another where there is one', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/24');
    world.service({ name: 'a' });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    world.pool('q', '10.0.9.0/24');
    expect(await world.settle()).toEqual(['default/a']);
    expect(world.writes).toEqual(['a 10.0.0.0']);
    world.pools.put('metallb-system/p', undefined);
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.0', 'a 10.0.9.0']);
    expect(world.events).toContain('a ClearAssignment');
  });

  test('changes nothing when a pool is spoilt, and says so on the pool once', async () => {
    const world = new World();
    world.pool('p', '10.0.0.0/24');
    world.service({ name: 'a' });
    world.controller.start();
    await world.settle();
    await world.catchUp();
    world.pool('p', '10.0.0.9-10.0.0.1');
    world.pool('p', '10.0.0.9-10.0.0.1');
    await world.settle();
    expect(world.writes).toEqual(['a 10.0.0.0']);
    expect(world.events.filter((event) => event === 'p PoolRefused')).toHaveLength(1);
  });

  test('tries again after a failed write, and has told nothing of it before', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a' });
    world.controller.start();
    world.failWith = new KubeError('network', 'gone');
    await expect(world.settle()).rejects.toThrow('gone');
    expect(world.events).toEqual([]);
    world.failWith = undefined;
    world.queue.add('default/a');
    await world.settle();
    expect([world.writes, world.events]).toEqual([['a 10.0.0.7'], ['a IPAllocated']]);
  });

  test('waits for the mirror when somebody else was faster', async () => {
    const world = new World();
    world.pool('p', '10.0.0.7/32');
    world.service({ name: 'a' });
    world.controller.start();
    world.failWith = new KubeError('conflict', 'newer');
    await world.settle();
    expect([world.writes, world.events, world.queue.size]).toEqual([[], [], 0]);
  });
});
