import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, NODES_ASN, onNodes } from './bgp-cluster.ts';
import type { FrrOptions } from './lab-router.ts';
import { ROUTER } from './router-network.ts';

/** Of a process, as its kernel has it. */
function residentMb(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
let cluster: BgpCluster;

describe.skipIf(!hasFrr)('sessions with a router', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start();
    await cluster.advertise('web');
    await cluster.service('web');
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  afterEach(async () => await cluster.removeAll('BGPPeer', 'BFDProfile'));
  keepLogsOfFailures(() => cluster?.lab);

  /** Another FRR, and our peer for it, with a session for each node. */
  async function meet(router: FrrOptions, peer: object = {}): Promise<string> {
    await cluster.router.stop();
    await cluster.router.start(router);
    await cluster.peer(peer);
    await cluster.sessionsWith('n1', 'n2', 'n3');
    const [address = ''] = await cluster.lab.addresses('web');
    return address;
  }

  test('of our own AS tell the preference', async () => {
    const address = await meet({ asn: NODES_ASN }, { peerASN: NODES_ASN });
    await cluster.advertise('web', { localPref: 300 });
    await cluster.until('the preference', async () => {
      const paths = [...(await cluster.router.paths(`${address}/32`)).values()];
      return paths.length === 3 && paths.every(({ localPref }) => localPref === 300);
    });
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    await cluster.advertise('web', { localPref: 0 });
  });

  test('are signed with the password in a Secret, and wait for it', async () => {
    await cluster.router.stop();
    await cluster.router.start({ password: 's3cret' });
    await cluster.peer({ passwordSecret: { name: 'bgp' } });
    await cluster.lab.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bgp', namespace: cluster.lab.namespace },
      type: 'kubernetes.io/basic-auth',
      stringData: { username: '', password: 's3cret' },
    });
    await cluster.sessionsWith('n1', 'n2', 'n3');
  });

  test('over IPv6 tell routes of both families, with the timers and the router ID that were asked for', async () => {
    const times = { holdTime: '30s', keepaliveTime: '10s' };
    const more = { ...times, dualStackAddressFamily: true, routerID: '10.10.10.1' };
    const address = await meet(
      { overIPv6: true, lines: ['timers bgp 60 180'] },
      { peerAddress: ROUTER.ipv6, ...more, ...onNodes('n1', 'n2', 'n3') },
    );
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    const node = cluster.lab.node('n1').addresses.ipv6;
    const shown = await cluster.router.show('bgpd', `show bgp neighbors ${node} json`);
    expect(Object.values(JSON.parse(shown) as object)[0]).toMatchObject({
      remoteRouterId: '10.10.10.1',
      bgpTimerHoldTimeMsecs: 30_000,
      bgpTimerKeepAliveIntervalMsecs: 10_000,
    });
  });

  test('are with the nodes that the peer selects', async () => {
    const address = await meet({});
    await cluster.peer(onNodes('n2'));
    await cluster.sessionsWith('n2');
    await cluster.routed(`${address}/32`, 'n2');
    await cluster.statusIs('web', 'n2 router');
    await cluster.peer({ nodeSelectors: [] });
    await cluster.sessionsWith('n1', 'n2', 'n3');
  });

  test('come back by themselves when the router does', async () => {
    const address = await meet({});
    await cluster.router.stop();
    await cluster.router.start({});
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
  });

  test.each([
    ['alone', {}],
    ['and BFD', { bfdProfile: 'quick' }],
  ])('with graceful restart %s lose no connection while a speaker restarts', async (_, more) => {
    await cluster.apply('BFDProfile', 'quick');
    const peer = { enableGracefulRestart: true, ...more };
    const bfd = 'bfdProfile' in more;
    const address = await meet({ gracefulRestart: true, bfd, checksControlPlane: bfd }, peer);
    if (bfd) await cluster.bfdWithAll();
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    await cluster.answer(address);
    const connections = cluster.connect(address);
    for (const { name, speaker } of cluster.lab.nodes) {
      await speaker.stop();
      const path = (await cluster.router.paths(`${address}/32`)).get(name);
      expect(path?.stale, name).toBe(true);
      expect(await cluster.router.nextHops(`${address}/32`)).toContain(name);
      speaker.restart();
      await speaker.ready();
      await cluster.until('the route anew', async () => {
        const anew = (await cluster.router.paths(`${address}/32`)).get(name);
        return anew?.stale === false;
      });
    }
    const { made, failures } = await connections.stop();
    expect(made).toBeGreaterThan(10);
    expect(failures).toEqual([]);
  });

  test('with graceful restart and BFD end soon when a node falls silent, where the router is not told to ask whether only the speaker did', async () => {
    await cluster.apply('BFDProfile', 'quick');
    const peer = { enableGracefulRestart: true, bfdProfile: 'quick' };
    const address = await meet({ gracefulRestart: true, bfd: true }, peer);
    await cluster.bfdWithAll();
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    const { speaker } = cluster.lab.node('n1');
    speaker.freeze();
    try {
      await cluster.routed(`${address}/32`, 'n2', 'n3');
    } finally {
      speaker.thaw();
    }
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
  });

  test('with graceful restart and BFD lose no connection in a roll-out, where the next speaker starts beside the one it replaces', async () => {
    await cluster.apply('BFDProfile', 'quick');
    const peer = { enableGracefulRestart: true, bfdProfile: 'quick' };
    const address = await meet(
      { gracefulRestart: true, bfd: true, checksControlPlane: true },
      peer,
    );
    await cluster.bfdWithAll();
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    await cluster.answer(address);
    const connections = cluster.connect(address);
    for (const node of cluster.lab.nodes) {
      const before = node.speaker;
      const next = await node.startSpeaker();
      await next.prepared();
      const sessions = await cluster.router.established(node.name);
      await before.stop();
      await next.ready();
      await cluster.until(
        'another session with the node',
        async () => (await cluster.router.established(node.name)) > sessions,
      );
    }
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    const { made, failures } = await connections.stop();
    expect(made).toBeGreaterThan(10);
    expect(failures).toEqual([]);
    await cluster.bfdWithAll();
  });

  test('without it are told of the end of a speaker, so that nothing is sent to its node in vain', async () => {
    const address = await meet({});
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    const { speaker } = cluster.lab.node('n1');
    await speaker.stop();
    await cluster.routed(`${address}/32`, 'n2', 'n3');
    speaker.restart();
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
  });

  test('with BFD end soon when a node falls silent, long before the hold time', async () => {
    await cluster.apply('BFDProfile', 'quick', { transmitInterval: 300, receiveInterval: 300 });
    const address = await meet({ bfd: true }, { bfdProfile: 'quick' });
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    await cluster.bfdWithAll();
    await cluster.until('the gauge', async () =>
      (await cluster.lab.node('n2').speaker.metrics()).includes(
        'metallb_bfd_session_up{peer="192.168.77.1"} 1',
      ),
    );
    // Also where the profile changes meanwhile.
    await cluster.apply('BFDProfile', 'quick', { transmitInterval: 200, receiveInterval: 200 });
    cluster.lab.node('n1').speaker.freeze();
    await cluster.routed(`${address}/32`, 'n2', 'n3');
    cluster.lab.node('n1').speaker.thaw();
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
  });

  test('over IPv6 with BFD end as soon', async () => {
    await cluster.apply('BFDProfile', 'quick', { transmitInterval: 300, receiveInterval: 300 });
    const more = { bfdProfile: 'quick', dualStackAddressFamily: true, peerAddress: ROUTER.ipv6 };
    const address = await meet({ overIPv6: true, bfd: true }, more);
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
    await cluster.bfdWithAll();
    cluster.lab.node('n1').speaker.freeze();
    await cluster.routed(`${address}/32`, 'n2', 'n3');
    cluster.lab.node('n1').speaker.thaw();
    await cluster.routed(`${address}/32`, 'n1', 'n2', 'n3');
  });

  test.each([
    [
      'tells more routes than the Internet has',
      'flood',
      'metallb_bgp_updates_total_received',
      1900,
    ],
    [
      'asks for all routes again and again, and reads nothing',
      'deaf',
      'metallb_bgp_updates_total',
      10,
    ],
  ] as const)('with a router that %s take no memory', async (_, what, counter, least) => {
    const address = await meet({});
    await cluster.peer(onNodes('n1'));
    await cluster.routed(`${address}/32`, 'n1');
    const { speaker } = cluster.lab.node('n1');
    const beforeMb = residentMb(speaker.pid);
    await cluster.router.stop();
    await attacked(what, counter, least);
    expect(residentMb(speaker.pid) - beforeMb).toBeLessThan(32);
    await cluster.router.start({});
    await cluster.routed(`${address}/32`, 'n1');
  });

  /** Stays established while the router does what it does, until a counter has come to this. */
  async function attacked(what: 'flood' | 'deaf', counter: string, least: number): Promise<void> {
    await using _hostile = await cluster.harm(what);
    const { speaker } = cluster.lab.node('n1');
    const up = 'metallb_bgp_session_up{peer="192.168.77.1:179"} 1';
    const updates = await cluster.until(counter, async () => {
      const metrics = await speaker.metrics();
      const count = Number(new RegExp(`${counter}\\{.*\\} (\\d+)`).exec(metrics)?.[1]);
      return metrics.includes(up) && count > least && count;
    });
    // Who asks half a million times is answered ten times a second at most.
    expect(updates).toBeLessThan(5000);
  }
});
