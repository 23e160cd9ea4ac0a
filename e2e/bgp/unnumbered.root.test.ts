import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../lab/wait-for.ts';
import { Bird } from './bird.ts';
import { OurSpeaker } from './our-speaker.ts';
import { isInstalled, OURS, plugIn, THEIRS, unplug } from './router.ts';

const inLab = process.env['PICLUSTER_LAB'] === '1';
const router = new Bird();

describe.skipIf(!inLab || !isInstalled(router.program))('over link-local addresses alone', () => {
  const asn = 64_513;
  let ours: OurSpeaker | undefined;

  beforeAll(plugIn);
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
