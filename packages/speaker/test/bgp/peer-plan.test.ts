import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeSessionOptions } from '@picluster/bgp';
import { viewBgpPeer } from '../../src/bgp/bgp-views.ts';
import { planPeers, type PeerPlan, type PeersSituation } from '../../src/bgp/peer-plan.ts';
import { node, onNode } from '../cluster-views.ts';
import { bfdProfile, bgpPeer } from './bgp-views.ts';

const usual: Omit<PeersSituation, 'peers'> = {
  namespace: 'metallb-system',
  profile: (name) => (name === 'quick' ? bfdProfile() : undefined),
  secret: (name) =>
    name === 'secret'
      ? { type: 'kubernetes.io/basic-auth', password: 'from the Secret' }
      : undefined,
  node: node('pandora', { addresses: ['fd77::11', '192.0.2.11'], labels: { foo: 'bar' } }),
  fallbackRouterID: '64.37.239.133',
};

function plan(change: Parameters<typeof bgpPeer>[0] = {}): PeerPlan {
  const { plans, problems } = planPeers({ ...usual, peers: [bgpPeer(change)] });
  expect(problems).toEqual([]);
  const [made] = plans;
  if (made === undefined) throw new Error('no plan');
  // What is planned is a session that there can be.
  completeSessionOptions(made.session);
  return made;
}

function problem(change: Parameters<typeof bgpPeer>[0]): string | undefined {
  const { plans, problems } = planPeers({ ...usual, peers: [bgpPeer(change)] });
  expect(plans).toEqual([]);
  return problems[0]?.message;
}

describe('a node', () => {
  test('has the peers that select it, and those that select none, by name', () => {
    const peers = [
      bgpPeer({ name: 'c', nodeSelectors: onNode('iris') }),
      bgpPeer({
        name: 'b',
        address: '192.0.2.3',
        nodeSelectors: [...onNode('iris'), { matchLabels: { foo: 'bar' } }],
      }),
      bgpPeer({ name: 'a' }),
    ];
    expect(planPeers({ ...usual, peers }).plans.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('that the API does not show has no peers', () => {
    const situation = { ...usual, peers: [bgpPeer()], node: undefined };
    expect(planPeers(situation)).toEqual({ plans: [], problems: [] });
  });

  test('has its first IPv4 address as its router ID, unless the source address or the peer says otherwise', () => {
    expect(plan().session.identifier).toBe('192.0.2.11');
    expect(plan({ sourceAddress: '192.0.2.7' }).session.identifier).toBe('192.0.2.7');
    expect(plan({ routerID: '10.10.10.1' }).session.identifier).toBe('10.10.10.1');
    const without = { ...usual, node: node('pandora'), peers: [bgpPeer()] };
    expect(planPeers(without).plans[0]?.session.identifier).toBe('64.37.239.133');
  });
});

/** Texts as somebody may write them, good or not. */
const duration = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, max: 4, noNaN: true })),
    fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h'),
  )
  .map(([number, unit]) => `${number.toFixed(3)}${unit}`);
const address = fc.oneof(
  fc.constantFrom('0.0.0.0', '::', '::ffff:192.0.2.1'),
  fc.ipV4(),
  fc.ipV6(),
);
const asn = fc.constantFrom(1, 64_512, 2 ** 32 - 1);
const spec = fc
  .tuple(
    fc.record({ myASN: asn }),
    fc.oneof(
      fc.record({ peerASN: asn }),
      fc.record({ dynamicASN: fc.constantFrom('internal', 'external') }),
    ),
    fc.oneof(fc.record({ peerAddress: address }), fc.constant({ interface: 'eth1' })),
    fc.record({ localASN: asn, sourceAddress: address, routerID: address }, { requiredKeys: [] }),
    fc.record(
      { holdTime: duration, keepaliveTime: duration, connectTime: duration },
      { requiredKeys: [] },
    ),
    fc.record({ enableGracefulRestart: fc.boolean(), dualStackAddressFamily: fc.boolean() }),
  )
  .map((parts): object => Object.assign({}, ...parts));

test('whatever BGPPeer is taken makes a session that there can be', () => {
  const property = fc.property(spec, (written) => {
    const peer = viewBgpPeer({ metadata: { name: 'router' }, spec: written });
    fc.pre(peer !== undefined);
    const { plans } = planPeers({ ...usual, peers: peer === undefined ? [] : [peer] });
    expect(plans.map(({ session }) => completeSessionOptions(session))).toHaveLength(1);
  });
  fc.assert(property, { numRuns: 300 });
});

describe('a session', () => {
  test('is dialed, never waited for, and speaks the family of its address', () => {
    const { session, socket, place, label } = plan();
    expect(session).toMatchObject({ mode: 'active', localAsn: 64_500, peerAsn: 64_512 });
    expect(session.families).toEqual(['ipv4-unicast']);
    expect(place).toEqual({ address: '192.0.2.2' });
    expect(socket).toEqual({ port: 179, ttl: 255 });
    expect(label).toBe('192.0.2.2:179');
    expect(plan({ address: '2001:db8::2' }).session.families).toEqual(['ipv6-unicast']);
    const dual = plan({ dualStack: true }).session;
    expect(dual.families).toEqual(['ipv4-unicast', 'ipv6-unicast']);
  });

  test('with whoever is behind an interface is for both families, over an IPv6 next hop', () => {
    const { session, place, label } = plan({ address: undefined, interface: 'eth1' });
    expect(place).toEqual({ interface: 'eth1' });
    expect(label).toBe('eth1:179');
    expect(session.families).toEqual(['ipv4-unicast', 'ipv6-unicast']);
    expect(session.extendedNextHop).toBe(true);
  });

  test('has the AS numbers that the peer names', () => {
    expect(plan({ localASN: 64_520 }).session.localAsn).toBe(64_520);
    expect(plan({ peerASN: 'external' }).session.peerAsn).toBe('external');
  });

  test('has the times that the peer names, else the usual ones', () => {
    const times = { holdTimeMs: 30_000, keepaliveTimeMs: 10_000, connectTimeMs: 5000 };
    expect(plan(times).session).toMatchObject({
      holdTimeS: 30,
      keepaliveMs: 10_000,
      connectRetryMs: 5000,
      retryFirstMs: 1000,
    });
    const settings = completeSessionOptions(plan().session);
    expect(settings).toMatchObject({ holdTimeS: 90, connectRetryMs: 10_000 });
    const never = completeSessionOptions(plan({ holdTimeMs: 0, keepaliveTimeMs: 0 }).session);
    expect(never).toMatchObject({ holdTimeS: 0, keepaliveMs: Infinity });
  });

  test('goes out of the source address and the VRF, with the password', () => {
    const more = { sourceAddress: '192.0.2.7', vrf: 'red', password: 'secret' };
    expect(plan(more).socket).toMatchObject({
      source: '192.0.2.7',
      device: 'red',
      password: 'secret',
    });
    expect(plan({ passwordSecret: 'secret' }).socket.password).toBe('from the Secret');
  });

  test('is kept by its peer while we restart, where that is wanted', () => {
    expect(plan().session.gracefulRestart).toBeUndefined();
    expect(plan({ gracefulRestart: true }).session.gracefulRestart).toEqual({});
  });

  test('is not without what it needs, and that is named', () => {
    expect(problem({ passwordSecret: 'gone' })).toContain('secret ref not found');
    expect(problem({ bfdProfile: 'gone' })).toContain('bfd profile gone');
  });
});

describe('BFD', () => {
  const watched = (change: Parameters<typeof bgpPeer>[0] = {}): unknown =>
    plan({ bfdProfile: 'quick', ...change }).bfd?.multiHop;

  test('is for the neighbour of an external session, and for several hops where the peer says so', () => {
    expect(watched()).toBe(false);
    expect(watched({ ebgpMultiHop: true })).toBe(true);
  });

  test('of an internal session is for several hops where the peer is no neighbour', () => {
    expect(watched({ peerASN: 64_500 })).toBe('unless-neighbour');
    expect(watched({ peerASN: 'internal' })).toBe('unless-neighbour');
    expect(watched({ localASN: 64_512 })).toBe('unless-neighbour');
  });

  test('has the times of the profile', () => {
    const profile = (): ReturnType<typeof bfdProfile> =>
      bfdProfile({ transmitIntervalMs: 50, passive: true, minimumTtl: 250 });
    const peers = [bgpPeer({ bfdProfile: 'quick' })];
    const [made] = planPeers({ ...usual, peers, profile }).plans;
    expect(made?.bfd).toEqual({
      options: { transmitIntervalMs: 50, passive: true },
      minimumTtl: 250,
      multiHop: false,
    });
    expect(plan().bfd).toBeUndefined();
  });
});
