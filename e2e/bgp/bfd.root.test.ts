import { type BfdSession, BfdSpeaker, type BfdStateName, DIAGNOSTIC } from '@picluster/bfd';
import { BfdReceiver, BfdSender } from '@picluster/packet-socket';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../lab/wait-for.ts';
import { BirdBfd, FrrBfd } from './bfd-router.ts';
import { isInstalled, OURS, plugIn, THEIRS, unplug } from './router.ts';

const inLab = process.env['PICLUSTER_LAB'] === '1';

/** Timers run after the poll that follows their time: what had come by then is read first. */
const clock = {
  nowMs: () => performance.now(),
  timer: (ms: number, fire: () => void): Disposable => {
    let immediate: NodeJS.Immediate | undefined;
    const timeout = setTimeout(() => (immediate = setImmediate(fire)), ms);
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timeout);
        clearImmediate(immediate);
      },
    };
  },
};

describe.each([new FrrBfd(), new BirdBfd()])('BFD of $name', (router) => {
  describe.skipIf(!inLab || !isInstalled(router.program))('and ours', () => {
    const intervalMs = 300;
    let closing: (() => void)[] = [];
    let states: { readonly to: BfdStateName; readonly diagnostic: number }[] = [];

    beforeAll(() => plugIn());
    afterAll(unplug);
    afterEach(async () => {
      for (const close of closing.splice(0)) close();
      await router.stop();
    });

    function begin(over: 'ipv4' | 'ipv6', multiHop = false, passive = false): BfdSession {
      const speaker = new BfdSpeaker(Math.random);
      // BIRD sends over several hops with the system's TTL.
      const hops = multiHop ? { minTtl: 60 } : {};
      const receiver = new BfdReceiver({ address: OURS[over], ...hops }, (bytes, from) => {
        speaker.receive(bytes, from);
      });
      const ends = { from: OURS[over], to: THEIRS[over] };
      const sender = new BfdSender({ ...ends, multiHop }, Math.random);
      states = [];
      const deps = {
        clock,
        send: (bytes: Uint8Array) => sender.send(bytes),
        onState: (to: BfdStateName, _: BfdStateName, diagnostic: number) => {
          states.push({ to, diagnostic });
        },
      };
      const timings = { transmitIntervalMs: intervalMs, receiveIntervalMs: intervalMs };
      const session = speaker.add(THEIRS[over], deps, { ...timings, passive });
      session.start();
      closing = [
        () => void session.stop(),
        () => receiver[Symbol.dispose](),
        () => sender[Symbol.dispose](),
      ];
      return session;
    }

    const up = (session: BfdSession): Promise<boolean> =>
      waitFor('a session', () => session.state === 'Up' && router.isUp());

    test.each([
      ['IPv4, a neighbour', 'ipv4', false],
      ['IPv6, a neighbour', 'ipv6', false],
      ['IPv4, several hops', 'ipv4', true],
      ['IPv6, several hops', 'ipv6', true],
    ] as const)('come up over %s', async (_, over, multiHop) => {
      await router.start({ over, intervalMs, multiHop });
      const session = begin(over, multiHop);
      await up(session);
      expect(states.map(({ to }) => to).slice(-1)).toEqual(['Up']);
    });

    test('come up where we wait for the router', async () => {
      await router.start({ over: 'ipv4', intervalMs });
      const session = begin('ipv4', false, true);
      await up(session);
      expect(session.state).toBe('Up');
    });

    test('each notice that the other is silent', async () => {
      await router.start({ over: 'ipv4', intervalMs });
      const session = begin('ipv4');
      await up(session);
      router.signal('SIGSTOP');
      await waitFor('Down', () => session.state === 'Down');
      router.signal('SIGCONT');
      expect(states.at(-1)?.diagnostic).toBe(DIAGNOSTIC.CONTROL_DETECTION_TIME_EXPIRED);
      await up(session);
      for (const close of closing.splice(1)) close();
      await waitFor('Down', () => !router.isUp());
    });

    test('stay up while we change the timings', async () => {
      await router.start({ over: 'ipv4', intervalMs });
      const session = begin('ipv4');
      await up(session);
      const before = states.length;
      session.change({ transmitIntervalMs: 100, receiveIntervalMs: 1000, detectMultiplier: 5 });
      await new Promise((resolve) => void setTimeout(resolve, 4000));
      expect([states.length, session.state, router.isUp()]).toEqual([before, 'Up', true]);
    });

    test('say that an end is on purpose', async () => {
      await router.start({ over: 'ipv4', intervalMs });
      const session = begin('ipv4');
      await up(session);
      await session.stop();
      expect(router.isUp()).toBe(false);
    });
  });
});
