import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newAddress } from '../src/election-state.ts';
import { leadersFirst, type AddressEntry } from '../src/together.ts';

const entry = (address: string, beside?: string): AddressEntry => [
  address,
  { ...newAddress(), candidacy: beside === undefined ? {} : { beside } },
];

const named = (entries: readonly AddressEntry[]): string[] =>
  leadersFirst(entries).map(([address]) => address);

/** By the one that it belongs beside, then that one itself, then by text. */
function compared([one, first]: AddressEntry, [other, second]: AddressEntry): number {
  const lead = first.candidacy?.beside ?? one;
  const otherLead = second.candidacy?.beside ?? other;
  if (lead !== otherLead) return lead < otherLead ? -1 : 1;
  if (one === lead || other === lead) return one === lead ? -1 : 1;
  return one < other ? -1 : 1;
}

describe('the order in which addresses are placed', () => {
  test('is that of their texts, what belongs beside another right behind it', () => {
    const leader = entry('192.0.2.1');
    const follower = entry('2001:db8::1', '192.0.2.1');
    const others = [entry('192.0.2.10'), entry('192.0.2.2'), entry('10.0.0.1')];
    expect(named([...others, follower, leader])).toEqual([
      '10.0.0.1',
      '192.0.2.1',
      '2001:db8::1',
      '192.0.2.10',
      '192.0.2.2',
    ]);
  });

  test('is the same however they are given, and where the one they belong beside is not among them', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    const few = fc.uniqueArray(address, { minLength: 2, maxLength: 12 });
    const entries = few.chain((texts) =>
      fc.tuple(
        ...texts.map((text) =>
          fc
            .option(fc.constantFrom(...texts, '203.0.113.9'), { nil: undefined })
            .map((beside) => entry(text, beside === text ? undefined : beside)),
        ),
      ),
    );
    fc.assert(
      fc.property(entries, (given) => {
        const expected = given.toSorted(compared).map(([text]) => text);
        expect(named(given)).toEqual(expected);
        expect(named(given.toReversed())).toEqual(expected);
      }),
    );
  });
});
