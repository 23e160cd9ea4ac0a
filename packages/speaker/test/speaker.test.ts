import { SimClock, SimLan } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { Announcer } from '../src/announcer.ts';
import type { LocalInterface } from '../src/interfaces.ts';
import type { OwnershipListener } from '../src/ownership.ts';
import { REPORTED_AT_ONCE, Speaker } from '../src/speaker.ts';
import type { AdvertisementView, PoolView } from '../src/advertising.ts';
import type { EndpointsView, NodeView, ServiceView } from '../src/views.ts';
import { advertisement, endpoints, node, pool, service } from './cluster-views.ts';
import { TestCache } from './test-cache.ts';

let services: TestCache<ServiceView>;
let slices: TestCache<EndpointsView>;
let nodes: TestCache<NodeView>;
let pools: TestCache<PoolView>;
let advertisements: TestCache<AdvertisementView>;
let interfaces: LocalInterface[];
let queue: Set<string>;
/** What the strategy was told, and what the world was told: one line each. */
let told: string[];
let reports: (() => void)[];
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
  reports = [];
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
          stand: (address, standing) =>
            void told.push(`stand ${address} as ${standing.candidates.indexOf('iris1')}`),
          resign: (address) => {
            told.push(`resign ${address}`);
            listener.lost(address, 'eth0');
          },
          retain: (names) => void told.push(`retain ${names.join()}`),
          stop: async () => void told.push('stop'),
        };
      },
      enqueue: (key) => void queue.add(key),
      event: ({ name }, type, reason, message) =>
        void told.push(`${type} ${name} ${reason}: ${message}`),
      later: (one) => void reports.push(one),
      log: {
        info: (message, { service: key, ip } = {}) => {
          if (/^service (announced|withdrawn)$/.test(message))
            told.push([message, key, ip].join(' '));
        },
        warn: () => {},
      },
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

/** Does what was put off. */
function report(): void {
  for (const one of reports.splice(0)) one();
}

function gain(address: string, interfaceName: string): void {
  listener.gained(address, interfaceName, () => Infinity);
  report();
}

function lose(address: string, interfaceName: string): void {
  listener.lost(address, interfaceName);
  report();
}

/** Reconciles all that is queued, and gives what was told by it. */
function work(): string[] {
  const before = told.length;
  for (const key of queue) speaker.reconcile(key);
  queue.clear();
  report();
  return told.slice(before);
}

const ASSIGNED = 'Normal web nodeAssigned: announcing from node "iris1" with protocol "layer2"';

describe('a Service with an address', () => {
  test('has this node stand for it, by its rank', () => {
    expect(told).toEqual(['stand 10.20.30.1 as 1']);
  });

  test('is one of some that are reported at once; of the rest something is said after what came in between', () => {
    const all = Array.from(
      { length: REPORTED_AT_ONCE + 1 },
      (_, n) => `10.20.${30 + (n >> 8)}.${n & 255}`,
    );
    pools.set('default', pool('default', ['10.20.30.0/23']));
    for (const [n, address] of all.entries()) {
      const name = `many-${n}`;
      slices.set(`default/${name}-1`, { ...endpoints('iris1'), service: `default/${name}` });
      services.set(`default/${name}`, service({ name, ingress: [address] }));
    }
    services.set('default/web', undefined);
    work();
    const before = told.length;
    for (const address of all) listener.gained(address, 'eth0', () => Infinity);
    const announced = (): number =>
      told.slice(before).filter((one) => one.startsWith('service announced')).length;
    report();
    expect(announced()).toBe(REPORTED_AT_ONCE);
    report();
    expect(announced()).toBe(REPORTED_AT_ONCE + 1);
  });

  test('is reported as announced when this node got the right to answer, and only then', () => {
    gain('10.20.30.1', 'eth0');
    expect(told.slice(1)).toEqual(['service announced default/web 10.20.30.1', ASSIGNED]);
  });

  test('is not reported again when it is reconciled again', () => {
    gain('10.20.30.1', 'eth0');
    speaker.reconsider();
    expect(work()).toEqual(['stand 10.20.30.1 as 1']);
  });

  test('is withdrawn when the right is lost, and reported anew when it comes back', () => {
    gain('10.20.30.1', 'eth0');
    told.length = 0;
    lose('10.20.30.1', 'eth0');
    gain('10.20.30.1', 'eth0');
    expect(told).toEqual([
      'service withdrawn default/web 10.20.30.1',
      'service announced default/web 10.20.30.1',
      ASSIGNED,
    ]);
  });

  test('of both families is reported by one event', () => {
    services.set('default/web', service({ ingress: ['10.20.30.1', '1000::1'] }));
    expect(work()).toEqual(['stand 10.20.30.1 as 1', 'stand 1000::1 as 1']);
    gain('1000::1', 'eth0');
    gain('10.20.30.1', 'eth0');
    expect(told.filter((line) => line.startsWith('Normal'))).toEqual([ASSIGNED]);
  });

  test('that gets another one gives the old one up', () => {
    gain('10.20.30.1', 'eth0');
    services.set('default/web', service({ ingress: ['10.20.30.2'] }));
    expect(work()).toEqual([
      'resign 10.20.30.1',
      'stand 10.20.30.2 as 0',
      'service withdrawn default/web 10.20.30.1',
    ]);
  });

  test('is given up when it is deleted', () => {
    gain('10.20.30.1', 'eth0');
    services.set('default/web', undefined);
    expect(work()).toEqual(['resign 10.20.30.1', 'service withdrawn default/web 10.20.30.1']);
  });

  test('that is shared is kept while one Service has it', () => {
    services.set('default/mail', service({ name: 'mail' }));
    slices.set('default/mail-1', { ...endpoints('iris1'), service: 'default/mail' });
    work();
    gain('10.20.30.1', 'eth0');
    services.set('default/web', undefined);
    expect(work()).toEqual(['stand 10.20.30.1 as 1', 'service withdrawn default/web 10.20.30.1']);
    services.set('default/mail', undefined);
    expect(work()).toContain('resign 10.20.30.1');
  });

  test('that another Service comes to share is announced for that one too', () => {
    gain('10.20.30.1', 'eth0');
    slices.set('default/mail-1', { ...endpoints('iris1'), service: 'default/mail' });
    services.set('default/mail', service({ name: 'mail' }));
    expect(work()).toEqual([
      'stand 10.20.30.1 as 1',
      'service announced default/mail 10.20.30.1',
      ASSIGNED.replace('web', 'mail'),
    ]);
    expect([...speaker.announcements()].map(([key]) => key).sort()).toEqual([
      'default/mail',
      'default/web',
    ]);
    lose('10.20.30.1', 'eth0');
    expect([...speaker.announcements()]).toEqual([]);
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
    gain('10.20.30.1', 'eth0');
    happen();
    expect(work()).toEqual(['resign 10.20.30.1', 'service withdrawn default/web 10.20.30.1']);
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
  gain('10.20.30.1', 'eth0');
  expect(told).toEqual([]);
});

test('an address that is held on two interfaces is announced while it is held on one of them', () => {
  interfaces = [
    { name: 'eth0', fitness: 'usable' },
    { name: 'eth1', fitness: 'usable' },
  ];
  speaker.onInterfaces();
  expect(told.at(-1)).toBe('retain eth0,eth1');
  work();
  told.length = 0;
  gain('10.20.30.1', 'eth0');
  gain('10.20.30.1', 'eth1');
  lose('10.20.30.1', 'eth0');
  expect(told).toEqual(['service announced default/web 10.20.30.1', ASSIGNED]);
  lose('10.20.30.1', 'eth1');
  expect(told.at(-1)).toBe('service withdrawn default/web 10.20.30.1');
});

test('nothing is reported before what goes on is over, and then what is so by then', () => {
  listener.gained('10.20.30.1', 'eth0', () => Infinity);
  expect(told).toHaveLength(1);
  listener.lost('10.20.30.1', 'eth0');
  report();
  expect(told).toHaveLength(1);
});

test.each([
  // MetalLB's order of these nodes for these addresses.
  ['10.20.30.1', 'iris2, iris1', 0],
  ['10.20.30.2', 'iris1, iris2', 1],
])(
  'where all are excluded by their label, the first says so, once: %s, %s',
  (address, order, warnings) => {
    const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
    services.set('default/web', service({ ingress: [address] }));
    nodes.set('iris1', node('iris1', { labels }));
    nodes.set('iris2', node('iris2', { labels }));
    work();
    speaker.reconsider();
    work();
    const found = told.filter((line) => line.startsWith('Warning web announceFailed'));
    expect(found).toEqual(Array.from({ length: warnings }, () => expect.stringContaining(order)));
  },
);

test('a stop is passed on to the strategy', async () => {
  await speaker.stop();
  expect(told.at(-1)).toBe('stop');
});
