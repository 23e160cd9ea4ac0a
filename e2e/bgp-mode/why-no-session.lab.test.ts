import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, onNodes } from './bgp-cluster.ts';
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

  /** The reasons that the log of the speaker gives for a BGPPeer, a line each. */
  function reasons(name: string): unknown[] {
    return readFileSync(cluster.lab.node('n1').speaker.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"bgp session failed"'))
      .map((line) => JSON.parse(line) as { readonly peer: string; readonly reason: string })
      .filter(({ peer }) => peer === name)
      .map(({ reason }) => reason);
  }

  async function gauge(reason: string): Promise<void> {
    const series = `picluster_bgp_session_down{peer="192.168.77.1:179",reason="${reason}"} 1`;
    await cluster.until(series, async () =>
      (await cluster.lab.node('n1').speaker.metrics()).includes(series),
    );
  }

  const failed = 'SessionFailed: node "n1" gets no session with 192.168.77.1:179: ';
  const stands = 'SessionUp: node "n1" has a session with 192.168.77.1:179';

  test('for a wrong peerASN has one event and one line that tell both, however often it is tried', async () => {
    await meet('wrong-as', {}, { peerASN: 64_513 });
    const both = `${failed}the router is in AS 64512, the BGPPeer expects 64513. Set peerASN`;
    await told('wrong-as', both);
    await gauge('wrong-as');
    await cluster.until('more attempts', async () => {
      const metrics = await cluster.lab.node('n1').speaker.metrics();
      const opens = /metallb_bgp_opens_sent\{peer="192.168.77.1:179"\} (\d+)/.exec(metrics);
      return Number(opens?.[1]) > 3;
    });
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
    await told('password', `${failed}the router gives no answer. Compare the password`);
    await gauge('no-answer');
    expect(reasons('password')).toEqual(['no-answer']);
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
    const neighbour = cluster.lab.node('n1').addresses.ipv4;
    const line = `neighbor ${neighbour} shutdown message back at nine`;
    await cluster.router.configure('router bgp 64512', line);
    await told(
      'shut-down',
      stands,
      'SessionDown: node "n1" has lost the session with 192.168.77.1:179: the router said: Cease, Administrative Shutdown: "back at nine". ',
    );
    await gauge('shut-down');
    expect(reasons('shut-down')).toEqual([]);
  });
});
