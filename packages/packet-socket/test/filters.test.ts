import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BPF_INSTRUCTIONS_MAX, type BpfProgram } from '../src/bpf.ts';
import { arpRequestFilter, neighborSolicitationFilter } from '../src/filters.ts';
import { check, runBpf } from './bpf-interpreter.ts';
import { arpRequest, ipv4, ipv6, solicitation } from './frames.ts';

const PACKET_HOST = 0;
const PACKET_OTHERHOST = 3;

const keeps = (filter: BpfProgram, frame: Uint8Array, type = PACKET_HOST): boolean =>
  runBpf(filter, frame, type) > 0;

/** What the filters are to do, said plainly. */
function naiveArp(frame: Uint8Array, targets: readonly Uint8Array[]): boolean {
  const text = Buffer.from(frame).toString('hex');
  return (
    text.slice(24, 28) === '0806' &&
    text.slice(40, 44) === '0001' &&
    targets.some((target) => text.slice(76, 84) === Buffer.from(target).toString('hex'))
  );
}

function naiveNdp(frame: Uint8Array, targets: readonly Uint8Array[]): boolean {
  const text = Buffer.from(frame).toString('hex');
  return (
    text.slice(24, 28) === '86dd' &&
    text.slice(40, 44) === '3aff' &&
    text.slice(108, 112) === '8700' &&
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

describe('arpRequestFilter', () => {
  const targets = fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 50 });

  test('agrees with a naive reading of the frame', () => {
    const input = targets.chain((set) =>
      fc.tuple(fc.constant(set), nearly(arpRequest(set[0] ?? ipv4('192.0.2.1')))),
    );
    fc.assert(
      fc.property(input, fc.uint8Array({ maxLength: 100 }), ([set, near], random) => {
        const filter = arpRequestFilter(set);
        for (const frame of [near, random]) expect(keeps(filter, frame)).toBe(naiveArp(frame, set));
      }),
      { numRuns: 400 },
    );
  });

  test('refuses every frame that the kernel calls another host’s: that is how foreign VLANs look', () => {
    const target = ipv4('192.0.2.10');
    expect(keeps(arpRequestFilter([target]), arpRequest(target))).toBe(true);
    expect(keeps(arpRequestFilter([target]), arpRequest(target), PACKET_OTHERHOST)).toBe(false);
  });

  test('keeps nothing without targets', () => {
    expect(keeps(arpRequestFilter([]), arpRequest(ipv4('192.0.2.10')))).toBe(false);
  });

  test.each([1000, 1500])('%i targets are told apart in the kernel', (count) => {
    const all = Array.from({ length: count }, (_, at) => ipv4(`10.0.${at >> 8}.${at & 255}`));
    const filter = arpRequestFilter(all);
    check(filter);
    expect(filter.length).toBeLessThanOrEqual(BPF_INSTRUCTIONS_MAX);
    expect(all.every((target) => keeps(filter, arpRequest(target)))).toBe(true);
    expect(keeps(filter, arpRequest(ipv4('10.1.0.0')))).toBe(false);
  });

  test('with more targets than a program can hold every request passes, and only requests', () => {
    const all = Array.from({ length: 5000 }, (_, at) => ipv4(`10.0.${at >> 8}.${at & 255}`));
    const filter = arpRequestFilter(all);
    check(filter);
    const reply = arpRequest(ipv4('10.0.0.1'));
    reply[21] = 2;
    expect(keeps(filter, arpRequest(ipv4('172.16.0.1')))).toBe(true);
    expect(keeps(filter, reply)).toBe(false);
    expect(keeps(filter, arpRequest(ipv4('10.0.0.1')), PACKET_OTHERHOST)).toBe(false);
  });

  test('a target that is no IPv4 address is refused by name', () => {
    expect(() => arpRequestFilter([ipv6(1)])).toThrow(
      'targets: an address must have 4 bytes, not 16',
    );
  });
});

describe('neighborSolicitationFilter', () => {
  const targets = fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { maxLength: 50 });

  test('agrees with a naive reading of the frame', () => {
    const input = targets.chain((set) =>
      fc.tuple(fc.constant(set), nearly(solicitation(set[0] ?? ipv6(1)))),
    );
    fc.assert(
      fc.property(input, fc.uint8Array({ maxLength: 120 }), ([set, near], random) => {
        const filter = neighborSolicitationFilter(set);
        for (const frame of [near, random]) expect(keeps(filter, frame)).toBe(naiveNdp(frame, set));
      }),
      { numRuns: 400 },
    );
  });

  test('refuses a hop limit under 255: such a question came through a router', () => {
    const frame = solicitation(ipv6(1));
    frame[21] = 254;
    expect(keeps(neighborSolicitationFilter([ipv6(1)]), frame)).toBe(false);
  });

  test('1,000 targets of one network are told apart in the kernel', () => {
    const all = Array.from({ length: 1000 }, (_, at) => ipv6(at * 7));
    const filter = neighborSolicitationFilter(all);
    check(filter);
    expect(all.every((target) => keeps(filter, solicitation(target)))).toBe(true);
    expect(keeps(filter, solicitation(ipv6(1)))).toBe(false);
  });

  test('with more targets than a program can hold every solicitation passes', () => {
    const all = Array.from({ length: 4000 }, (_, at) => ipv6(at * 7));
    const filter = neighborSolicitationFilter(all);
    check(filter);
    expect(keeps(filter, solicitation(ipv6(1)))).toBe(true);
  });
});
