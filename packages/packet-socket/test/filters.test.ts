import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BPF_INSTRUCTIONS_MAX, type BpfProgram } from '../src/bpf.ts';
import { arpFilter, echoFilter, neighborFilter } from '../src/filters.ts';
import { check, runBpf } from './bpf-interpreter.ts';
import { advertisement, arpRequest, ipv4, ipv6, ping, ping6, solicitation } from './frames.ts';

const PACKET_HOST = 0;
const PACKET_OTHERHOST = 3;

const keeps = (filter: BpfProgram, frame: Uint8Array, type = PACKET_HOST): boolean =>
  runBpf(filter, frame, type) > 0;

/** What the filters are to do, said plainly. */
function naiveArp(
  frame: Uint8Array,
  targets: readonly Uint8Array[],
  senders: readonly Uint8Array[] = [],
): boolean {
  const text = Buffer.from(frame).toString('hex');
  const isAt = (at: number) => (address: Uint8Array) =>
    text.slice(at, at + 8) === Buffer.from(address).toString('hex');
  const asked = text.slice(40, 44) === '0001' && targets.some(isAt(76));
  return text.slice(24, 28) === '0806' && (asked || senders.some(isAt(56)));
}

function naiveNdp(frame: Uint8Array, targets: readonly Uint8Array[]): boolean {
  const text = Buffer.from(frame).toString('hex');
  return (
    text.slice(24, 28) === '86dd' &&
    text.slice(40, 44) === '3aff' &&
    ['8700', '8800'].includes(text.slice(108, 112)) &&
    targets.some((target) => text.slice(124, 156) === Buffer.from(target).toString('hex'))
  );
}

/** A good frame in which a few bytes were changed, or one that is cut off: most random bytes would fail at the first test. */
function nearly(frame: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat({ max: frame.length - 1 }), fc.integer({ min: 0, max: 255 }));
  return fc
    .tuple(fc.array(change, { maxLength: 3 }), fc.nat({ max: frame.length }))
    .map(([changes, cut]) => {
      const copy = Uint8Array.from(frame);
      for (const [at, value] of changes) copy[at] = value;
      return cut % 4 === 0 ? copy.subarray(0, cut) : copy;
    });
}

describe('arpFilter', () => {
  const targets = fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 50 });

  test('agrees with a naive reading of the frame', () => {
    const input = targets.chain((set) =>
      fc.tuple(fc.constant(set), nearly(arpRequest(set[0] ?? ipv4('192.0.2.1')))),
    );
    fc.assert(
      fc.property(input, fc.uint8Array({ maxLength: 100 }), ([set, near], random) => {
        const filter = arpFilter(set);
        for (const frame of [near, random]) expect(keeps(filter, frame)).toBe(naiveArp(frame, set));
      }),
      { numRuns: 400 },
    );
  });

  test('with senders, agrees with a naive reading of the frame', () => {
    const input = fc.tuple(targets, targets).chain(([set, senders]) => {
      const frame = arpRequest(set[0] ?? ipv4('192.0.2.1'));
      frame.set(senders[0] ?? [], 28);
      return fc.tuple(fc.constant(set), fc.constant(senders), nearly(frame), fc.boolean());
    });
    fc.assert(
      fc.property(input, ([set, senders, frame, reply]) => {
        if (reply && frame.length > 21) frame[21] = 2;
        const filter = arpFilter(set, senders);
        check(filter);
        const naive = naiveArp(frame, set, senders);
        // Of a frame that is cut off the kernel may not see enough to keep it.
        const allowed = frame.length >= 42 ? [naive] : [naive, false];
        expect(allowed).toContain(keeps(filter, frame));
      }),
      { numRuns: 400 },
    );
  });

  test('with more addresses than fit, requests are told apart by their target and all other ARP passes', () => {
    const all = Array.from({ length: 1500 }, (_, at) => ipv4(`10.0.${at >> 8}.${at & 255}`));
    const filter = arpFilter(all, all);
    check(filter);
    const reply = arpRequest(ipv4('172.16.0.1'));
    reply[21] = 2;
    const some = all.filter((_, at) => at % 50 === 0);
    expect(some.every((target) => keeps(filter, arpRequest(target)))).toBe(true);
    expect(keeps(filter, arpRequest(ipv4('10.1.0.0')))).toBe(false);
    expect(keeps(filter, reply)).toBe(true);
    expect(keeps(filter, reply, PACKET_OTHERHOST)).toBe(false);
  });

  test('refuses every frame that the kernel calls another host’s: that is how foreign VLANs look', () => {
    const target = ipv4('192.0.2.10');
    expect(keeps(arpFilter([target]), arpRequest(target))).toBe(true);
    expect(keeps(arpFilter([target]), arpRequest(target), PACKET_OTHERHOST)).toBe(false);
  });

  test('keeps nothing without targets', () => {
    expect(keeps(arpFilter([]), arpRequest(ipv4('192.0.2.10')))).toBe(false);
  });

  test.each([1000, 1500])('%i targets are told apart in the kernel', (count) => {
    const all = Array.from({ length: count }, (_, at) => ipv4(`10.0.${at >> 8}.${at & 255}`));
    const filter = arpFilter(all);
    check(filter);
    expect(filter.length).toBeLessThanOrEqual(BPF_INSTRUCTIONS_MAX);
    expect(all.every((target) => keeps(filter, arpRequest(target)))).toBe(true);
    expect(keeps(filter, arpRequest(ipv4('10.1.0.0')))).toBe(false);
  });

  test.each([2500, 5000])(
    'of %i targets none is told apart: all ARP for this host passes',
    (count) => {
      const all = Array.from({ length: count }, (_, at) => ipv4(`10.0.${at >> 8}.${at & 255}`));
      const filter = arpFilter(all);
      check(filter);
      expect(keeps(filter, arpRequest(ipv4('172.16.0.1')))).toBe(true);
      expect(keeps(filter, solicitation(ipv6(1)))).toBe(false);
      expect(keeps(filter, arpRequest(ipv4('10.0.0.1')), PACKET_OTHERHOST)).toBe(false);
    },
  );

  test('a target that is no IPv4 address is refused by name', () => {
    expect(() => arpFilter([ipv6(1)])).toThrow('targets: an address must have 4 bytes, not 16');
  });
});

describe('neighborFilter', () => {
  const targets = fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { maxLength: 50 });

  test('agrees with a naive reading of the frame', () => {
    const input = targets.chain((set) =>
      fc.tuple(fc.constant(set), nearly(solicitation(set[0] ?? ipv6(1)))),
    );
    fc.assert(
      fc.property(input, fc.uint8Array({ maxLength: 120 }), ([set, near], random) => {
        const filter = neighborFilter(set);
        for (const frame of [near, random]) expect(keeps(filter, frame)).toBe(naiveNdp(frame, set));
      }),
      { numRuns: 400 },
    );
  });

  test('refuses a hop limit under 255: such a question came through a router', () => {
    const frame = solicitation(ipv6(1));
    frame[21] = 254;
    expect(keeps(neighborFilter([ipv6(1)]), frame)).toBe(false);
  });

  test('1,000 targets of one network are told apart in the kernel', () => {
    const all = Array.from({ length: 1000 }, (_, at) => ipv6(at * 7));
    const filter = neighborFilter(all);
    check(filter);
    expect(all.every((target) => keeps(filter, solicitation(target)))).toBe(true);
    expect(keeps(filter, solicitation(ipv6(1)))).toBe(false);
  });

  test.each([4000, 5000])(
    'of %i targets none is told apart: every solicitation passes',
    (count) => {
      const all = Array.from({ length: count }, (_, at) => ipv6(at * 7));
      const filter = neighborFilter(all);
      check(filter);
      expect(keeps(filter, solicitation(ipv6(1)))).toBe(true);
    },
  );
});

describe('router advertisements', () => {
  /** To all nodes, with a hop limit; a filter looks no further than the code. */
  const advertised = (hopLimit: number): Uint8Array => {
    const frame = advertisement(ipv6(1));
    frame[21] = hopLimit;
    frame[54] = 134;
    return frame;
  };

  test('pass where they are wanted, beside what else is, if no router has forwarded them', () => {
    const filter = neighborFilter([ipv6(1)], [ipv6(2)], true);
    check(filter);
    expect(keeps(filter, advertised(255))).toBe(true);
    expect(keeps(filter, advertised(254))).toBe(false);
    expect(keeps(filter, advertised(255), PACKET_OTHERHOST)).toBe(false);
    expect(keeps(filter, solicitation(ipv6(1)))).toBe(true);
    expect(keeps(filter, solicitation(ipv6(3)))).toBe(false);
    expect(keeps(filter, ping6(ipv6(2)))).toBe(true);
    expect(keeps(neighborFilter([ipv6(1)], [ipv6(2)]), advertised(255))).toBe(false);
  });

  test('are all that passes where nothing else is wanted', () => {
    const filter = neighborFilter([], [], true);
    check(filter);
    expect(keeps(filter, advertised(255))).toBe(true);
    expect(keeps(filter, solicitation(ipv6(1)))).toBe(false);
  });
});

describe('pings', () => {
  test('agree with a naive reading of the frame, over IPv4', () => {
    const pinged = fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 20 });
    const input = pinged.chain((set) =>
      fc.tuple(fc.constant(set), nearly(ping(set[0] ?? ipv4('192.0.2.1')))),
    );
    fc.assert(
      fc.property(input, ([set, frame]) => {
        const text = Buffer.from(frame).toString('hex');
        const naive =
          text.slice(24, 30) === '080045' &&
          ['0000', '4000'].includes(text.slice(40, 44)) &&
          text.slice(46, 48) === '01' &&
          text.slice(68, 72) === '0800' &&
          set.some((address) => text.slice(60, 68) === Buffer.from(address).toString('hex'));
        expect(keeps(echoFilter(set), frame)).toBe(naive);
      }),
      { numRuns: 400 },
    );
  });

  test('over IPv6 pass beside the solicitations, from beyond a router too', () => {
    const filter = neighborFilter([ipv6(1), ipv6(2)], [ipv6(1)]);
    check(filter);
    expect(keeps(filter, ping6(ipv6(1)))).toBe(true);
    expect(keeps(filter, ping6(ipv6(2)))).toBe(false);
    expect(keeps(filter, solicitation(ipv6(2)))).toBe(true);
    expect(keeps(neighborFilter([ipv6(1)]), ping6(ipv6(1)))).toBe(false);
    expect(keeps(filter, ping6(ipv6(1)), PACKET_OTHERHOST)).toBe(false);
  });

  test.each([2500, 5000])('to %i addresses are not told apart: all for this host pass', (count) => {
    const all = Array.from({ length: count }, (_, at) => ipv4(`10.0.${at >> 8}.${at & 255}`));
    expect(keeps(echoFilter(all), ping(ipv4('172.16.0.1')))).toBe(true);
    expect(keeps(echoFilter(all), ping(ipv4('10.0.0.1')), PACKET_OTHERHOST)).toBe(false);
  });

  test('nobody wants are not kept', () => {
    expect(keeps(echoFilter([]), ping(ipv4('192.0.2.1')))).toBe(false);
    expect(() => echoFilter([ipv6(1)])).toThrow('pinged: an address must have 4 bytes, not 16');
  });
});
