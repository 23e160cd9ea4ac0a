import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beats, isBetterPlace, type Place } from '../src/placement.ts';

const x = '192.0.2.1';
const place = (node: string, load: number = 0, isFirst: boolean = false): Place => ({
  node,
  load,
  isBeside: false,
  isFirst,
});

describe('an address goes', () => {
  test('beside the others of its Service before all else', () => {
    const there = { ...place('a', 9), isBeside: true };
    expect(isBetterPlace(x, { preferred: ['b'] }, there, place('b', 0, true))).toBe(true);
    expect(isBetterPlace(x, { preferred: ['b'] }, place('b', 0, true), there)).toBe(false);
  });

  test('then to the preferred node, in their order, however much it has', () => {
    const candidacy = { preferred: ['b', 'c'] };
    expect(isBetterPlace(x, candidacy, place('b', 9), place('a', 0, true))).toBe(true);
    expect(isBetterPlace(x, candidacy, place('b', 9), place('c', 0))).toBe(true);
    expect(isBetterPlace(x, candidacy, place('a', 0), place('c', 9))).toBe(false);
  });

  test('then back to its last holder, then to the emptier node', () => {
    expect(isBetterPlace(x, {}, place('a', 5, true), place('b', 0))).toBe(true);
    expect(isBetterPlace(x, {}, place('a', 1), place('b', 0))).toBe(false);
  });

  test('else to one that all agree on, and that differs between addresses', () => {
    const winners = new Set<boolean>();
    for (let i = 0; i < 50; i++) {
      const address = `192.0.2.${i}`;
      const first = isBetterPlace(address, {}, place('a'), place('b'));
      expect(isBetterPlace(address, {}, place('b'), place('a'))).toBe(!first);
      winners.add(first);
    }
    expect(winners.size).toBe(2);
  });
});

test('of two stakes of different nodes exactly one stands', () => {
  const stake = fc.record({ node: fc.string({ maxLength: 4 }), term: fc.nat({ max: 3 }) });
  fc.assert(
    fc.property(stake, stake, (one, other) => {
      fc.pre(one.node !== other.node);
      expect(beats(x, one, other)).toBe(!beats(x, other, one));
      expect(beats(x, { ...one, term: 9 }, other)).toBe(true);
    }),
  );
});
