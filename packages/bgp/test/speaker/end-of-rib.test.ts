import { expect, test } from 'vitest';
import { endOfRib, FAMILIES, familyOfEndOfRib } from '../../src/index.ts';

test.each(FAMILIES)('the End-of-RIB of %s is known as such', (family) => {
  expect(familyOfEndOfRib(endOfRib(family))).toBe(family);
});

test('an UPDATE that says anything else marks no end', () => {
  const nothing = { type: 'UPDATE', withdrawn: [], attributes: [], nlri: [] } as const;
  const prefix = '192.0.2.0/24';
  const unreach = { type: 'MP_UNREACH_NLRI', family: 'ipv6-unicast', withdrawn: [] } as const;
  const others = [
    { ...nothing, withdrawn: [prefix] },
    { ...nothing, nlri: [prefix] },
    { ...nothing, attributes: [{ ...unreach, withdrawn: ['2001:db8::/32'] }] },
    { ...nothing, attributes: [unreach, { type: 'ORIGIN', origin: 'IGP' } as const] },
    { ...nothing, attributes: [{ type: 'ORIGIN', origin: 'IGP' } as const] },
  ];
  expect(others.map(familyOfEndOfRib)).toEqual(others.map(() => undefined));
});
