import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../lab/wait-for.ts';
import { Bird } from './bird.ts';
import { ExaBgp } from './exabgp.ts';
import { Frr } from './frr.ts';
import { GoBgp } from './gobgp.ts';
import { type OurOptions, OurSpeaker } from './our-speaker.ts';
import { isInstalled, OURS, plugIn, type RouterConfig, THEIRS, unplug } from './router.ts';

const inLab = process.env['PICLUSTER_LAB'] === '1';
const EXTERNAL = 64_513;

describe.each([new Frr(), new Bird(), new GoBgp(), new ExaBgp()])('$name', (router) => {
  describe.skipIf(!inLab || !isInstalled(router.program))('and we', () => {
    let ours: OurSpeaker | undefined;

    beforeAll(() => plugIn());
    afterAll(unplug);
    afterEach(async () => {
      await ours?.[Symbol.asyncDispose]();
      await router.stop();
    });

    async function meet(
      config: Partial<RouterConfig> = {},
      options: Partial<OurOptions['session']> = {},
      socket: OurOptions['socket'] = {},
    ): Promise<OurSpeaker> {
      const complete = { asn: EXTERNAL, over: 'ipv4', ...config } as const;
      await router.start(complete);
      const { asn, over } = complete;
      ours = new OurSpeaker({ over, session: { peerAsn: asn, ...options }, socket });
      ours.peer.start();
      return ours;
    }

    async function establish(...how: Parameters<typeof meet>): Promise<OurSpeaker> {
      const met = await meet(...how);
      await waitFor('a session', () => met.session !== undefined && router.isEstablished());
      return met;
    }

    const ipv4 = ['198.51.100.1/32', '198.51.100.128/25'];
    const ipv6 = ['2001:db8:1::1/128', '2001:db8:2::/48'];

    test.each([
      ['eBGP', 'IPv4', EXTERNAL, 'ipv4'],
      ['eBGP', 'IPv6', EXTERNAL, 'ipv6'],
      ['iBGP', 'IPv4', OURS.asn, 'ipv4'],
      ['iBGP', 'IPv6', OURS.asn, 'ipv6'],
    ] as const)(
      'tell each other routes of both families, %s over %s',
      async (kind, _, asn, over) => {
        const announces = ['203.0.113.0/24', '2001:db8:3::/48'];
        const met = await establish({ asn, over, announces });
        met.announce([...ipv4, ...ipv6], [{ type: 'COMMUNITIES', communities: ['64512:100'] }]);
        const asPath = kind === 'eBGP' ? '64512' : '';
        const shown = (nextHop: string) => ({ nextHop, asPath, communities: ['64512:100'] });
        await waitFor('the IPv6 routes', () => router.routes('ipv6').size === 2);
        await waitFor('the IPv4 routes', () => router.routes('ipv4').size === 2);
        expect(router.routes('ipv4')).toEqual(
          new Map(ipv4.map((each) => [each, shown(OURS.ipv4)])),
        );
        expect(router.routes('ipv6')).toEqual(
          new Map(ipv6.map((each) => [each, shown(OURS.ipv6)])),
        );
        // Some tell us our own routes, too.
        const heard = () => announces.map((prefix) => met.heard.get(prefix));
        await waitFor('the router’s routes', () => !heard().includes(undefined));
        expect(heard()).toEqual([THEIRS.ipv4, THEIRS.ipv6]);
      },
    );

    test('withdraw routes one by one', async () => {
      const met = await establish();
      met.announce([...ipv4, ...ipv6]);
      await waitFor('the routes', () => router.routes('ipv6').size === 2);
      met.announce([ipv4[0] ?? '']);
      await waitFor('no IPv6 routes', () => router.routes('ipv6').size === 0);
      expect([...router.routes('ipv4').keys()]).toEqual([ipv4[0]]);
    });

    test('mark the end of the routes', async () => {
      const met = await establish({ gracefulRestart: true }, { gracefulRestart: {} });
      await waitFor('both ends', () => met.ends.length === 2);
      expect(met.ends.toSorted()).toEqual(['ipv4-unicast', 'ipv6-unicast']);
    });

    test('sign with a password; with another one there is no session', async () => {
      const met = await establish({ password: 'a-secret' }, {}, { password: 'a-secret' });
      expect(met.peer.status.phase).toBe('Established');
      await met[Symbol.asyncDispose]();
      ours = new OurSpeaker({
        over: 'ipv4',
        session: { peerAsn: EXTERNAL, connectTimeoutMs: 500 },
        socket: { password: 'another' },
      });
      ours.peer.start();
      await waitFor('a timeout', () => ours?.peer.status.lastEnd === 'no answer in time');
      expect(ours.session).toBeUndefined();
    });

    test('come together whoever connects, signed or not', async () => {
      const passive = await establish({ passive: true });
      expect(passive.peer.status.phase).toBe('Established');
      await passive[Symbol.asyncDispose]();
      await router.stop();
      const password = 'a-secret';
      const dialed = await establish({ password }, { mode: 'passive' }, { password });
      expect(dialed.peer.status.phase).toBe('Established');
    });

    test('take only neighbours where both have TTL security', async () => {
      const met = await establish({ ttlSecurity: true }, {}, { ttl: 255, minTtl: 255 });
      expect(met.peer.status.phase).toBe('Established');
    });

    test('end the session when the other is silent for the hold time', async () => {
      const met = await establish({ holdTimeS: 3 }, { holdTimeS: 3 });
      router.signal('SIGSTOP');
      await waitFor('an end', () => met.downs.length > 0);
      router.signal('SIGCONT');
      expect(met.downs[0]?.reason).toBe('we said: Hold Timer Expired');
    });

    test('are back after the other was killed', async () => {
      const met = await establish();
      met.announce(ipv4);
      router.signal('SIGKILL');
      await waitFor('an end', () => met.session === undefined);
      await router.start({ asn: EXTERNAL, over: 'ipv4' });
      await waitFor('the routes again', () => router.routes('ipv4').size === 2);
      expect(met.peer.status.phase).toBe('Established');
    });

    test.runIf(router.keepsRoutes)(
      'keep our routes while we restart, and lose them when we stop for good',
      async () => {
        const met = await establish({ gracefulRestart: true }, { gracefulRestart: {} });
        met.announce(ipv4);
        await waitFor('the routes', () => router.routes('ipv4').size === 2);
        met.peer.stop('restart');
        await waitFor('an end', () => !router.isEstablished());
        expect([...router.routes('ipv4').keys()].toSorted()).toEqual(ipv4);
        met.peer.start(true);
        await waitFor('a session', () => met.session !== undefined && router.isEstablished());
        expect([...router.routes('ipv4').keys()].toSorted()).toEqual(ipv4);
        met.peer.stop('shutdown');
        await waitFor('no routes', () => router.routes('ipv4').size === 0);
      },
    );

    test.runIf(router.keepsRoutes)('we keep its routes while it restarts', async () => {
      const announces = ['203.0.113.0/24', '2001:db8:3::/48'];
      const config = { gracefulRestart: true, announces };
      const met = await establish(config, { gracefulRestart: {} });
      await waitFor('both ends', () => met.ends.length === 2);
      router.signal('SIGKILL');
      await waitFor('an end', () => met.session === undefined);
      expect(met.downs[0]?.retained).toEqual(['ipv4-unicast', 'ipv6-unicast']);
      for (const prefix of announces) expect([...met.heard.keys()]).toContain(prefix);
      await router.start({ asn: EXTERNAL, over: 'ipv4', ...config });
      await waitFor('both ends again', () => met.ends.length === 4);
      // What it had not told again by then would go now, or has gone as soon as it was back.
      expect(new Set(met.flushed)).toEqual(new Set(['ipv4-unicast', 'ipv6-unicast']));
    });

    test('say why there is no session with another AS', async () => {
      const met = await meet({ asn: 65_000 }, { peerAsn: EXTERNAL });
      await waitFor('the reason', () => /Bad Peer AS/.test(met.peer.status.lastEnd ?? ''));
      expect(met.session).toBeUndefined();
    });
  });
});
