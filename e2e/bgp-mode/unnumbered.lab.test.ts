import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInstalled } from '../bgp/router.ts';
import { keepLogsOfFailures } from '../lab/failures.ts';
import { BgpCluster, floodToAll, onNodes } from './bgp-cluster.ts';

const hasFrr = isInstalled('/usr/lib/frr/bgpd');
let cluster: BgpCluster;

describe.skipIf(!hasFrr)('a BGPPeer that names an interface', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    cluster = await BgpCluster.start({ unnumbered: true, bfd: true });
    await floodToAll('n1');
    await cluster.apply('BFDProfile', 'quick', { transmitInterval: 300, receiveInterval: 300 });
    await cluster.advertise('web');
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());
  keepLogsOfFailures(() => cluster?.lab);

  test('has a session with the router that is found there, routes of both families, and BFD', async () => {
    await cluster.service('web', { family: 'dual' });
    const [ipv4 = '', ipv6 = ''] = await cluster.lab.addresses('web');
    const link = { peerAddress: '', interface: 'eth0', bfdProfile: 'quick' };
    await cluster.peer({ ...link, ...onNodes('n1') });
    await cluster.sessionsWith('lan');
    await cluster.routed(`${ipv4}/32`, 'n1');
    await cluster.routed(`${ipv6}/128`, 'n1');
    expect(await cluster.answer(ipv4)).not.toBe('');
    expect(await cluster.answer(ipv6)).not.toBe('');
    await cluster.statusIs('web', 'n1 router');
    await cluster.until('the gauges', async () => {
      const metrics = await cluster.lab.node('n1').speaker.metrics();
      return (
        metrics.includes('metallb_bgp_session_up{peer="eth0:179"} 1') &&
        /metallb_bfd_session_up\{peer="fe80::[^"]*%eth0"\} 1/.test(metrics)
      );
    });
  });

  test('loses it soon when its node falls silent, and finds the router anew when that is another process', async () => {
    const [ipv4 = ''] = await cluster.lab.addresses('web');
    const { speaker } = cluster.lab.node('n1');
    speaker.freeze();
    await cluster.routed(`${ipv4}/32`);
    speaker.thaw();
    await cluster.routed(`${ipv4}/32`, 'n1');
    await cluster.router.stop();
    await cluster.router.start({ unnumbered: true, bfd: true });
    await cluster.routed(`${ipv4}/32`, 'n1');
  });
});
