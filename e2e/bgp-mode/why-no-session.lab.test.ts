import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, floodToAll, onNodes } from './bgp-cluster.ts';
import type { FrrOptions } from './lab-router.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
let cluster: BgpCluster;

describe.skipIf(!hasFrr)('a session that is not there', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  afterEach(async () => await cluster.removeAll('BGPPeer'));
  keepLogsOfFailures(() => cluster?.lab);

  /** Another FRR, and a BGPPeer of this name for it on one node. */
  async function meet(name: string, router: FrrOptions, peer: object = {}): Promise<void> {
    await cluster.router.stop();
    await cluster.router.start(router);
    await cluster.peer({ ...onNodes('n1'), ...peer }, name);
  }

  /** Waits until just these events are on the BGPPeer: each begins so. */
  async function told(name: string, ...events: readonly string[]): Promise<void> {
    await cluster.until(`events on ${name}: ${events.join('; ')}`, async () => {
      const found = await cluster.lab.events(name, cluster.lab.namespace);
      return (
        found.length === events.length && events.every((each, at) => found[at]?.startsWith(each))
      );
    });
  }

  /** Lines of the speaker's log with this message about a BGPPeer. */
  function lines(name: string, message: string): readonly { readonly reason: string }[] {
    return readFileSync(cluster.lab.node('n1').speaker.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"${message}"`))
      .map((line) => JSON.parse(line) as { readonly peer: string; readonly reason: string })
      .filter(({ peer }) => peer === name);
  }

  /** The reasons that the log gives for not having a session, a line each. */
  function reasons(name: string): readonly string[] {
    return lines(name, 'bgp session failed').map(({ reason }) => reason);
  }

  /** How often a session has ended, as the log has it. */
  function ends(name: string): number {
    return lines(name, 'bgp session lost').length;
  }

  async function gauge(reason: string): Promise<void> {
    const series = `picluster_bgp_session_down{peer="192.168.77.1:179",reason="${reason}"} 1`;
    await cluster.until(series, async () =>
      (await cluster.lab.node('n1').speaker.metrics()).includes(series),
    );
  }

  async function noGauge(): Promise<void> {
    await cluster.until('no reason', async () => {
      const metrics = await cluster.lab.node('n1').speaker.metrics();
      return !metrics.includes('picluster_bgp_session_down{');
    });
  }

  /** Waits until the speaker has tried so many times more. */
  async function attempts(count: number): Promise<void> {
    const opens = async (): Promise<number> => {
      const metrics = await cluster.lab.node('n1').speaker.metrics();
      const found = /metallb_bgp_opens_sent\{peer="192.168.77.1:179"\} (\d+)/.exec(metrics);
      return Number(found?.[1]);
    };
    const before = await opens();
    await cluster.until('more attempts', async () => (await opens()) >= before + count);
  }

  function node1(): string {
    return cluster.lab.node('n1').addresses.ipv4;
  }

  const lost = 'SessionDown: node "n1" has lost the session with 192.168.77.1:179: ';
  const failed = 'SessionFailed: node "n1" gets no session with 192.168.77.1:179: ';
  const stands = 'SessionUp: node "n1" has a session with 192.168.77.1:179';

  test('for a wrong peerASN has one event and one line that tell both, however often it is tried', async () => {
    await meet('wrong-as', {}, { peerASN: 64_513 });
    const both = `${failed}the router is in AS 64512, the BGPPeer expects 64513. Set peerASN`;
    await told('wrong-as', both);
    await gauge('wrong-as');
    await attempts(3);
    await told('wrong-as', both);
    expect(reasons('wrong-as')).toEqual(['wrong-as']);
    await cluster.peer({ ...onNodes('n1') }, 'wrong-as');
    await told('wrong-as', both, stands);
    expect(await cluster.lab.node('n1').speaker.metrics()).not.toContain(
      'picluster_bgp_session_down{',
    );
  });

  test('because the router expects another AS of us names ours', async () => {
    await meet('our-as', { nodesAsn: 64_501 });
    await told('our-as', `${failed}the router does not expect AS 64500 of this node. Set myASN`);
    expect(reasons('our-as')).toEqual(['wrong-as']);
  });

  test('for a wrong password points to the password', async () => {
    await meet('password', { password: 's3cret' }, { password: 'other' });
    const silent = `${failed}the router gives no answer. Compare the password`;
    await told('password', silent);
    await gauge('no-answer');
    expect(reasons('password')).toEqual(['no-answer']);
    await cluster.router.configure('router bgp 64512', `neighbor ${node1()} password other`);
    await told('password', silent, stands);
  });

  test('over the device that vrf names, and no other, says that the router is not there, or the device is not', async () => {
    await meet('bound', {}, { vrf: 'eth0' });
    const stood = `${stands} (vrf eth0)`;
    await told('bound', stood);
    await cluster.peer({ ...onNodes('n1'), vrf: 'pod0' }, 'bound');
    const elsewhere = `${failed.replace(':179', ':179 (vrf pod0)')}the router cannot be reached`;
    await told('bound', stood, elsewhere);
    await cluster.peer({ ...onNodes('n1'), vrf: 'red' }, 'bound');
    const nowhere = `${failed.replace(':179', ':179 (vrf red)')}the connection failed: red: there is no such interface`;
    await told('bound', stood, elsewhere, nowhere);
    await cluster.peer({ ...onNodes('n1'), vrf: 'eth0' }, 'bound');
    await cluster.until(
      'a session again',
      async () => (await cluster.router.established('n1')) > 0,
    );
  });

  test('where nobody has the address says so', async () => {
    await meet('nobody', {}, { peerAddress: '192.168.77.250' });
    await told(
      'nobody',
      'SessionFailed: node "n1" gets no session with 192.168.77.250:179: the router cannot be reached (EHOSTUNREACH)',
    );
    expect(reasons('nobody')).toEqual(['unreachable']);
  });

  test('any more repeats the words of who ended it on the router', async () => {
    await meet('shut-down', {});
    await told('shut-down', stands);
    const line = `neighbor ${node1()} shutdown message back at nine`;
    await cluster.router.configure('router bgp 64512', line);
    const ended = `${lost}the router said: Cease, Administrative Shutdown: "back at nine". `;
    await told('shut-down', stands, ended);
    await gauge('shut-down');
    expect(reasons('shut-down')).toEqual([]);
  });

  test('because both have one router ID names it', async () => {
    const routerID = '192.168.77.1';
    await meet('same-id', { asn: 64_500 }, { peerASN: 64_500, routerID });
    const same = `${failed}the router ID ${routerID} of this node is the router's or another neighbour's as well. Set routerID`;
    await told('same-id', same);
    await gauge('router-id');
    await attempts(3);
    expect(reasons('same-id')).toEqual(['router-id']);
    await cluster.router.configure('router bgp 64500', 'bgp router-id 192.168.77.9');
    await told('same-id', same, stands);
  });

  test('as the router was told too much says so once, and for as long as the router stays away', async () => {
    await cluster.router.stop();
    await cluster.router.start();
    const limit = async (routes: number): Promise<void> =>
      await cluster.router.configure(
        'router bgp 64512',
        'address-family ipv4 unicast',
        `neighbor ${node1()} maximum-prefix ${routes}`,
      );
    await limit(1);
    // FRR counts a route when it has taken it: the third is refused.
    for (const name of ['one', 'two', 'three']) {
      await cluster.advertise(name);
      await cluster.service(name);
    }
    await cluster.peer({ ...onNodes('n1'), connectTime: '1s' }, 'too-many');
    const tooMany = `${lost}the router said: Cease, Maximum Number of Prefixes Reached: AFI 1, SAFI 1, at most 1. Raise the limit`;
    await told('too-many', stands, tooMany);
    await gauge('too-many-routes');
    // FRR closes each connection without a word now, as it does where it has no such neighbour.
    await attempts(12);
    await told('too-many', stands, tooMany);
    await gauge('too-many-routes');
    expect(reasons('too-many')).toEqual([]);
    await limit(10);
    await cluster.router.show('bgpd', `clear bgp ${node1()}`);
    await cluster.sessionsWith('n1');
    await noGauge();
    // It stands anew, which is the same event as before.
    await told('too-many', stands, tooMany);
    await cluster.clean();
  });

  test('any more because the router hangs says so once, until it goes on', async () => {
    await meet('hangs', {}, { holdTime: '3s' });
    await told('hangs', stands);
    cluster.router.freeze();
    const silent = `${lost}the router was not heard of for the hold time. `;
    await told('hangs', stands, silent);
    await gauge('hold-time');
    cluster.router.thaw();
    await cluster.sessionsWith('n1');
    await noGauge();
    expect(reasons('hangs')).toEqual([]);
  });

  test('with a router that comes and goes fills neither the log nor the events', async () => {
    await meet('flaps', {}, { connectTime: '1s' });
    const reset = `${lost}the router said: Cease, Administrative Reset`;
    for (let times = 1; times <= 4; times++) {
      await cluster.sessionsWith('n1');
      await noGauge();
      await cluster.router.show('bgpd', 'clear bgp *');
      await cluster.until('the end in the log', async () => ends('flaps') === times);
    }
    await cluster.sessionsWith('n1');
    await told('flaps', stands, reset);
    expect(reasons('flaps')).toEqual([]);
  });

  test('behind an interface without a router, or one that is not there, names it', async () => {
    await meet('nobody-there', {}, { peerAddress: '', interface: 'eth0' });
    await cluster.peer({ ...onNodes('n1'), peerAddress: '', interface: 'eth9' }, 'no-cable');
    const none = 'SessionFailed: node "n1" gets no session with ';
    await told(
      'no-cable',
      `${none}eth9:179: the interface eth9 cannot be used: eth9: there is no such interface`,
    );
    await told(
      'nobody-there',
      `${none}eth0:179: no router advertisement was heard on the interface eth0. Look at the cable`,
    );
    expect([reasons('no-cable'), reasons('nobody-there')]).toEqual([
      ['no-interface'],
      ['no-router'],
    ]);
    await floodToAll('n1');
    await cluster.router.stop();
    await cluster.router.start({ unnumbered: true });
    await cluster.sessionsWith('lan');
  });
});
