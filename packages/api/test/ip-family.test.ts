import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipFamilyOf } from '../src/index.ts';

const FAMILIES = { 4: 'ipv4', 6: 'ipv6', 0: undefined } as const;

describe('the family of an address', () => {
  test.each([
    ['192.0.2.1', 'ipv4'],
    ['2001:db8::1', 'ipv6'],
    ['::ffff:192.0.2.1', 'ipv6'],
    ['::', 'ipv6'],
    ['1.2.3', undefined],
    ['01.2.3.4', undefined],
    ['1.2.3.256', undefined],
    ['1::2::3', undefined],
    ['fe80::1%eth0', undefined],
    ['', undefined],
  ])('"%s" is %s', (text, family) => {
    expect(ipFamilyOf(text)).toBe(family);
  });

  test('is that which Node sees, but for zones', () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({
        unit: fc.constantFrom('0', '1', '2', '5', '9', 'a', 'F', ':', '.'),
        maxLength: 20,
      }),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(ipFamilyOf(one)).toBe(FAMILIES[isIP(one) as 0 | 4 | 6]);
      }),
      { numRuns: 2000 },
    );
  });
});
