import { parseAddress, RouterFinder } from '@picluster/arp-responder';
import type { Dialer } from '@picluster/bgp';
import { openLinkSocket, TcpDialer } from '@picluster/packet-socket';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../lab/wait-for.ts';
import { Bird } from './bird.ts';
import { Frr } from './frr.ts';
import { clock, OurSpeaker } from './our-speaker.ts';
import { installed, isInstalled, OURS, plugIn, THEIRS, unplug } from './router.ts';

const inLab = process.env['PICLUSTER_LAB'] === '1';
const router = new Bird();

describe.skipIf(!inLab || !isInstalled(router.program))('over link-local addresses alone', () => {
  const asn = 64_513;
  let ours: OurSpeaker | undefined;

  beforeAll(() => plugIn());
  afterAll(unplug);
  afterEach(async () => {
    await ours?.[Symbol.asyncDispose]();
    await router.stop();
  });

  test.each([
    ['we connect', { passive: true }, 'active'],
    ['the router connects', { passive: false }, 'passive'],
  ] as const)('routes of both families pass, with IPv6 next hops: %s', async (_, config, mode) => {
    const announces = ['203.0.113.0/24', '2001:db8:3::/48'];
    await router.start({ asn, over: 'linkLocal', announces, ...config });
    const session = { peerAsn: asn, extendedNextHop: true, mode };
    const met = new OurSpeaker({ over: 'linkLocal', session });
    ours = met;
    met.peer.start();
    await waitFor('a session', () => met.session !== undefined && router.isEstablished());
    expect(met.session?.negotiated.extendedNextHop).toBe(true);
    expect(met.session?.remoteAddress).toBe(THEIRS.linkLocal);
    met.announce(['198.51.100.1/32', '2001:db8:1::1/128']);
    await waitFor('the IPv4 route', () => router.routes('ipv4').size === 1);
    await waitFor('the IPv6 route', () => router.routes('ipv6').size === 1);
    const nextHop = OURS.linkLocal.replace('%bgp0', '');
    for (const family of ['ipv4', 'ipv6'] as const) {
      const [shown] = router.routes(family).values();
      expect(shown?.nextHop, family).toBe(nextHop);
    }
    await waitFor('its routes', () => announces.every((prefix) => met.heard.has(prefix)));
    for (const prefix of announces) expect(met.heard.get(prefix)).toContain(':');
  });
});

describe.skipIf(!inLab || !isInstalled('/usr/lib/frr/bgpd'))(
  'with FRR, both told the interface alone',
  () => {
    const frr = new Frr();
    const asn = 64_513;
    const nextHop = OURS.linkLocal.replace('%bgp0', '');
    const announces = ['203.0.113.0/24', '2001:db8:3::/48'];
    const ourPrefixes = ['198.51.100.1/32', '2001:db8:1::1/128'];
    let closing: (() => unknown)[] = [];

    beforeAll(() => plugIn({ unnumbered: true }));
    afterAll(unplug);
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
      await frr.stop();
    });

    /** Our speaker, which begins as soon as it has found a router. */
    function begin(mode: 'active' | 'passive', ttlSecurity: boolean): OurSpeaker {
      const socket = { ttl: 255, ...(ttlSecurity && { minTtl: 255 }) };
      const dialer: Dialer = {
        dial: (listener) =>
          new TcpDialer({ address: finder.router ?? '', port: 179, ...socket }).dial(listener),
      };
      const session = { peerAsn: 'external', extendedNextHop: true, mode } as const;
      const ours = new OurSpeaker({ over: 'linkLocal', session, dialer, socket });
      const finder = new RouterFinder({
        link: openLinkSocket({ interfaceName: 'bgp0' }),
        linkLocal: () => parseAddress(nextHop),
        clock,
        random: Math.random,
        onRouter: (address) => {
          if (address !== undefined) ours.peer.start();
        },
      });
      finder.start();
      closing = [() => finder[Symbol.dispose](), () => ours[Symbol.asyncDispose]()];
      return ours;
    }

    test.each([
      ['we connect', { passive: true }, 'active'],
      ['FRR connects', { passive: false }, 'passive'],
      ['we connect, to neighbours alone', { passive: true, ttlSecurity: true }, 'active'],
    ] as const)(
      'each finds the other, and routes of both families pass: %s',
      async (_, config, mode) => {
        await frr.start({ asn, over: 'linkLocal', unnumbered: true, announces, ...config });
        const met = begin(mode, 'ttlSecurity' in config);
        await waitFor('a session', () => met.session !== undefined && frr.isEstablished());
        expect(met.session?.remoteAddress).toBe(THEIRS.linkLocal);
        met.announce(ourPrefixes);
        for (const prefix of ourPrefixes) {
          await waitFor(prefix, () => installed(prefix).includes(`${nextHop} bgp0`));
        }
        await waitFor('its routes', () => announces.every((prefix) => met.heard.has(prefix)));
        for (const prefix of announces) expect(met.heard.get(prefix)).toContain(':');
        // It has heard us as a router, and took us for none of its own.
        expect(installed('::/0')).toEqual([]);
        met.announce([]);
        await waitFor('no routes', () => ourPrefixes.every((each) => installed(each).length === 0));
      },
    );
  },
);
