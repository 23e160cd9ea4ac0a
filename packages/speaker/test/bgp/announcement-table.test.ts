import { describe, expect, test } from 'vitest';
import { viewService } from '../../src/views.ts';
import { viewBgpAdvertisement, viewBgpPeer, viewSecret } from '../../src/bgp/bgp-views.ts';
import { node } from '../cluster-views.ts';
import { sliceOf, type TestEndpoint } from '../endpoint-slices.ts';
import { BgpNode, NAMESPACE } from './bgp-node.ts';
import { TestRouter } from './test-router.ts';

// MetalLB's table of what its speaker on the node pandora tells whom, row by row, from objects as the API server sends them and up to what routers have heard. The peers are of our AS, so
// that preferences can be seen; one that says nothing of a preference is told 100, MetalLB's are told 0.

const ONE = '1.2.3.4';
const TWO = '1.2.3.5';
const AT = '192.0.2.11';

/** The node, and routers at two addresses. */
class Table {
  readonly made = new BgpNode();
  readonly routers = {
    [ONE]: new TestRouter(this.made.network, ONE, 64_500),
    [TWO]: new TestRouter(this.made.network, TWO, 64_500),
  } as const;

  constructor() {
    this.made.caches.endpoints.set('default/web', undefined);
    this.made.mode.begin();
  }

  peer(name: string, spec: object | undefined): void {
    const base = { myASN: 64_500, peerASN: 64_500, peerAddress: ONE };
    const raw = { metadata: { name, uid: name }, spec: { ...base, ...spec } };
    this.made.caches.peers.set(`${NAMESPACE}/${name}`, spec && viewBgpPeer(raw));
  }

  /** All of them. */
  advertisements(specs: Readonly<Record<string, object>>): void {
    const { bgpAdvertisements } = this.made.caches;
    for (const key of bgpAdvertisements.keys()) bgpAdvertisements.set(key, undefined);
    for (const [name, spec] of Object.entries(specs)) {
      const seen = viewBgpAdvertisement({ metadata: { name }, spec });
      bgpAdvertisements.set(`${NAMESPACE}/${name}`, seen);
    }
  }

  /** No `ip`: it has none. */
  service(name: string, spec: object | undefined, ip?: string): void {
    const metadata = { namespace: 'default', name, uid: name };
    const status = { loadBalancer: { ingress: ip === undefined ? [] : [{ ip }] } };
    const seen = viewService({ metadata, spec: { type: 'LoadBalancer', ...spec }, status });
    this.made.caches.services.set(`default/${name}`, spec && seen);
  }

  /** The slices of a Service, each as its endpoints. */
  slices(name: string, ...slices: (readonly TestEndpoint[])[]): void {
    for (const at of [0, 1]) {
      const slice = slices[at];
      this.made.caches.endpoints.set(`default/${name}-${at}`, slice && sliceOf(name, slice));
    }
  }

  /** What each router has of us, `prefix preference communities`; `down`: we have no session with it. */
  async heard(): Promise<(readonly string[] | 'down')[]> {
    await this.made.settle(20_000);
    return Object.values(this.routers).map((router) => {
      const routes = [...router.routes].map(([prefix, words]) => words.replace(AT, prefix).trim());
      return router.sessions > router.ends.length ? routes.toSorted() : 'down';
    });
  }
}

const HOST = '10.20.30.1/32 100';
const on = (name: string): object => ({ nodeSelectors: [{ matchLabels: { name } }] });

describe('what routers hear, as one thing after the other changes', () => {
  test('of peers, endpoints, advertisements and Services', async () => {
    const table = new Table();
    expect(await table.heard()).toEqual(['down', 'down']);
    table.peer('peer1', {});
    table.advertisements({ ad: {} });
    expect(await table.heard()).toEqual([[], 'down']);
    table.service('test1', { type: 'ClusterIP' }, '10.20.30.1');
    expect(await table.heard()).toEqual([[], 'down']);
    table.service('test1', { externalTrafficPolicy: 'Cluster' }, '10.20.30.1');
    table.slices('test1', [['iris']]);
    expect(await table.heard()).toEqual([[HOST], 'down']);
    table.service('test1', { externalTrafficPolicy: 'Local' }, '10.20.30.1');
    expect(await table.heard()).toEqual([[], 'down']);
    table.slices('test1', [['iris'], ['pandora']]);
    expect(await table.heard()).toEqual([[HOST], 'down']);
    table.slices('test1', [['iris'], ['pandora']], [['pandora', 'not-ready']]);
    expect(await table.heard()).toEqual([[HOST], 'down']);

    table.service('test1', { externalTrafficPolicy: 'Cluster' }, '10.20.30.1');
    table.slices('test1');
    expect(await table.heard()).toEqual([[], 'down']);
    table.slices('test1', [
      ['iris', 'not-ready'],
      ['pandora', 'not-ready'],
    ]);
    expect(await table.heard()).toEqual([[], 'down']);
    table.slices('test1', [['iris'], ['pandora', 'not-ready']]);
    expect(await table.heard()).toEqual([[HOST], 'down']);
    table.slices('test1', [['iris', 'serving']]);
    expect(await table.heard()).toEqual([[HOST], 'down']);
    table.slices('test1', [['iris', 'ready-not-serving']]);
    expect(await table.heard()).toEqual([[HOST], 'down']);
    table.slices('test1', [['iris']]);

    const communities = { localPref: 100, communities: ['0:1234', '0:2345'] };
    const [host, net] = ['10.20.30.1/32 100 0:1234,0:2345', '10.20.30.0/24 1000'];
    const wide = { aggregationLength: 24, localPref: 1000 };
    table.advertisements({ ad1: communities, ad2: wide });
    expect(await table.heard()).toEqual([[net, host], 'down']);
    table.advertisements({ ad1: communities, ad2: { ...wide, ...on('iris') } });
    expect(await table.heard()).toEqual([[host], 'down']);
    table.peer('peer2', { peerAddress: TWO });
    table.advertisements({ ad1: { ...communities, peers: ['peer1'] }, ad2: wide });
    expect(await table.heard()).toEqual([[net, host], [net]]);
    table.advertisements({ ad: {} });
    expect(await table.heard()).toEqual([[HOST], [HOST]]);

    table.service('test2', { externalTrafficPolicy: 'Cluster' });
    table.slices('test2', [['iris']]);
    expect(await table.heard()).toEqual([[HOST], [HOST]]);
    table.service('test2', { externalTrafficPolicy: 'Cluster' }, '10.20.30.5');
    const both = [HOST, '10.20.30.5/32 100'];
    expect(await table.heard()).toEqual([both, both]);
    table.service('test2', { externalTrafficPolicy: 'Cluster' }, '10.20.30.1');
    expect(await table.heard()).toEqual([[HOST], [HOST]]);
    table.service('test1', undefined);
    expect(await table.heard()).toEqual([[HOST], [HOST]]);
    table.peer('peer2', undefined);
    table.peer('peer1', { peerAddress: TWO });
    expect(await table.heard()).toEqual(['down', [HOST]]);
    table.service('test2', undefined);
    expect(await table.heard()).toEqual(['down', []]);
  });

  test('of the labels of the node, and which peers select them', async () => {
    const table = new Table();
    const label = (labels: Record<string, string>): void =>
      table.made.caches.nodes.set('pandora', node('pandora', { labels }));
    const select = (...nodeSelectors: object[]): void => table.peer('peer1', { nodeSelectors });
    label({});
    select();
    expect(await table.heard()).toEqual([[], 'down']);
    select({});
    expect(await table.heard()).toEqual([[], 'down']);
    select({ matchLabels: { foo: 'bar' } });
    expect(await table.heard()).toEqual(['down', 'down']);
    label({ foo: 'bar' });
    expect(await table.heard()).toEqual([[], 'down']);
    label({ foo: 'baz' });
    expect(await table.heard()).toEqual(['down', 'down']);
    select({ matchExpressions: [{ key: 'foo', operator: 'In', values: ['bar', 'baz'] }] });
    expect(await table.heard()).toEqual([[], 'down']);
    label({ foo: 'bar' });
    expect(await table.heard()).toEqual([[], 'down']);
    select({ matchLabels: { foo: 'bar' } }, { matchLabels: { quux: 'frob' } });
    expect(await table.heard()).toEqual([[], 'down']);
    const { sessions } = table.routers[ONE];
    label({ quux: 'frob' });
    expect(await table.heard()).toEqual([[], 'down']);
    expect(table.routers[ONE].sessions).toBe(sessions);
  });
});

test('the peers that a Service is told to are said when they change, and of that Service alone', async () => {
  const table = new Table();
  const told = async (): Promise<string[]> => {
    await table.made.settle();
    const said = [...table.made.status]
      .filter(([service, peers]) => (before.get(service) ?? '') !== peers)
      .map(([service, peers]) => `${service.slice(8)} {${peers}}`);
    for (const [service, peers] of table.made.status) before.set(service, peers);
    return said;
  };
  const before = new Map<string, string>();
  table.peer('peer1', {});
  table.peer('peer2', { peerAddress: TWO });
  table.advertisements({ ad: {} });
  expect(await told()).toEqual([]);
  for (const [name, ip] of [
    ['svc1', '10.20.30.1'],
    ['svc2', '10.20.30.2'],
  ] as const) {
    table.slices(name, [['iris']]);
    table.service(name, {}, ip);
    expect(await told()).toEqual([`${name} {peer1,peer2}`]);
  }
  table.advertisements({ ad: { peers: ['peer1'] } });
  expect(await told()).toEqual(['svc1 {peer1}', 'svc2 {peer1}']);
  table.service('svc1', undefined);
  expect(await told()).toEqual(['svc1 {}']);
  table.advertisements({ ad: {} });
  expect(await told()).toEqual(['svc2 {peer1,peer2}']);
  table.peer('peer1', undefined);
  expect(await told()).toEqual(['svc2 {peer2}']);
});

test.each([
  ['as it is written', { password: 'nopass' }, 'nopass'],
  ['of its Secret', { passwordSecret: { name: 'test-secret' } }, 'from the Secret'],
])('the password of a peer is the one %s', async (_, spec, password) => {
  const table = new Table();
  const data = { password: Buffer.from('from the Secret').toString('base64') };
  const secret = viewSecret({ type: 'kubernetes.io/basic-auth', data });
  table.made.caches.secrets.set(`${NAMESPACE}/test-secret`, secret);
  table.peer('peer1', spec);
  await table.made.settle();
  expect(table.made.passwords).toEqual([password]);
});
