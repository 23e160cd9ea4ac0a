import fc from 'fast-check';
import { expect, test } from 'vitest';
import { survivingSide } from '../../src/index.ts';

const party = (identifier: string, asn = 64_512) => ({ identifier, asn });

test('the connection of the higher identifier stays, as an unsigned number (RFC 4271 §6.8)', () => {
  expect(survivingSide(party('10.0.0.2'), party('10.0.0.1'))).toBe('outgoing');
  expect(survivingSide(party('10.0.0.1'), party('10.0.0.2'))).toBe('incoming');
  expect(survivingSide(party('200.0.0.1'), party('9.255.255.255'))).toBe('outgoing');
  expect(survivingSide(party('10.0.0.10'), party('10.0.0.9'))).toBe('outgoing');
});

test('with equal identifiers it is that of the higher AS (RFC 6286 §2.3)', () => {
  expect(survivingSide(party('10.0.0.1', 2), party('10.0.0.1', 1))).toBe('outgoing');
  expect(survivingSide(party('10.0.0.1', 1), party('10.0.0.1', 2))).toBe('incoming');
});

test('both sides choose the same connection, whoever they are', () => {
  const anyone = fc.record({
    identifier: fc.ipV4(),
    asn: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  });
  fc.assert(
    fc.property(anyone, anyone, (one, other) => {
      fc.pre(one.identifier !== other.identifier || one.asn !== other.asn);
      expect(survivingSide(one, other)).not.toBe(survivingSide(other, one));
    }),
  );
});
