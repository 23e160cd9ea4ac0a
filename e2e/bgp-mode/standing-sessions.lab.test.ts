import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, NODES_ASN } from './bgp-cluster.ts';
import type { LabRouter } from './lab-router.ts';
import { ROUTER, SECOND_ROUTER } from './router-network.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
const ALL = ['n1', 'n2', 'n3'] as const;
const TIMES = { holdTime: '90s', keepaliveTime: '30s', connectTime: '10s' } as const;

let cluster: BgpCluster;
let router: LabRouter;
let second: LabRouter;
/** What stood when the test began. */
let before: Record<'router' | 'second', number>;

async function peerWithRouter(more: object = {}): Promise<void> {
  await cluster.peer({ ...TIMES, bfdProfile: 'quick', dualStackAddressFamily: false, ...more });
}

async function peerWithSecond(more: object = {}): Promise<void> {
  const { ipv4: peerAddress } = SECOND_ROUTER;
  const spec = { peerASN: NODES_ASN, peerAddress, bfdProfile: 'quick', ...more };
  await cluster.peer(spec, 'second');
}

/** How often a router has come to a session with a node, all nodes together. */
async function established(of: LabRouter): Promise<number> {
  const each = await Promise.all(ALL.map(async (node) => await of.established(node)));
  return each.reduce((sum, one) => sum + one, 0);
}

/** The values of a series of a router, a node each. */
async function series(name: string, peer: string): Promise<readonly (string | undefined)[]> {
  const pages = cluster.lab.nodes.map(async ({ speaker }) => await speaker.metrics());
  const value = new RegExp(`^${name}\\{peer="${peer.replaceAll('.', '\\.')}"\\} (.*)$`, 'm');
  return (await Promise.all(pages)).map((page) => value.exec(page)?.[1]);
}

/** Waits until all speakers say whether something is not followed. */
async function staleIs(value: '0' | '1'): Promise<void> {
  const gauge = new RegExp(`^metallb_k8s_client_config_stale_bool ${value}$`, 'm');
  await cluster.until(`the gauge to be ${value}`, async () => {
    const pages = cluster.lab.nodes.map(async ({ speaker }) => await speaker.metrics());
    return (await Promise.all(pages)).every((page) => gauge.test(page));
  });
}

/** Waits until BFD is up with both routers on all nodes. */
async function watched(): Promise<void> {
  for (const { ipv4 } of [ROUTER, SECOND_ROUTER]) {
    await cluster.until(`BFD with ${ipv4}`, async () =>
      (await series('metallb_bfd_session_up', ipv4)).every((up) => up === '1'),
    );
  }
}

/** All sessions stand that stood before, and BFD never went down, of either router. */
async function expectNoFlap(): Promise<void> {
  for (const each of [router, second]) expect(await each.sessions()).toEqual(ALL);
  expect(await established(router)).toBe(before.router);
  expect(await established(second)).toBe(before.second);
  for (const { ipv4 } of [ROUTER, SECOND_ROUTER]) {
    expect(await series('metallb_bfd_session_up', ipv4), ipv4).toEqual(['1', '1', '1']);
    const downs = await series('metallb_bfd_session_down_events', ipv4);
    expect(downs, ipv4).toEqual(['0', '0', '0']);
  }
}

interface Negotiated {
  readonly bgpState: string;
  readonly bgpTimerHoldTimeMsecs: number;
  readonly bgpTimerKeepAliveIntervalMsecs: number;
}

/** Waits until the sessions of a router have these times with all nodes. */
async function timersAre(of: LabRouter, holdMs: number, keepaliveMs: number): Promise<void> {
  await cluster.until(`the times ${holdMs} and ${keepaliveMs}`, async () => {
    const shown = JSON.parse(await of.show('bgpd', 'show bgp neighbors json')) as Readonly<
      Record<string, Negotiated>
    >;
    return cluster.lab.nodes.every(({ addresses: { ipv4 } }) => {
      const now = shown[ipv4];
      return (
        now?.bgpState === 'Established' &&
        now.bgpTimerHoldTimeMsecs === holdMs &&
        now.bgpTimerKeepAliveIntervalMsecs === keepaliveMs
      );
    });
  });
}

describe.skipIf(!hasFrr)('sessions that stand', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start({ bfd: true, lines: ['timers bgp 60 180'] });
    router = cluster.router;
    second = await cluster.addRouter(SECOND_ROUTER, { bfd: true });
    await cluster.apply('BFDProfile', 'quick', { transmitInterval: 300, receiveInterval: 300 });
    await cluster.advertise('any', { serviceSelectors: [] });
    await cluster.service('web');
    await peerWithRouter();
    await peerWithSecond();
    for (const each of [router, second]) await cluster.sessionsOf(each, ...ALL);
    await watched();
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  afterEach(async () => {
    await peerWithRouter();
    for (const each of [router, second]) await cluster.sessionsOf(each, ...ALL);
    await watched();
  });
  keepLogsOfFailures(() => cluster?.lab);

  async function note(): Promise<void> {
    before = { router: await established(router), second: await established(second) };
  }

  async function address(): Promise<string> {
    const [found = ''] = await cluster.lab.addresses('web');
    return found;
  }

  test('and their BFD hear nothing of another Service, advertisement, BFDProfile or BGPPeer that comes and goes', async () => {
    await note();
    const [prefix] = await cluster.service('another');
    for (const each of [router, second]) await cluster.told(each, prefix, ALL);
    await cluster.advertise('another', { communities: ['65000:9'] });
    await cluster.told(second, prefix, ALL, { communities: ['65000:9'] });
    await cluster.apply('BFDProfile', 'other', { detectMultiplier: 5 });
    await cluster.peer({ peerAddress: '192.168.77.250', bfdProfile: 'other' }, 'nobody');
    const label = '192.168.77.250:179';
    await cluster.until('a session that waits', async () =>
      (await series('metallb_bgp_session_up', label)).every((up) => up === '0'),
    );
    await cluster.statusIs('another', ...ALL.map((node) => `${node} nobody+router+second`));
    await cluster.remove('BGPPeer', 'nobody');
    await cluster.statusIs('another', ...ALL.map((node) => `${node} router+second`));
    expect(await series('metallb_bgp_session_up', label)).toEqual(ALL.map(() => undefined));
    await cluster.remove('BFDProfile', 'other');
    await cluster.remove('BGPAdvertisement', 'another');
    await cluster.remove('Service', 'another');
    for (const each of [router, second]) await cluster.told(each, prefix, []);
    await expectNoFlap();
  });

  test('are not touched by a second BGPPeer for their router, which is told of and has none', async () => {
    await note();
    const { ipv4: peerAddress } = SECOND_ROUTER;
    await cluster.peer({ peerAddress, peerASN: 64_999 }, 'again');
    await cluster.until('the complaint', async () => {
      const path = `/apis/metallb.io/v1beta1/namespaces/${cluster.lab.namespace}/configurationstates/speaker-n1`;
      const { status } = await cluster.lab.api.get<{ status?: { errorSummary?: string } }>(path);
      return status?.errorSummary?.includes(`peer ${peerAddress} already exists`);
    });
    await cluster.remove('BGPPeer', 'again');
    await expectNoFlap();
  });

  test('go on where the connectTime of their BGPPeer changes', async () => {
    await note();
    await peerWithRouter({ connectTime: '1s' });
    // Who knows of this BGPPeer has worked on the change before it.
    await cluster.peer({ peerAddress: '192.168.77.250' }, 'nobody');
    await cluster.statusIs('web', ...ALL.map((node) => `${node} nobody+router+second`));
    await cluster.remove('BGPPeer', 'nobody');
    await cluster.told(router, `${await address()}/32`, ALL);
    await expectNoFlap();
  });

  test('begin anew with the hold time and keepalive time that their BGPPeer says now, and the others go on', async () => {
    await note();
    await timersAre(router, 90_000, 30_000);
    await peerWithRouter({ holdTime: '30s', keepaliveTime: '10s' });
    await timersAre(router, 30_000, 10_000);
    expect(await established(router)).toBe(before.router + 3);
    await cluster.told(router, `${await address()}/32`, ALL);
    await peerWithRouter({ holdTime: '30s', keepaliveTime: '5s' });
    await cluster.until('the sessions anew', async () => {
      return (await established(router)) === before.router + 6;
    });
    expect(await established(second)).toBe(before.second);
    const events = await cluster.lab.events('router', cluster.lab.namespace);
    expect(events.filter((event) => event.includes('gets no session'))).toEqual([]);
  });

  test('carry both families from when their BGPPeer wants it, which disableMP takes nothing from, and the others go on', async () => {
    await note();
    await cluster.service('both', { family: 'dual' });
    const [four = '', six = ''] = await cluster.lab.addresses('both');
    await cluster.told(router, `${four}/32`, ALL);
    await cluster.told(router, `${six}/128`, []);
    await peerWithRouter({ dualStackAddressFamily: true, disableMP: true });
    await cluster.told(router, `${six}/128`, ALL);
    await cluster.told(router, `${four}/32`, ALL);
    await cluster.told(second, `${six}/128`, []);
    expect(await established(router)).toBe(before.router + 3);
    expect(await established(second)).toBe(before.second);
    await peerWithRouter({ disableMP: false });
    await cluster.told(router, `${six}/128`, []);
    await cluster.told(router, `${four}/32`, ALL);
    await cluster.remove('Service', 'both');
  });

  test('go on while another BGPPeer names a BFDProfile that is not there: it has no session and no series meanwhile, and the gauge says so', async () => {
    await note();
    await staleIs('0');
    const [up, label] = ['metallb_bgp_session_up', `${ROUTER.ipv4}:179`];
    await peerWithRouter({ bfdProfile: 'missing' });
    await cluster.sessionsWith();
    await cluster.until('the series to go', async () =>
      (await series(up, label)).every((value) => value === undefined),
    );
    expect(await series(up, `${SECOND_ROUTER.ipv4}:179`)).toEqual(['1', '1', '1']);
    await cluster.statusIs('web', ...ALL.map((node) => `${node} second`));
    await staleIs('1');
    await cluster.apply('BFDProfile', 'missing');
    await cluster.sessionsWith(...ALL);
    await cluster.until('the series', async () =>
      (await series(up, label)).every((value) => value === '1'),
    );
    await staleIs('0');
    expect(await established(second)).toBe(before.second);
  });
});
