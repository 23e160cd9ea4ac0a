import { SimClock, SimLan } from '@picluster/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ECHO_TYPE,
  Responder,
  answerEcho,
  encodeEthernet,
  encodeIcmp,
  encodeIcmpv6,
  encodeIpv4,
  encodeIpv6,
  formatAddress,
  isEchoRequest,
  type AnswerRights,
} from '../src/index.ts';
import { TokenBucket } from '../src/token-bucket.ts';
import { ASKER_MAC, OUR_MAC, arpRequest, hex, ip, solicitation, toHex } from './frames.ts';

const V4 = '192.0.2.10';
const V6 = '2001:db8::10';
const rights: AnswerRights = {
  check: (frame, offset, length) =>
    [V4, V6].includes(formatAddress(frame.subarray(offset, offset + length)))
      ? 'granted'
      : 'not-owned',
};
const BODY = hex('1234 0001 3031');

interface Change {
  readonly source?: string;
  readonly type?: number;
  readonly code?: number;
  readonly protocol?: number;
  readonly mac?: Uint8Array;
  readonly from?: Uint8Array;
  readonly moreFragments?: boolean;
  readonly fragmentOffset?: number;
  readonly options?: Uint8Array;
}

function ping(target: string, change: Change = {}): Uint8Array {
  const six = target.includes(':');
  const ends = {
    source: ip(change.source ?? (six ? '2001:db8::99' : '192.0.2.99')),
    destination: ip(target),
  };
  const { type = six ? ECHO_TYPE.ICMPV6_REQUEST : ECHO_TYPE.ICMP_REQUEST, code = 0 } = change;
  const message = { type, code, body: BODY };
  const payload = six
    ? encodeIpv6({
        trafficClass: 0,
        flowLabel: 5,
        nextHeader: change.protocol ?? 58,
        hopLimit: 63,
        ...ends,
        payload: encodeIcmpv6(message, ends),
      })
    : encodeIpv4({
        typeOfService: 0,
        identification: 7,
        dontFragment: true,
        moreFragments: change.moreFragments ?? false,
        fragmentOffset: change.fragmentOffset ?? 0,
        timeToLive: 63,
        protocol: change.protocol ?? 1,
        ...ends,
        options: change.options ?? new Uint8Array(),
        payload: encodeIcmp(message),
      });
  return encodeEthernet({
    destination: change.mac ?? OUR_MAC,
    source: change.from ?? ASKER_MAC,
    etherType: six ? 0x86dd : 0x0800,
    payload,
  });
}

const answer = (frame: Uint8Array): string => {
  const reply = answerEcho(frame, OUR_MAC, rights);
  return typeof reply === 'string' ? reply : toHex(reply);
};

describe('an echo request', () => {
  test('over IPv4 is answered from the address asked, back the way it came', () => {
    expect(answer(ping(V4))).toBe(
      '0200000000990200000000010800' + // Ethernet: to the sender, from us
        '4500001e000040004001b671' + // whole packet of 30 bytes, 64 hops, ICMP, checksum
        'c000020ac0000263' + // from the address asked, to the asker
        '0000bd99' + // echo reply, code 0, checksum
        '123400013031', // identifier, sequence and data of the request
    );
  });

  test('over IPv6 is answered from the address asked, back the way it came', () => {
    expect(answer(ping(V6))).toBe(
      '02000000009902000000000186dd' + // Ethernet: to the sender, from us
        '60000000000a3a40' + // 10 bytes, ICMPv6, 64 hops
        '20010db800000000000000000000001020010db8000000000000000000000099' +
        '8100e039' + // echo reply, code 0, checksum
        '123400013031', // identifier, sequence and data of the request
    );
  });

  test('with IPv4 options is answered without them', () => {
    expect(answer(ping(V4, { options: hex('01010101') }))).toBe(answer(ping(V4)));
  });

  test.each<[string, Uint8Array, string]>([
    ['for the address of another', ping('192.0.2.11'), 'not-owned'],
    ['for the address of another, over IPv6', ping('2001:db8::11'), 'not-owned'],
    [
      'to the hardware address of another',
      ping(V4, { mac: hex('0200000000cc') }),
      'other-destination',
    ],
    ['to everybody', ping(V4, { mac: hex('ffffffffffff') }), 'other-destination'],
    ['from a group', ping(V4, { from: hex('030000000099') }), 'multicast-source'],
    ['of which it is the first piece', ping(V4, { moreFragments: true }), 'fragment'],
    ['of which it is a later piece', ping(V4, { fragmentOffset: 1 }), 'fragment'],
    ['from everybody', ping(V4, { source: '255.255.255.255' }), 'bad-source'],
    ['from nowhere', ping(V4, { source: '0.0.0.0' }), 'bad-source'],
    ['from loopback', ping(V4, { source: '127.0.0.1' }), 'bad-source'],
    ['from a group address', ping(V4, { source: '224.0.0.1' }), 'bad-source'],
    ['from nowhere, over IPv6', ping(V6, { source: '::' }), 'bad-source'],
    ['from loopback, over IPv6', ping(V6, { source: '::1' }), 'bad-source'],
    ['from a group address, over IPv6', ping(V6, { source: 'ff02::1' }), 'bad-source'],
    ['that is a reply', ping(V4, { type: 0 }), 'not-echo-request'],
    ['that is a reply, over IPv6', ping(V6, { type: 129 }), 'not-echo-request'],
    ['with a code', ping(V4, { code: 1 }), 'not-echo-request'],
    ['of another protocol', ping(V4, { protocol: 17 }), 'not-echo-request'],
    ['of another protocol, over IPv6', ping(V6, { protocol: 17 }), 'not-echo-request'],
    [
      'with a VLAN tag',
      hex(`${toHex(OUR_MAC)}${toHex(ASKER_MAC)} 8100 0007 ${toHex(ping(V4).subarray(12))}`),
      'vlan-tagged',
    ],
  ])('%s is not answered', (_, frame, reason) => {
    expect(answer(frame)).toBe(reason);
  });

  test('cut anywhere is not answered', () => {
    for (const frame of [ping(V4), ping(V6)]) {
      for (let length = 0; length < frame.length; length++) {
        expect(answerEcho(frame.subarray(0, length), OUR_MAC, rights)).toBeTypeOf('string');
      }
    }
  });

  test('is told from other frames by its types', () => {
    expect([ping(V4), ping(V6), ping(V4, { options: hex('01010101') })].map(isEchoRequest)).toEqual(
      [true, true, true],
    );
    const others = [
      ping(V4, { type: 0 }),
      ping(V6, { type: 129 }),
      arpRequest(V4),
      solicitation(V6),
    ];
    expect(others.some(isEchoRequest)).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(isEchoRequest(bytes)).toBeTypeOf('boolean');
        expect(['string', 'object']).toContain(typeof answerEcho(bytes, OUR_MAC, rights));
      }),
    );
  });
});

describe('a responder', () => {
  async function replies(echoPerSecond: number | undefined, pings: number, untilMs = Infinity) {
    const clock = new SimClock();
    const lan = new SimLan({ clock });
    const counts: string[] = [];
    const metrics = {
      requestReceived: () => {},
      replySent: () => {},
      announcementSent: () => {},
      echoReplySent: (address: string) => void counts.push(`answered ${address}`),
      dropped: (reason: string) => void counts.push(reason),
    };
    const link = lan.attach('eth0', OUR_MAC);
    const responder = new Responder(
      { link, clock, metrics },
      echoPerSecond === undefined ? {} : { echoPerSecond },
    );
    responder.start();
    responder.own(V4, untilMs);
    responder.own(V6, untilMs);
    const asker = lan.observe(ASKER_MAC);
    await clock.advance(10_000);
    asker.received.length = 0;
    for (let count = 0; count < pings; count++) asker.send(ping(count % 2 === 0 ? V4 : V6));
    await clock.advance(1);
    responder.close();
    return { counts, received: asker.received.length };
  }

  test('leaves pings alone unless it is told otherwise', async () => {
    expect(await replies(undefined, 2)).toMatchObject({ received: 0 });
  });

  test('answers them for its addresses, and no more than so many per second', async () => {
    expect(await replies(100, 2)).toEqual({
      counts: [`answered ${V4}`, `answered ${V6}`],
      received: 2,
    });
    const { counts, received } = await replies(5, 20);
    expect(received).toBe(5);
    expect(counts.filter((one) => one === 'echo-rate')).toHaveLength(15);
  });

  test('does not answer them once the right has ended', async () => {
    expect(await replies(100, 1, 5000)).toEqual({ counts: ['right-ended'], received: 0 });
  });

  test('refuses a rate that lets nothing through', async () => {
    await expect(replies(0, 1)).rejects.toThrow('echoPerSecond must be at least 1, not 0');
  });
});

test('a bucket lets through what a second brings, at once or spread, and never more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(300), { maxLength: 200 }),
      (rate, gaps) => {
        const bucket = new TokenBucket(rate);
        const passed: number[] = [];
        let nowMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          if (bucket.take(nowMs)) passed.push(nowMs);
        }
        // In no window may more pass than a full bucket and what runs in meanwhile.
        for (const [first, fromMs] of passed.entries()) {
          const toMs = passed.at(-1) ?? 0;
          expect(passed.length - first).toBeLessThanOrEqual(
            rate + ((toMs - fromMs) / 1000) * rate + 1e-6,
          );
        }
        expect(passed.length).toBeGreaterThanOrEqual(Math.min(gaps.length, rate));
      },
    ),
  );
});
