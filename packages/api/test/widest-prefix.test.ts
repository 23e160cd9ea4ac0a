import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { widestPrefix } from '../src/index.ts';

describe('the widest network of a pool’s entry', () => {
  test.each([
    ['10.0.0.0/8', 'ipv4', 8],
    ['1.2.3.4/24', 'ipv4', 24],
    ['fd00::/64', 'ipv6', 64],
    ['40.0.0.150-40.0.0.200', 'ipv4', 27],
    ['40.0.0.250 - 40.0.0.250', 'ipv4', 32],
    ['3.3.3.2-3.3.3.254', 'ipv4', 26],
    ['0.0.0.0-255.255.255.255', 'ipv4', 0],
    ['fd00::1-fd00::ff', 'ipv6', 121],
    ['::ffff:1.2.3.0-::ffff:1.2.3.255', 'ipv6', 120],
    ['::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6', 0],
  ] as const)('%s is of %s, /%d', (entry, family, length) => {
    expect(widestPrefix(entry)).toEqual({ family, length });
  });

  test.each([
    '',
    '10.0.0.1',
    '10.0.0.0/33',
    '10.0.0.2-10.0.0.1',
    '10.0.0.1-fd00::1',
    'a-b',
    '1.2.3.4/-1',
  ])('"%s" has none', (entry) => {
    expect(widestPrefix(entry)).toBeUndefined();
  });

  test('is found where one looks at each network', () => {
    const text = (at: number): string => `10.0.${at >> 8}.${at & 255}`;
    const place = fc.integer({ min: 0, max: 1023 });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        let widest = 32;
        for (let bits = 0; bits <= 10; bits += 1) {
          for (let at = 0; at < 1024; at += 2 ** bits) {
            if (at >= first && at + 2 ** bits - 1 <= last) widest = 32 - bits;
          }
        }
        expect(widestPrefix(`${text(first)}-${text(last)}`)?.length).toBe(widest);
      }),
    );
  });
});
