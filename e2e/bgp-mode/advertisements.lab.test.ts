import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { run } from '../lab/run.ts';
import { BgpCluster, NODES_ASN } from './bgp-cluster.ts';
import type { LabRouter } from './lab-router.ts';
import { SECOND_ROUTER } from './router-network.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
const ALL = ['n1', 'n2', 'n3'] as const;
/** What nothing says of a route. */
const PLAIN = { communities: [], largeCommunities: [] } as const;
const EVERY_SERVICE = { serviceSelectors: [] } as const;
const DUAL = { dualStackAddressFamily: true } as const;
/** The pool that is chosen by its label; nothing comes of it unasked. */
const BLUE = { addresses: ['198.51.100.0/24', '2001:db8:b00::/56'], autoAssign: false } as const;
const OF_BLUE = { annotations: { 'metallb.io/address-pool': 'blue' } } as const;
const ONLY_BLUE = { ipAddressPoolSelectors: [{ matchLabels: { colour: 'blue' } }] } as const;

let cluster: BgpCluster;
/** One of another AS than the nodes', and one of theirs, which is told preferences. */
let router: LabRouter;
let second: LabRouter;

/** The status of a Service that each of these nodes announces to these peers. */
async function announcedTo(
  name: string,
  peers: string,
  ...nodes: readonly string[]
): Promise<void> {
  await cluster.statusIs(name, ...nodes.map((node) => `${node} ${peers}`));
}

async function peerWithSecond(): Promise<void> {
  const { ipv4: peerAddress } = SECOND_ROUTER;
  await cluster.peer({ peerASN: NODES_ASN, peerAddress, ...DUAL }, 'second');
}

describe.skipIf(!hasFrr)('two routers', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
    router = cluster.router;
    second = await cluster.addRouter(SECOND_ROUTER);
    await cluster.apply('IPAddressPool', 'blue', BLUE, { colour: 'blue' });
    await cluster.peer(DUAL);
    await cluster.sessionsWith(...ALL);
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  afterEach(async () => await cluster.clean());
  keepLogsOfFailures(() => cluster?.lab);

  test('are each told while there is a BGPPeer for it, which the status says, and the other notices nothing', async () => {
    await cluster.advertise('web');
    const [prefix] = await cluster.service('web');
    await cluster.told(router, prefix, ALL);
    await announcedTo('web', 'router', ...ALL);
    await peerWithSecond();
    await cluster.told(second, prefix, ALL, { localPref: 100 });
    await announcedTo('web', 'router+second', ...ALL);
    await cluster.remove('BGPPeer', 'router');
    await cluster.sessionsWith();
    await announcedTo('web', 'second', ...ALL);
    await cluster.peer(DUAL);
    await cluster.told(router, prefix, ALL);
    await announcedTo('web', 'router+second', ...ALL);
    for (const node of ALL) expect(await second.established(node), node).toBe(1);
  });

  test('have a pool each by an advertisement each, until the advertisements name no peers any more', async () => {
    const whole = { ...EVERY_SERVICE, ipAddressPools: ['routed'] };
    await cluster.advertise('one', { ...whole, peers: ['router'] });
    await cluster.advertise('other', { ...EVERY_SERVICE, ...ONLY_BLUE, peers: ['second'] });
    const [one] = await cluster.service('one');
    const [other] = await cluster.service('other', OF_BLUE);
    await cluster.told(router, one, ALL);
    await cluster.told(second, other, ALL);
    await cluster.told(router, other, []);
    await cluster.told(second, one, []);
    await announcedTo('one', 'router', ...ALL);
    await announcedTo('other', 'second', ...ALL);
    for (const name of ['one', 'other'])
      await cluster.advertise(name, { ...EVERY_SERVICE, peers: [] });
    await cluster.told(router, other, ALL);
    await cluster.told(second, one, ALL);
    for (const name of ['one', 'other']) await announcedTo(name, 'router+second', ...ALL);
  });

  test('hear of one Service the communities of the advertisements that name them, and of those that name both', async () => {
    await cluster.advertise('web', { peers: ['router'], communities: ['65000:1'] }, 'for-one');
    await cluster.advertise('web', { peers: ['second'], communities: ['65000:2'] }, 'for-other');
    const [prefix] = await cluster.service('web');
    await cluster.told(router, prefix, ALL, { communities: ['65000:1'] });
    await cluster.told(second, prefix, ALL, { communities: ['65000:2'] });
    const both = { peers: ['router', 'second'], communities: ['65000:3'] };
    await cluster.advertise('web', both, 'for-both');
    await cluster.told(router, prefix, ALL, { communities: ['65000:1', '65000:3'] });
    await cluster.told(second, prefix, ALL, { communities: ['65000:2', '65000:3'] });
    await cluster.remove('BGPAdvertisement', 'for-one');
    await cluster.told(router, prefix, ALL, { communities: ['65000:3'] });
    await cluster.remove('BGPAdvertisement', 'for-both');
    await cluster.told(router, prefix, []);
    await cluster.told(second, prefix, ALL, { communities: ['65000:2'] });
    await announcedTo('web', 'second', ...ALL);
  });

  test('hear what is said of a pool that is chosen by its label, and nothing of it on the routes of another', async () => {
    const said = { communities: ['65000:7'], localPref: 50 };
    await cluster.advertise('blue', { ...EVERY_SERVICE, ...ONLY_BLUE, ...said });
    await cluster.advertise('other', { ...EVERY_SERVICE, ipAddressPools: ['routed'] });
    const [blue] = await cluster.service('blue', OF_BLUE);
    const [other] = await cluster.service('other');
    await cluster.told(second, blue, ALL, { ...PLAIN, ...said });
    await cluster.told(router, blue, ALL, {
      ...PLAIN,
      communities: ['65000:7'],
      localPref: undefined,
    });
    await cluster.told(second, other, ALL, { ...PLAIN, localPref: 100 });
    await cluster.told(router, other, ALL, PLAIN);
  });

  test('hear our AS in the path as often as is asked for, where they are of another AS', async () => {
    await cluster.advertise('web', { asPathPrepend: 3 });
    const [prefix] = await cluster.service('web');
    const times = (count: number): string => Array(count).fill(`${NODES_ASN}`).join(' ');
    await cluster.told(router, prefix, ALL, { asPath: times(4) });
    await cluster.told(second, prefix, ALL, { localPref: 100, asPath: 'Local' });
    await cluster.advertise('web', { asPathPrepend: 1 });
    await cluster.told(router, prefix, ALL, { asPath: times(2) });
    await cluster.advertise('web', { asPathPrepend: null });
    await cluster.told(router, prefix, ALL, { asPath: times(1) });
  });

  test('hear within the session what changes of a route: its preference, and its communities by value, by name, and large', async () => {
    const before = await router.established('n1');
    await cluster.advertise('web', { localPref: 200, communities: ['65000:1'] });
    await cluster.service('web', { family: 'dual' });
    const [four = '', six = ''] = await cluster.lab.addresses('web');
    const change = async (
      spec: object,
      {
        localPref,
        ...told
      }: { localPref: number; communities: string[]; largeCommunities: string[] },
    ): Promise<void> => {
      await cluster.advertise('web', spec);
      for (const prefix of [`${four}/32`, `${six}/128`]) {
        await cluster.told(second, prefix, ALL, { ...told, localPref });
        await cluster.told(router, prefix, ALL, told);
      }
    };
    const one = { communities: ['65000:1'], largeCommunities: [] };
    await change({}, { ...one, localPref: 200 });
    await change({ localPref: 300 }, { ...one, localPref: 300 });
    await change(
      { communities: ['65000:2'] },
      { ...one, communities: ['65000:2'], localPref: 300 },
    );
    await cluster.apply('Community', 'names', {
      communities: [{ name: 'green', value: '65000:3' }],
    });
    const byName = { communities: ['65000:3'], largeCommunities: [], localPref: 300 };
    await change({ communities: ['green'] }, byName);
    const large = { communities: [], largeCommunities: ['65000:1:2'], localPref: 300 };
    await change({ communities: ['large:65000:1:2'] }, large);
    await change(
      { communities: ['green', 'large:65000:1:2'] },
      { ...large, communities: ['65000:3'] },
    );
    await cluster.apply('Community', 'names', {
      communities: [{ name: 'green', value: 'large:65000:5:6' }],
    });
    const renamed = ['65000:1:2', '65000:5:6'];
    await change({}, { ...large, largeCommunities: renamed });
    await change(
      { communities: [], localPref: 0 },
      { ...PLAIN, communities: [], largeCommunities: [], localPref: 100 },
    );
    expect(await router.established('n1')).toBe(before);
  });

  test('hear one network in the place of its addresses when that is wanted later, with what is said of it, and the addresses again', async () => {
    const wide = { ...EVERY_SERVICE, ...ONLY_BLUE };
    await cluster.advertise('blue', { ...wide, communities: ['65000:1'] });
    await cluster.service('blue', { ...OF_BLUE, family: 'dual' });
    const [four = '', six = ''] = await cluster.lab.addresses('blue');
    const hosts = [`${four}/32`, `${six}/128`];
    const networks = ['198.51.100.0/24', '2001:db8:b00::/64'];
    for (const prefix of hosts) await cluster.told(second, prefix, ALL, { localPref: 100 });
    const longer = { aggregationLength: 24, aggregationLengthV6: 64 };
    await cluster.advertise('blue', {
      ...wide,
      ...longer,
      localPref: 300,
      communities: ['65000:2'],
    });
    for (const prefix of networks) {
      await cluster.told(second, prefix, ALL, { localPref: 300, communities: ['65000:2'] });
      await cluster.told(router, prefix, ALL, { communities: ['65000:2'] });
      await cluster.routed(prefix, ...ALL);
    }
    for (const prefix of hosts) {
      await cluster.told(second, prefix, []);
      await cluster.routed(prefix);
    }
    expect(await cluster.answer(four)).toMatch(/^pod on n[123]/);
    expect(await cluster.answer(six)).toMatch(/^pod on n[123]/);
    await announcedTo('blue', 'router+second', ...ALL);
    // Two lengths at once; and one that reaches out of the pool keeps that pool from being told by this advertisement.
    await cluster.advertise('hosts', wide);
    await cluster.advertise('blue', { ...wide, aggregationLengthV6: 48 });
    for (const prefix of hosts)
      await cluster.told(second, prefix, ALL, { localPref: 100, communities: [] });
    for (const prefix of networks) await cluster.told(second, prefix, []);
    await cluster.told(second, '2001:db8:b00::/48', []);
  });

  test('are told nothing of a Service for which two preferences are wanted, until they are wanted of one router each', async () => {
    await cluster.advertise('web', { localPref: 100 });
    const [prefix] = await cluster.service('web');
    await cluster.told(second, prefix, ALL, { localPref: 100 });
    await cluster.advertise('web', { localPref: 200 }, 'other');
    for (const each of [router, second]) await cluster.told(each, prefix, []);
    await cluster.statusIs('web');
    await cluster.advertise('web', { peers: ['router'] });
    await cluster.told(router, prefix, []);
    await cluster.advertise('web', { peers: ['second'] }, 'other');
    await cluster.told(second, prefix, ALL, { localPref: 200 });
    await cluster.told(router, prefix, ALL);
  });

  test('tell routes themselves, which no node puts into its kernel or tells the other router', async () => {
    const series = /metallb_bgp_updates_total_received\{peer="192\.168\.77\.1:179"\} (\d+)/;
    const received = async (): Promise<number[]> => {
      const pages = cluster.lab.nodes.map(async ({ speaker }) => await speaker.metrics());
      return (await Promise.all(pages)).map((page) => Number(series.exec(page)?.[1]));
    };
    const addresses = cluster.lab.nodes.map((node) => node.addresses.ipv4);
    const defaults = addresses.map((each) => `neighbor ${each} default-originate`);
    for (const [family, ...lines] of [
      ['ipv4', 'network 192.0.2.0/24'],
      ['ipv4', ...defaults],
      ['ipv6', 'network 2001:db8:bad::/64'],
      ['ipv6', ...defaults],
    ]) {
      const before = await received();
      await router.configure('router bgp 64512', `address-family ${family} unicast`, ...lines);
      await cluster.until(`the nodes to hear of ${lines.join()}`, async () =>
        (await received()).every((count, at) => count > (before[at] ?? 0)),
      );
    }
    for (const node of ALL) {
      const shown = await Promise.all(
        ['-4', '-6'].map(
          async (family) =>
            await run(['ip', family, 'route', 'show', 'table', 'all'], { netns: node }),
        ),
      );
      expect(shown.join()).toContain('10.244.');
      expect(shown.join()).not.toMatch(/default|192\.0\.2\.|2001:db8:bad|proto bgp/);
    }
    for (const prefix of ['192.0.2.0/24', '2001:db8:bad::/64']) {
      await cluster.told(second, prefix, []);
    }
    await cluster.sessionsWith(...ALL);
  });
});
