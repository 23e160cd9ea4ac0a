import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress, parseRange } from '../src/index.ts';

function ends(text: string): string | undefined {
  const parsed = parseRange(text);
  if (!parsed.ok) return undefined;
  const { family, first, last } = parsed.range;
  return `${formatAddress({ family, value: first })}-${formatAddress({ family, value: last })}`;
}

describe('an entry of a pool', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.0-192.0.2.255'],
    ['1.2.3.4/24', '1.2.3.0-1.2.3.255'],
    ['1.2.3.4/32', '1.2.3.4-1.2.3.4'],
    ['0.0.0.0/0', '0.0.0.0-255.255.255.255'],
    ['2001:db8::/126', '2001:db8::-2001:db8::3'],
    ['::/0', '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['40.0.0.150-40.0.0.200', '40.0.0.150-40.0.0.200'],
    ['40.0.0.250 - 40.0.0.250', '40.0.0.250-40.0.0.250'],
    ['fc00::a-fc00::1f', 'fc00::a-fc00::1f'],
  ])('%s is %s', (text, expected) => {
    expect(ends(text)).toBe(expected);
  });

  test.each([
    ['1.2.3.4', 'bare-address', 'write "1.2.3.4/32"'],
    ['fc00::1', 'bare-address', 'write "fc00::1/128"'],
    [' 1.2.3.0/24', 'invalid-cidr', 'invalid CIDR " 1.2.3.0/24"'],
    ['1.2.3.0/33', 'invalid-cidr', 'at most 32'],
    ['fc00::/129', 'invalid-cidr', 'at most 128'],
    ['1.2.3.0/', 'invalid-cidr', 'invalid CIDR'],
    ['1.2.3.0/024', 'invalid-cidr', 'invalid CIDR'],
    ['100.200.300.400/24', 'invalid-cidr', '100.200.300.400'],
    ['', 'invalid-cidr', 'invalid CIDR ""'],
    ['1.2.3-1.2.3.5', 'invalid-range-start', 'start'],
    ['1.2.3.4-', 'invalid-range-end', 'end'],
    ['1.2.3.5-1.2.3.4', 'reversed-range', 'write "1.2.3.4-1.2.3.5"'],
    ['1.2.3.4-fc00::1', 'mixed-families', 'one range for each family'],
  ])('"%s" is refused as %s, and the message says: %s', (text, code, fix) => {
    const parsed = parseRange(text);
    expect(parsed.ok ? undefined : parsed.problem.code).toBe(code);
    expect(parsed.ok ? '' : parsed.problem.message).toContain(fix);
  });

  test('no text makes the parser throw', () => {
    const close = fc.stringMatching(/^[0-9a-f:. /-]{0,40}$/);
    fc.assert(
      fc.property(close, (text) => {
        expect(parseRange(text).ok).toBeTypeOf('boolean');
      }),
    );
  });
});
