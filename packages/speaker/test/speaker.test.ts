import { SimClock, SimLan } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { Announcer } from '../src/announcer.ts';
import type { LocalInterface } from '../src/interfaces.ts';
import type { OwnershipListener } from '../src/ownership.ts';
import { Speaker, type Cache } from '../src/speaker.ts';
import type { AdvertisementView, PoolView } from '../src/advertising.ts';
import type { EndpointsView, NodeView, ServiceView } from '../src/views.ts';
import { advertisement, endpoints, node, pool, service } from './cluster-views.ts';

/** A cache in the hands of the test. */
class TestCache<T> implements Cache<T> {
  readonly #values = new Map<string, T>();
  readonly #subscribers = new Set<
    (key: string, now: T | undefined, before: T | undefined) => void
  >();
  get = (key: string): T | undefined => this.#values.get(key);
  keys = (): Iterable<string> => this.#values.keys();
  values = (): Iterable<T> => this.#values.values();
  subscribe(changed: (key: string, now: T | undefined, before: T | undefined) => void): Disposable {
    this.#subscribers.add(changed);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(changed) };
  }
  set(key: string, now: T | undefined): void {
    const before = this.#values.get(key);
    if (now === undefined) this.#values.delete(key);
    else this.#values.set(key, now);
    for (const changed of this.#subscribers) changed(key, now, before);
  }
}

let services: TestCache<ServiceView>;
let slices: TestCache<EndpointsView>;
let nodes: TestCache<NodeView>;
let pools: TestCache<PoolView>;
let advertisements: TestCache<AdvertisementView>;
let interfaces: LocalInterface[];
let queue: Set<string>;
/** What the strategy was told, and what the world was told: one line each. */
let told: string[];
let listener: OwnershipListener;
let speaker: Speaker;

beforeEach(() => {
  [services, slices, nodes, pools, advertisements] = [
    new TestCache(),
    new TestCache(),
    new TestCache(),
    new TestCache(),
    new TestCache(),
  ];
  interfaces = [{ name: 'eth0', fitness: 'usable' }];
  queue = new Set();
  told = [];
  const clock = new SimClock();
  const lan = new SimLan({ clock });
  const announcer = new Announcer({
    openLink: (name) => {
      if (name === 'eth9') throw new Error('refused');
      return lan.attach(name, Uint8Array.of(2, 0, 0, 0, 0, 1));
    },
    clock,
    log: { info: () => {}, warn: () => {} },
    metrics: {
      requestReceived: () => {},
      replySent: () => {},
      announcementSent: () => {},
      dropped: () => {},
    },
    onReady: () => {},
  });
  speaker = new Speaker(
    {
      services,
      endpoints: slices,
      nodes,
      pools,
      advertisements,
      interfaces: () => interfaces,
      announcer,
      ownership: (given) => {
        listener = given;
        return {
          stand: (address, rank) => void told.push(`stand ${address} as ${rank}`),
          resign: (address) => {
            told.push(`resign ${address}`);
            listener.lost(address);
          },
          stop: async () => void told.push('stop'),
        };
      },
      enqueue: (key) => void queue.add(key),
      event: ({ name }, type, reason, message) =>
        void told.push(`${type} ${name} ${reason}: ${message}`),
      announced: (key, address, now) =>
        void told.push(`gauge ${key} ${address} ${now ? 1 : 'gone'}`),
      log: { info: () => {}, warn: () => {} },
    },
    { node: 'iris1' },
  );
  speaker.watch();
  nodes.set('iris1', node('iris1'));
  nodes.set('iris2', node('iris2'));
  pools.set('default', pool('default', ['10.20.30.0/24', '1000::/64']));
  advertisements.set('all', advertisement());
  slices.set('default/web-1', endpoints('iris1'));
  services.set('default/web', service());
  work();
});

/** Reconciles all that is queued, and gives what was told by it. */
function work(): string[] {
  const before = told.length;
  for (const key of queue) speaker.reconcile(key);
  queue.clear();
  return told.slice(before);
}

const ASSIGNED = 'Normal web nodeAssigned: announcing from node "iris1" with protocol "layer2"';

describe('a Service with an address', () => {
  test('has this node stand for it, by its rank', () => {
    expect(told).toEqual(['stand 10.20.30.1 as 1']);
  });

  test('is reported as announced when this node got the right to answer, and only then', () => {
    listener.gained('10.20.30.1', () => Infinity);
    expect(told.slice(1)).toEqual(['gauge default/web 10.20.30.1 1', ASSIGNED]);
  });

  test('is not reported again when it is reconciled again', () => {
    listener.gained('10.20.30.1', () => Infinity);
    speaker.reconsider();
    expect(work()).toEqual(['stand 10.20.30.1 as 1']);
  });

  test('is withdrawn when the right is lost, and reported anew when it comes back', () => {
    listener.gained('10.20.30.1', () => Infinity);
    told.length = 0;
    listener.lost('10.20.30.1');
    listener.gained('10.20.30.1', () => Infinity);
    expect(told).toEqual([
      'gauge default/web 10.20.30.1 gone',
      'gauge default/web 10.20.30.1 1',
      ASSIGNED,
    ]);
  });

  test('of both families is reported by one event', () => {
    services.set('default/web', service({ ingress: ['10.20.30.1', '1000::1'] }));
    expect(work()).toEqual(['stand 10.20.30.1 as 1', 'stand 1000::1 as 1']);
    listener.gained('1000::1', () => Infinity);
    listener.gained('10.20.30.1', () => Infinity);
    expect(told.filter((line) => line.startsWith('Normal'))).toEqual([ASSIGNED]);
  });

  test('that gets another one gives the old one up', () => {
    listener.gained('10.20.30.1', () => Infinity);
    services.set('default/web', service({ ingress: ['10.20.30.2'] }));
    expect(work()).toEqual([
      'resign 10.20.30.1',
      'gauge default/web 10.20.30.1 gone',
      'stand 10.20.30.2 as 0',
    ]);
  });

  test('is given up when it is deleted', () => {
    listener.gained('10.20.30.1', () => Infinity);
    services.set('default/web', undefined);
    expect(work()).toEqual(['resign 10.20.30.1', 'gauge default/web 10.20.30.1 gone']);
  });

  test('that is shared is kept while one Service has it', () => {
    services.set('default/mail', service({ name: 'mail' }));
    slices.set('default/mail-1', { ...endpoints('iris1'), service: 'default/mail' });
    work();
    listener.gained('10.20.30.1', () => Infinity);
    services.set('default/web', undefined);
    expect(work()).toEqual(['stand 10.20.30.1 as 1', 'gauge default/web 10.20.30.1 gone']);
    services.set('default/mail', undefined);
    expect(work()).toContain('resign 10.20.30.1');
  });

  test('that another Service comes to share is announced for that one too', () => {
    listener.gained('10.20.30.1', () => Infinity);
    slices.set('default/mail-1', { ...endpoints('iris1'), service: 'default/mail' });
    services.set('default/mail', service({ name: 'mail' }));
    expect(work()).toEqual([
      'stand 10.20.30.1 as 1',
      'gauge default/mail 10.20.30.1 1',
      ASSIGNED.replace('web', 'mail'),
    ]);
  });
});

describe('this node resigns', () => {
  test.each<[string, () => void]>([
    ['the last endpoint is gone', () => slices.set('default/web-1', undefined)],
    ['the advertisement is gone', () => advertisements.set('all', undefined)],
    ['the pool is gone', () => pools.set('default', undefined)],
    [
      'the node loses its network',
      () => nodes.set('iris1', node('iris1', { networkUnavailable: true })),
    ],
    [
      'traffic is to stay local and the endpoint moved',
      () => {
        services.set('default/web', service({ localTraffic: true }));
        slices.set('default/web-1', endpoints('iris2'));
      },
    ],
    [
      'its only interface is down',
      () => {
        interfaces = [{ name: 'eth0', fitness: 'down' }];
        speaker.onInterfaces();
      },
    ],
    [
      'its only interface cannot be opened',
      () => {
        interfaces = [{ name: 'eth9', fitness: 'usable' }];
        speaker.onInterfaces();
      },
    ],
  ])('when %s', (_when, happen) => {
    listener.gained('10.20.30.1', () => Infinity);
    happen();
    expect(work()).toEqual(['resign 10.20.30.1', 'gauge default/web 10.20.30.1 gone']);
  });
});

test('a node that writes its status without a change that counts causes no work', () => {
  nodes.set('iris2', node('iris2'));
  expect([...queue]).toEqual([]);
  nodes.set('iris2', node('iris2', { labels: { zone: 'b' } }));
  expect([...queue]).toEqual(['default/web']);
});

test('an advertisement for interfaces that do not exist here is a warning on the Service, once', () => {
  advertisements.set('all', advertisement({ interfaces: ['foo'] }));
  const warning = `Warning web announceFailed: the interfaces specified by LB IP "10.20.30.1" doesn't exist in assigned node "iris1" with protocol "layer2"`;
  expect(work()).toEqual([warning, 'resign 10.20.30.1']);
  speaker.reconsider();
  expect(work()).toEqual([]);
});

test('a right that arrives after the Service has gone is not used', () => {
  services.set('default/web', undefined);
  work();
  told.length = 0;
  listener.gained('10.20.30.1', () => Infinity);
  expect(told).toEqual([]);
});

test('a stop is passed on to the strategy', async () => {
  await speaker.stop();
  expect(told.at(-1)).toBe('stop');
});
