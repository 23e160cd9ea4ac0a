import { describe, expect, test } from 'vitest';
import { endpoints, node, onNode } from '../cluster-views.ts';
import { BFD_RETRY_MS } from '../../src/bgp/peer-run.ts';
import { BgpNode, NAMESPACE } from './bgp-node.ts';
import { bfdProfile } from './bgp-views.ts';
import { LINK_LOCAL, NODE_AT, TestRouter } from './test-router.ts';

const OTHER = '192.0.2.3';

/** A node with a session to a router, a Service, and an advertisement of all. */
async function usual(
  prepare: (made: BgpNode) => void = () => {},
): Promise<{ made: BgpNode; router: TestRouter }> {
  const made = new BgpNode();
  const router = new TestRouter(made.network, '192.0.2.2');
  made.peer();
  made.advertise();
  made.service();
  prepare(made);
  made.mode.begin();
  await made.settle();
  return { made, router };
}

describe('a router', () => {
  test('hears of a Service as soon as there is a session, and of its end', async () => {
    const { made, router } = await usual();
    expect(router.routes).toEqual(new Map([['10.20.30.1/32', NODE_AT]]));
    made.caches.services.set('default/web', undefined);
    await made.settle();
    expect(router.prefixes).toEqual([]);
    expect(router.sessions).toBe(1);
  });

  test('hears what Services, addresses, endpoints and advertisements become', async () => {
    const { made, router } = await usual();
    made.service({ ingress: ['10.20.30.5'] });
    await made.settle();
    expect(router.prefixes).toEqual(['10.20.30.5/32']);
    made.advertise({ name: 'net', aggregationLength: 24 });
    await made.settle();
    expect(router.prefixes).toEqual(['10.20.30.0/24', '10.20.30.5/32']);
    made.caches.endpoints.set('default/web', endpoints());
    await made.settle();
    expect(router.prefixes).toEqual([]);
    made.service({ localTraffic: true });
    made.caches.endpoints.set('default/web', endpoints('pandora'));
    await made.settle();
    expect(router.prefixes).toHaveLength(2);
    made.caches.bgpAdvertisements.set(`${NAMESPACE}/net`, undefined);
    await made.settle();
    expect(router.prefixes).toEqual(['10.20.30.1/32']);
    made.caches.pools.set('default', undefined);
    await made.settle();
    expect(router.prefixes).toEqual([]);
    expect(router.sessions).toBe(1);
  });

  test('hears once of many changes at a time', async () => {
    const { made, router } = await usual();
    const before = router.updates;
    for (let host = 2; host < 50; host++) {
      made.service({ name: `s${host}`, ingress: [`10.20.30.${host}`] });
      made.caches.endpoints.set(`default/s${host}`, {
        service: `default/s${host}`,
        canServe: true,
        nodes: ['iris'],
      });
    }
    await made.settle();
    expect(router.prefixes).toHaveLength(49);
    expect(router.updates - before).toBe(1);
  });

  test('loses a shared address only with the last Service on it', async () => {
    const { made, router } = await usual();
    made.service({ name: 'mail' });
    made.caches.endpoints.set('default/mail', { ...endpoints('iris'), service: 'default/mail' });
    await made.settle();
    made.caches.services.set('default/web', undefined);
    await made.settle();
    expect(router.prefixes).toEqual(['10.20.30.1/32']);
    made.caches.services.set('default/mail', undefined);
    await made.settle();
    expect(router.prefixes).toEqual([]);
  });

  test('hears communities by their names, and preferences if it is of our AS', async () => {
    const { made } = await usual();
    const internal = new TestRouter(made.network, OTHER, 64_500);
    made.peer({ name: 'internal', address: OTHER, peerASN: 64_500 });
    made.caches.communities.set('c', {
      name: 'c',
      aliases: [{ name: 'blue', value: '65000:2' }],
    });
    made.advertise({ localPref: 300, communities: ['65000:1', 'blue', 'large:1:2:3'] });
    await made.settle();
    expect(internal.routes.get('10.20.30.1/32')).toBe(`${NODE_AT} 300 65000:1,65000:2 1:2:3`);
    made.advertise();
    await made.settle();
    expect(internal.routes.get('10.20.30.1/32')).toBe(`${NODE_AT} 100`);
  });

  test('hears of IPv6 only where its session is for both families, by an address of ours', async () => {
    const { made, router } = await usual((each) =>
      each.service({ ingress: ['10.20.30.1', '1000::1'] }),
    );
    expect(router.prefixes).toEqual(['10.20.30.1/32']);
    made.peer({ dualStack: true });
    await made.settle(5000);
    expect(router.routes).toEqual(
      new Map([
        ['10.20.30.1/32', NODE_AT],
        ['1000::1/128', '2001:db8::11'],
      ]),
    );
  });
});

describe('sessions', () => {
  test('of peers that are not touched go on when others change', async () => {
    const { made, router } = await usual();
    const other = new TestRouter(made.network, OTHER);
    made.peer({ name: 'other', address: OTHER });
    await made.settle();
    expect([router.sessions, other.sessions]).toEqual([1, 1]);
    expect(other.prefixes).toEqual(['10.20.30.1/32']);
    made.peer({ name: 'other', address: OTHER, holdTimeMs: 30_000 });
    await made.settle(5000);
    expect([router.sessions, other.sessions]).toEqual([1, 2]);
    made.caches.peers.set(`${NAMESPACE}/other`, undefined);
    await made.settle(5000);
    expect([router.ends, other.ends.length]).toEqual([[], 2]);
    expect(other.prefixes).toEqual([]);
  });

  test('go on when other delays between attempts are wanted, and who waits for one waits no more', async () => {
    const { made, router } = await usual();
    made.peer({ name: 'away', address: OTHER, connectTimeMs: 600_000 });
    await made.settle(1_000_000);
    const back = new TestRouter(made.network, OTHER);
    for (const peer of [{}, { name: 'away', address: OTHER }]) {
      made.peer({ ...peer, connectTimeMs: 500_000 });
    }
    await made.settle();
    expect([router.sessions, back.sessions]).toEqual([1, 1]);
    expect(router.ends).toEqual([]);
  });

  test('are only with peers that select this node, as its labels change', async () => {
    const { made, router } = await usual((each) => each.peer({ nodeSelectors: onNode('other') }));
    expect(router.sessions).toBe(0);
    made.caches.nodes.set('pandora', node('pandora', { labels: { name: 'other' } }));
    await made.settle();
    expect(router.prefixes).toEqual(['10.20.30.1/32']);
    made.caches.nodes.set('pandora', node('pandora'));
    await made.settle();
    expect(router.ends).toHaveLength(1);
  });

  test('begin when everything is known, and end when the speaker does', async () => {
    const made = new BgpNode();
    const router = new TestRouter(made.network, '192.0.2.2');
    made.peer();
    await made.settle();
    expect(router.sessions).toBe(0);
    made.mode.begin();
    await made.settle();
    expect(router.sessions).toBe(1);
    made.mode.stop();
    made.service();
    await made.settle();
    expect(router.ends).toEqual([expect.stringContaining('the speaker ends')]);
    expect(router.prefixes).toEqual([]);
  });

  test('with graceful restart end without a word, and the router keeps the routes', async () => {
    const { made, router } = await usual((each) => each.peer({ gracefulRestart: true }));
    made.mode.stop();
    await made.settle();
    expect(router.ends).toEqual(['the peer closed the connection']);
    expect(router.prefixes).toEqual(['10.20.30.1/32']);
  });

  test('wait for the Secret and the profile that their peer names, which is said once', async () => {
    const { made, router } = await usual((each) => each.peer({ bfdProfile: 'quick' }));
    made.service({ labels: { a: 'b' } });
    await made.settle();
    expect(router.sessions).toBe(0);
    expect(made.said).toEqual([
      'BGPPeer router peer router referencing non existing bfd profile quick',
    ]);
    expect(made.peerEvents).toEqual([
      'router uid-router Warning SessionFailed node "pandora" has no session: peer router referencing non existing bfd profile quick',
    ]);
    made.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile());
    await made.settle();
    expect(router.sessions).toBe(1);
  });
});

describe('a session that does not come about', () => {
  test('is told once, with both AS numbers, and again when it stands', async () => {
    const { made } = await usual((each) => each.peer({ peerASN: 64_513 }));
    await made.settle(20_000);
    const reason = 'node "pandora" gets no session with 192.0.2.2:179: ';
    expect(made.peerEvents).toEqual([
      expect.stringContaining(
        `router uid-router Warning SessionFailed ${reason}the router is in AS 64512, the BGPPeer expects 64513. `,
      ),
    ]);
    expect(made.warned).toEqual(['bgp session failed wrong-as']);
    expect(await made.metric('picluster_bgp_session_down')).toBe('1');
    made.peer();
    await made.settle(60_000);
    expect(made.peerEvents.slice(1)).toEqual([
      'router uid-router Normal SessionUp node "pandora" has a session with 192.0.2.2:179',
    ]);
    expect(await made.metric('picluster_bgp_session_down')).toBeUndefined();
  });

  test('because BFD found the path down is told so, and its end by a change is not', async () => {
    const { made } = await usual((each) => {
      each.peer({ bfdProfile: 'quick' });
      each.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile());
    });
    made.watched.get('192.0.2.2')?.();
    expect(made.peerEvents.slice(1)).toEqual([
      expect.stringContaining(
        'SessionDown node "pandora" has lost the session with 192.0.2.2:179: BFD',
      ),
    ]);
    await made.settle(5000);
    made.caches.peers.set(`${NAMESPACE}/router`, undefined);
    await made.settle(5000);
    expect(made.peerEvents.map((each) => each.split(' ')[3])).toEqual([
      'SessionUp',
      'SessionDown',
      'SessionUp',
    ]);
  });
});

describe('a router behind an interface', () => {
  const hop = LINK_LOCAL.replace(/%.*/, '');

  async function behindInterface(): Promise<BgpNode> {
    const made = new BgpNode();
    made.peer({ address: undefined, interface: 'eth1' });
    made.advertise();
    made.service({ ingress: ['10.20.30.1', '1000::1'] });
    made.mode.begin();
    await made.settle();
    return made;
  }

  test('is told of both families, our link-local address as the next hop, once it is found', async () => {
    const made = await behindInterface();
    const router = new TestRouter(made.network, 'fe80::2%eth1');
    await made.settle(60_000);
    expect(router.sessions).toBe(0);
    made.searches.get('eth1')?.found('fe80::2%eth1');
    await made.settle();
    expect(router.routes).toEqual(
      new Map([
        ['10.20.30.1/32', hop],
        ['1000::1/128', hop],
      ]),
    );
    expect(await made.metric('metallb_bgp_session_up', 'eth1:179')).toBe('1');
  });

  test('keeps its session when it is found again, and is left for another that takes its place', async () => {
    const made = await behindInterface();
    const router = new TestRouter(made.network, 'fe80::2%eth1');
    const other = new TestRouter(made.network, 'fe80::3%eth1');
    const search = made.searches.get('eth1');
    search?.found('fe80::2%eth1');
    await made.settle();
    search?.found('fe80::2%eth1');
    await made.settle();
    expect([router.sessions, router.ends]).toEqual([1, []]);
    search?.found('fe80::3%eth1');
    await made.settle();
    expect(router.ends).toEqual([expect.stringContaining('another router is there')]);
    expect(other.prefixes).toEqual(['10.20.30.1/32', '1000::1/128']);
  });

  test('that is found again without a session is tried at once', async () => {
    const made = await behindInterface();
    const search = made.searches.get('eth1');
    search?.found('fe80::2%eth1');
    await made.settle(60_000);
    const router = new TestRouter(made.network, 'fe80::2%eth1');
    search?.found('fe80::2%eth1');
    await made.settle(10);
    expect(router.sessions).toBe(1);
  });

  test('is watched at the address that it has', async () => {
    const made = await behindInterface();
    const router = new TestRouter(made.network, 'fe80::2%eth1');
    made.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile());
    made.peer({ address: undefined, interface: 'eth1', bfdProfile: 'quick' });
    await made.settle();
    made.searches.get('eth1')?.found('fe80::2%eth1');
    await made.settle();
    made.watched.get('fe80::2%eth1')?.();
    await made.settle();
    expect(router.ends).toEqual([expect.stringContaining('BFD')]);
  });

  test('that is not heard is told once, and is no matter while a session stands', async () => {
    const made = await behindInterface();
    const router = new TestRouter(made.network, 'fe80::2%eth1');
    const search = made.searches.get('eth1');
    for (let times = 0; times < 3; times++) search?.missed(undefined);
    expect(made.warned).toEqual(['bgp session failed no-router']);
    expect(made.peerEvents).toHaveLength(1);
    expect(await made.metric('picluster_bgp_session_down', 'eth1:179')).toBe('1');
    search?.found('fe80::2%eth1');
    await made.settle();
    search?.missed('it is down');
    expect([router.sessions, made.warned.length]).toEqual([1, 1]);
    expect(await made.metric('picluster_bgp_session_down', 'eth1:179')).toBeUndefined();
  });

  test('is looked for no more when its BGPPeer is gone', async () => {
    const made = await behindInterface();
    made.caches.peers.set(`${NAMESPACE}/router`, undefined);
    await made.settle();
    expect([...made.searches.keys()]).toEqual([]);
  });
});

describe('BFD', () => {
  async function watched(): Promise<{ made: BgpNode; router: TestRouter }> {
    return await usual((made) => {
      made.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile());
      made.peer({ bfdProfile: 'quick' });
    });
  }

  test('ends a session at once where the path fails, and it comes back', async () => {
    const { made, router } = await watched();
    made.watched.get('192.0.2.2')?.();
    await made.settle(50);
    expect(router.ends).toEqual([expect.stringContaining('BFD')]);
    expect(router.prefixes).toEqual([]);
    await made.settle(5000);
    expect(router.prefixes).toEqual(['10.20.30.1/32']);
  });

  test('begins as soon as its port is free, while the session stands', async () => {
    const { made, router } = await usual((each) => {
      each.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile());
      each.peer({ bfdProfile: 'quick' });
      each.refusals = 2;
    });
    await made.settle(BFD_RETRY_MS);
    expect(made.watched.size).toBe(0);
    await made.settle(2 * BFD_RETRY_MS);
    expect(made.watched.size).toBe(1);
    expect(router.sessions).toBe(1);
  });

  test('that cannot begin is told once, and not where its port is taken for a moment alone', async () => {
    const watchedLater = async (refusals: number): Promise<readonly string[]> => {
      const { made } = await usual((each) => {
        each.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile());
        each.peer({ bfdProfile: 'quick' });
        each.refusals = refusals;
      });
      await made.settle(300_000);
      expect(made.watched.size).toBe(1);
      return made.peerEvents.filter((each) => each.includes('BfdFailed'));
    };
    expect(await watchedLater(2)).toEqual([]);
    expect(await watchedLater(7)).toEqual([expect.stringContaining('the port is taken')]);
  });

  test('of a peer that goes is not tried any more', async () => {
    const { made } = await usual((each) => {
      each.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile());
      each.peer({ bfdProfile: 'quick' });
      each.refusals = 1;
    });
    made.caches.peers.set(`${NAMESPACE}/router`, undefined);
    await made.settle(5 * BFD_RETRY_MS);
    expect(made.watched.size).toBe(0);
  });

  test('may change its timings, begin and end, while the session stands', async () => {
    const { made, router } = await watched();
    made.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile({ transmitIntervalMs: 50 }));
    await made.settle();
    expect(made.changes).toEqual([{}, { transmitIntervalMs: 50 }]);
    made.peer();
    await made.settle();
    expect(made.watched.size).toBe(0);
    made.peer({ bfdProfile: 'quick' });
    await made.settle();
    expect(made.watched.size).toBe(1);
    expect(router.sessions).toBe(1);
  });
});

describe('what is said', () => {
  test('of a Service: one event, each of its addresses, and the peers that hear of it', async () => {
    const { made } = await usual();
    const event = 'web nodeAssigned announcing from node "pandora" with protocol "bgp"';
    expect(made.said).toEqual([event]);
    expect([...made.mode.announcements()]).toEqual([['default/web', '10.20.30.1']]);
    expect(made.status.get('default/web')).toBe('router');
    made.peer({ name: 'other', address: OTHER });
    made.service({ labels: { a: 'b' } });
    await made.settle();
    expect(made.status.get('default/web')).toBe('router,other');
    made.caches.services.set('default/web', undefined);
    await made.settle();
    expect([...made.mode.announcements()]).toEqual([]);
    expect(made.status.get('default/web')).toBe('');
    expect(made.said).toEqual([event]);
  });

  test('nothing of a Service that no peer of this node hears of', async () => {
    const { made } = await usual((each) => each.advertise({ peers: ['unknown'] }));
    expect([made.said, [...made.mode.announcements()], made.status.get('default/web')]).toEqual([
      [],
      [],
      '',
    ]);
  });

  test('of advertisements that cannot both be followed: which', async () => {
    const { made } = await usual((each) => {
      each.advertise({ name: 'a', localPref: 100 });
      each.advertise({ name: 'b', localPref: 200 });
      each.caches.bgpAdvertisements.set(`${NAMESPACE}/all`, undefined);
    });
    expect(made.said).toEqual([
      expect.stringContaining('BGPAdvertisement b invalid local preference 200'),
      'default/web conflictingAdvertisements: a, b',
    ]);
  });

  test('of the configuration: all that is wrong, each time that it is read, until nothing is', async () => {
    const { made } = await usual((each) => each.peer({ bfdProfile: 'quick' }));
    const profile = 'peer router referencing non existing bfd profile quick';
    expect(made.problems).toEqual([profile]);
    made.advertise({ name: 'b', communities: ['quiet'] });
    await made.settle();
    const community =
      'invalid community format: quiet\ninvalid community "quiet" in BGP advertisement';
    expect(made.problems).toEqual([profile, community]);
    made.caches.profiles.set(`${NAMESPACE}/quick`, bfdProfile());
    made.caches.communities.set(`${NAMESPACE}/names`, {
      name: 'names',
      aliases: [{ name: 'quiet', value: '65535:65282' }],
    });
    await made.settle();
    expect(made.problems).toEqual([]);
  });

  test('of objects that cannot be read, when a mirror has seen them', async () => {
    const { made } = await usual();
    const message = 'parsing peer old spec.myASN: must be at least 1, not 0';
    made.unreadable = [{ kind: 'BGPPeer', name: 'old', code: 'invalid', message }];
    made.caches.peers.set(`${NAMESPACE}/old`, undefined);
    await made.settle();
    expect(made.problems).toEqual([message]);
    expect(made.said).toContain(`BGPPeer old ${message}`);
  });

  test('of Services that share an address and want different preferences: by which advertisements', async () => {
    const { made } = await usual((each) => {
      const of = (app: string): object => ({ serviceSelectors: [{ matchLabels: { app } }] });
      each.advertise({ localPref: 100, ...of('web') });
      each.advertise({ name: 'b', localPref: 200, ...of('mail') });
      each.service({ labels: { app: 'web' } });
      each.service({ name: 'mail', labels: { app: 'mail' } });
      const slice = { ...endpoints('iris'), service: 'default/mail' };
      each.caches.endpoints.set('default/mail', slice);
    });
    expect(made.said).toContain('10.20.30.1/32 all, b');
  });

  test('in metrics, under MetalLB’s names', async () => {
    const { made } = await usual();
    expect(await made.metric('metallb_bgp_session_up')).toBe('1');
    expect(await made.metric('metallb_bgp_announced_prefixes_total')).toBe('1');
    expect(await made.metric('metallb_bgp_pending_prefixes_total')).toBe('1');
    expect(await made.metric('metallb_bgp_updates_total')).toBe('2');
    expect(await made.metric('metallb_bgp_opens_received')).toBe('1');
    expect(await made.metric('metallb_bgp_total_sent')).toBe('4');
    made.caches.peers.set(`${NAMESPACE}/router`, undefined);
    await made.settle();
    expect(await made.metric('metallb_bgp_session_up')).toBeUndefined();
  });
});
