import { SimClock, SimLan, type SimObserver, type SimPort } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { Responder, formatAddress } from '../src/index.ts';
import { ASKER_MAC, OUR_MAC, arpRequest, hex, solicitation, toHex } from './frames.ts';

const V4 = '192.0.2.10';
const V6 = 'fc00:f853:ccd:e799::1';

describe.each([
  ['answers by itself what the responder allows', true],
  ['leaves all answers to the responder', false],
])('over a link that %s', (_, byItself) => {
  let clock: SimClock;
  let port: SimPort;
  let peer: SimObserver;
  let counts: string[];
  let responder: Responder;

  beforeEach(() => {
    clock = new SimClock();
    const lan = new SimLan({ clock });
    port = lan.attach('eth0', OUR_MAC);
    if (!byItself) delete port.answerFrom;
    peer = lan.observe(ASKER_MAC);
    counts = [];
    const metrics = {
      requestReceived: (address: string) => void counts.push(`received ${address}`),
      replySent: (address: string) => void counts.push(`replied ${address}`),
      announcementSent: (address: string) => void counts.push(`announced ${address}`),
      dropped: (reason: string, address?: string) =>
        void counts.push(`dropped ${reason} ${address ?? ''}`.trim()),
    };
    responder = new Responder({ link: port, clock, metrics });
    responder.start();
  });

  /** What is heard on the wire while `frame` is asked: hexadecimal frames that go to the asker alone. */
  async function ask(frame: Uint8Array): Promise<string[]> {
    peer.received.length = 0;
    peer.send(frame);
    await clock.advance(1);
    return peer.received.map(toHex).filter((one) => one.startsWith(toHex(ASKER_MAC)));
  }
  /** When announcements were heard, in milliseconds from now, over the next `ms`. */
  async function announcedWithin(ms: number): Promise<number[]> {
    const startMs = clock.nowMs();
    const heard: number[] = [];
    peer.received.length = 0;
    for (let step = 0; step < ms; step += 100) {
      if (peer.received.length > 0) heard.push(clock.nowMs() - startMs);
      peer.received.length = 0;
      await clock.advance(100);
    }
    return heard;
  }

  describe('answering', () => {
    test('an owned address is answered for, over ARP and NDP, and counted', async () => {
      responder.own(V4, Infinity);
      responder.own(V6, Infinity);
      await clock.advance(10_000);
      counts.length = 0;
      expect(await ask(arpRequest(V4))).toHaveLength(1);
      expect(await ask(solicitation(V6))).toHaveLength(1);
      expect(counts).toEqual([
        `received ${V4}`,
        `replied ${V4}`,
        `received ${V6}`,
        `replied ${V6}`,
      ]);
    });

    test('an address that nobody gave us is not answered for', async () => {
      responder.own(V4, Infinity);
      expect(await ask(arpRequest('192.0.2.11'))).toEqual([]);
      expect(counts).toContain('dropped not-owned');
    });

    test('the right to answer ends with its deadline, to the millisecond, without anybody acting', async () => {
      responder.own(V4, 500);
      await clock.advance(498);
      expect(await ask(arpRequest(V4))).toHaveLength(1);
      await clock.advance(1);
      expect(clock.nowMs()).toBe(500);
      expect(await ask(arpRequest(V4))).toEqual([]);
      expect(counts.at(-1)).toBe(`dropped right-ended ${V4}`);
    });

    test('the link is told the end of the right on its own clock, for answers and announcements alike', () => {
      const told: (number | undefined)[] = [];
      let deliver: (frame: Uint8Array) => void = () => {};
      const ahead = new Responder({
        clock,
        link: {
          interfaceName: 'eth0',
          mac: hex('020000000001'),
          up: true,
          watch: () => {},
          close: () => {},
          listen: (listener) => void (deliver = (frame) => listener.onFrame(frame)),
          nowMs: () => clock.nowMs() + 1_000_000,
          send: (_frame, notAfterMs) => {
            told.push(notAfterMs);
            return 'sent';
          },
        },
      });
      ahead.start();
      ahead.own(V4, 500);
      deliver(arpRequest(V4));
      expect(told).toEqual([1_000_500, 1_000_500, 1_000_500]);
    });

    test('a deadline that is moved on keeps the right, one that is moved back ends it', async () => {
      responder.own(V4, 500);
      expect(responder.extend(V4, 2000)).toBe(true);
      await clock.advance(1000);
      expect(await ask(arpRequest(V4))).toHaveLength(1);
      responder.extend(V4, clock.nowMs());
      expect(await ask(arpRequest(V4))).toEqual([]);
    });

    test('a deadline that is a function is asked for every packet', async () => {
      let untilMs = 500;
      responder.own(V4, () => untilMs);
      await clock.advance(1000);
      expect(await ask(arpRequest(V4))).toEqual([]);
      untilMs = 5000;
      expect(await ask(arpRequest(V4))).toHaveLength(1);
    });

    test('a deadline that is a function and became earlier ends the right, told or not', async () => {
      let untilMs = 5000;
      responder.own(V4, () => untilMs);
      await clock.advance(10);
      expect(await ask(arpRequest(V4))).toHaveLength(1);
      untilMs = clock.nowMs();
      expect(await ask(arpRequest(V4))).toEqual([]);
      untilMs = 5000;
      responder.refresh();
      expect(await ask(arpRequest(V4))).toHaveLength(1);
      untilMs = clock.nowMs();
      responder.refresh();
      expect(await ask(arpRequest(V4))).toEqual([]);
    });

    test('a right that went on without a word is found with the next question, also by one who is told', async () => {
      let untilMs = 500;
      responder.own(V4, () => untilMs);
      responder.refresh();
      await clock.advance(1000);
      untilMs = 5000;
      for (let question = 0; question < 3; question++) {
        expect(await ask(arpRequest(V4))).toHaveLength(1);
      }
      expect(counts.filter((one) => one.startsWith('dropped'))).toEqual([]);
    });

    test('standing by for addresses changes what is listened for once, and owning and disowning them then never', async () => {
      const watched: string[][] = [];
      const watch = port.watch.bind(port);
      port.watch = (addresses) => {
        watched.push([...addresses.ipv4, ...addresses.ipv6].map((bytes) => formatAddress(bytes)));
        watch(addresses);
      };
      responder.standBy(V4);
      responder.standBy(V6);
      expect(await ask(arpRequest(V4))).toEqual([]);
      responder.own(V4, Infinity);
      expect(await ask(arpRequest(V4))).toHaveLength(1);
      responder.disown(V4);
      expect(await ask(arpRequest(V4))).toEqual([]);
      expect(watched).toEqual([[V4, V6]]);
      responder.own('192.0.2.77', Infinity);
      responder.disown('192.0.2.77');
      expect(watched.slice(1)).toEqual([
        [V4, '192.0.2.77', V6],
        [V4, V6],
      ]);
    });

    test('who no longer stands by for an address still listens for it while it is owned', async () => {
      responder.standBy(V4);
      responder.own(V4, Infinity);
      responder.standDown(V4);
      await clock.advance(1);
      expect(await ask(arpRequest(V4))).toHaveLength(1);
    });

    test('an address that is not owned cannot be extended', () => {
      expect(responder.extend(V4, 2000)).toBe(false);
      expect(responder.addresses()).toEqual([]);
    });

    test('a disowned address is silent at once', async () => {
      responder.own(V4, Infinity);
      responder.disown(V4);
      expect(await ask(arpRequest(V4))).toEqual([]);
      responder.disown(V4);
      expect(responder.addresses()).toEqual([]);
    });

    test('a set takes over what is new and gives up what is missing', async () => {
      responder.own(V4, Infinity);
      responder.set([
        { address: V6, untilMs: Infinity },
        { address: hex('c000020b'), untilMs: Infinity },
      ]);
      expect(responder.addresses()).toEqual(['192.0.2.11', V6]);
      expect(await ask(arpRequest(V4))).toEqual([]);
      expect(await ask(arpRequest('192.0.2.11'))).toHaveLength(1);
      expect(await ask(solicitation(V6))).toHaveLength(1);
    });

    test('a new hardware address is the one in the next answer', async () => {
      responder.own(V4, Infinity);
      port.setLink('down');
      port.setLink('up', hex('0200000000dd'));
      expect((await ask(arpRequest(V4)))[0]?.slice(12, 24)).toBe('0200000000dd');
    });

    test('an answer that could not leave is not counted as sent', async () => {
      const broken = {
        interfaceName: 'eth1',
        mac: OUR_MAC,
        up: true,
        watch: () => {},
        close: () => {},
        send: () => 'full' as const,
        nowMs: () => clock.nowMs(),
      };
      let deliver: (frame: Uint8Array) => void = () => {};
      const metrics = {
        requestReceived: () => void counts.push('received'),
        replySent: () => void counts.push('replied'),
        announcementSent: () => void counts.push('announced'),
        dropped: () => {},
      };
      const other = new Responder({
        link: {
          ...broken,
          listen: (listener) => void (deliver = (frame) => listener.onFrame(frame)),
        },
        clock,
        metrics,
      });
      other.start();
      other.own(V4, Infinity);
      deliver(arpRequest(V4));
      expect(counts).toEqual(['received']);
    });

    test('text that is no address, and bytes of a wrong length, are refused', () => {
      expect(() => responder.own('node-a', Infinity)).toThrow(
        '"node-a" is not an IPv4 or IPv6 address',
      );
      expect(() => responder.own(hex('0102'), Infinity)).toThrow('4 or 16 bytes, not 2');
    });
  });

  describe('announcing', () => {
    test('an address is announced five times in 4.4 s when it becomes ours, two frames a round', async () => {
      responder.own(V4, Infinity);
      expect(await announcedWithin(20_000)).toEqual(
        [100, 1100, 2200, 3300, 4400].map((ms) => Math.max(ms, 100)),
      );
      expect(counts).toEqual(Array.from({ length: 10 }, () => `announced ${V4}`));
      expect(clock.pending).toBe(0);
    });

    test('to own it again while the right runs announces nothing', async () => {
      responder.own(V4, Infinity);
      await clock.advance(10_000);
      responder.own(V4, Infinity);
      responder.extend(V4, 99_000);
      expect(await announcedWithin(5000)).toEqual([]);
    });

    test('an address whose right had ended is announced when the right begins again', async () => {
      responder.own(V4, 10_000);
      await clock.advance(20_000);
      responder.extend(V4, 40_000);
      expect(await announcedWithin(10_000)).toHaveLength(5);
    });

    test('the rounds stop when the right ends', async () => {
      responder.own(V4, 2000);
      await clock.advance(20_000);
      expect(counts).toHaveLength(4);
      expect(clock.pending).toBe(0);
    });

    test('the rounds stop when the address is disowned', async () => {
      responder.own(V4, Infinity);
      await clock.advance(1200);
      responder.disown(V4);
      expect(clock.pending).toBe(0);
      expect(await announcedWithin(5000)).toEqual([]);
    });

    test('a right that has ended already is not announced', async () => {
      await clock.advance(100);
      responder.own(V4, 100);
      expect(await announcedWithin(5000)).toEqual([]);
    });

    test('all that may be answered for is announced again when the link comes up', async () => {
      responder.own(V4, Infinity);
      responder.own(V6, Infinity);
      responder.own('192.0.2.66', 5000);
      await clock.advance(10_000);
      counts.length = 0;
      port.setLink('down');
      port.setLink('up');
      await clock.advance(10_000);
      expect(counts.filter((one) => one === `announced ${V4}`)).toHaveLength(10);
      expect(counts.filter((one) => one === `announced ${V6}`)).toHaveLength(5);
      expect(counts).toHaveLength(15);
    });

    test('while the link is down nothing is counted as announced', async () => {
      port.setLink('down');
      responder.own(V4, Infinity);
      await clock.advance(10_000);
      expect(counts).toEqual([]);
    });
  });

  test('a closed responder is silent, leaves no timer, and owns nothing any more', async () => {
    responder.own(V4, Infinity);
    responder.close();
    responder.close();
    expect(clock.pending).toBe(2); // The two announcements that are on the wire already.
    expect(await ask(arpRequest(V4))).toEqual([]);
    expect(responder.addresses()).toEqual([]);
    expect(() => responder.own(V4, Infinity)).toThrow('closed');
  });
});
