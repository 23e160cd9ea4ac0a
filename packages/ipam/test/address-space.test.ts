import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressSpace } from '../src/address-space.ts';
import { parseAddress, parseRange, type AddressRange } from '../src/index.ts';

function rangeOf(text: string): AddressRange {
  const parsed = parseRange(text);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.range;
}

function valueOf(text: string): bigint {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.address.value;
}

describe('the numbering of a pool', () => {
  test('follows the order in which ranges are written, then ascends', () => {
    const space = new AddressSpace([rangeOf('10.0.1.0/31'), rangeOf('10.0.0.8/31')], false);
    const order = ['10.0.1.0', '10.0.1.1', '10.0.0.8', '10.0.0.9'].map(valueOf);
    expect(order.map((value) => space.numberOf(value))).toEqual([0n, 1n, 2n, 3n]);
    expect([0n, 1n, 2n, 3n].map((number) => space.addressAt(number))).toEqual(order);
  });

  test.each([
    [['1.2.3.0/24'], 256n, 254n],
    [['1.2.3.0/24', '1.2.4.0/25'], 384n, 381n],
    [['1.2.3.0/31'], 2n, 1n],
    [['1.2.3.0/32'], 1n, 0n],
    [['1.2.3.255-1.2.4.0'], 2n, 0n],
    [['10.0.0.0/8'], 2n ** 24n, 2n ** 16n * 254n],
    [['0.0.0.0/0'], 2n ** 32n, 2n ** 24n * 254n],
  ])('%j has %s addresses, %s without .0 and .255', (texts, all, usable) => {
    const ranges = texts.map(rangeOf);
    expect(new AddressSpace(ranges, false).capacity).toBe(all);
    expect(new AddressSpace(ranges, true).capacity).toBe(usable);
  });

  test('an IPv6 pool of any size is counted exactly', () => {
    const ranges = [rangeOf('fc00::/64'), rangeOf('fc01::/100')];
    expect(new AddressSpace(ranges, false).capacity).toBe(2n ** 64n + 2n ** 28n);
    expect(new AddressSpace([rangeOf('::/0')], false).capacity).toBe(2n ** 128n);
  });

  test('agrees with a list of all addresses of a few ranges', () => {
    const offsets = fc.uniqueArray(fc.integer({ min: 0, max: 1500 }), {
      minLength: 2,
      maxLength: 10,
    });
    fc.assert(
      fc.property(offsets, fc.boolean(), fc.boolean(), (ends, avoid, backwards) => {
        const sorted = ends.toSorted((a, b) => a - b);
        const ranges: AddressRange[] = [];
        for (let at = 0; at + 1 < sorted.length; at += 2) {
          const [first, last] = [BigInt(sorted[at] ?? 0), BigInt(sorted[at + 1] ?? 0)];
          ranges.push({ family: 'ipv4', first, last, text: '' });
        }
        if (backwards) ranges.reverse();
        const model: bigint[] = [];
        for (const { first, last } of ranges) {
          for (let value = first; value <= last; value++) {
            if (!avoid || (value % 256n !== 0n && value % 256n !== 255n)) model.push(value);
          }
        }
        const space = new AddressSpace(ranges, avoid);
        expect(space.capacity).toBe(BigInt(model.length));
        const numberOf = new Map(model.map((value, number) => [value, BigInt(number)]));
        for (let value = 0n; value <= 1501n; value++) {
          expect(space.numberOf(value)).toBe(numberOf.get(value));
        }
        for (const [number, value] of model.entries()) {
          expect(space.addressAt(BigInt(number))).toBe(value);
        }
      }),
      { numRuns: 40 },
    );
  });
});
