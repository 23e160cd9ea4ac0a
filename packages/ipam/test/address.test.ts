import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../src/index.ts';

function canonical(text: string): string | undefined {
  const parsed = parseAddress(text);
  return parsed.ok ? formatAddress(parsed.address) : undefined;
}

describe('an address', () => {
  test.each([
    ['192.0.2.10', '192.0.2.10'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['0:0:1:0:0:0:0:0', '0:0:1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::1.2.3.4', '::102:304'],
    ['::', '::'],
  ])('%s is written %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  test.each([
    ['01.2.3.4', 'not-an-address'],
    ['1.2.3', 'not-an-address'],
    ['1.2.3.400', 'not-an-address'],
    [' 1.2.3.4', 'not-an-address'],
    ['', 'not-an-address'],
    ['an address', 'not-an-address'],
    ['1:2:3:4:5:6:7:8:9', 'not-an-address'],
    ['1::2::3', 'not-an-address'],
    ['fe80::1%eth0', 'zone'],
    ['1.2.3.4/32', 'prefix-length'],
    ['::ffff:1.2.3.4', 'ipv4-mapped'],
  ])('"%s" is refused as %s', (text, code) => {
    const parsed = parseAddress(text);
    expect(parsed.ok ? undefined : parsed.problem.code).toBe(code);
  });

  test('an IPv4-mapped address is refused with the spelling to use', () => {
    const parsed = parseAddress('::ffff:1.2.3.4');
    expect(parsed.ok ? '' : parsed.problem.message).toContain('write "1.2.3.4"');
  });

  test('every number survives being written and read', () => {
    const ipv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
    const ipv6 = fc.bigInt({ min: 2n ** 48n, max: 2n ** 128n - 1n });
    fc.assert(
      fc.property(ipv4, ipv6, (four, six) => {
        for (const address of [
          { family: 'ipv4', value: four },
          { family: 'ipv6', value: six },
        ] as const) {
          expect(parseAddress(formatAddress(address))).toEqual({ ok: true, address });
        }
      }),
    );
  });

  test('no text makes the parser throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseAddress(text).ok).toBeTypeOf('boolean');
      }),
    );
    const close = fc.stringMatching(/^[0-9a-f:.%/]{0,40}$/);
    fc.assert(
      fc.property(close, (text) => {
        expect(parseAddress(text).ok).toBeTypeOf('boolean');
      }),
    );
  });
});
