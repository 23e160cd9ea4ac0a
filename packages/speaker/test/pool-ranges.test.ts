import { parseAddress } from '@picluster/arp-responder';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inRanges, parsePoolRange } from '../src/pool-ranges.ts';

const holds = (range: string, address: string): boolean | undefined => {
  const parsed = parsePoolRange(range);
  const bytes = parseAddress(address);
  return parsed === undefined || bytes === undefined ? undefined : inRanges(bytes, [parsed]);
};

describe('an entry of a pool', () => {
  test.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.20.30.77/24', '10.20.30.0', true], // host bits are dropped
    ['10.20.30.0/28', '10.20.30.16', false],
    ['10.20.30.1/32', '10.20.30.1', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['10.0.0.9 - 10.0.1.1', '10.0.1.0', true],
    ['10.0.0.9-10.0.1.1', '10.0.0.8', false],
    ['10.0.0.9-10.0.1.1', '10.0.1.2', false],
    ['2001:db8::/65', '2001:db8::7fff:ffff:ffff:ffff', true],
    ['2001:db8::/65', '2001:db8:0:0:8000::', false],
    ['fc00::1-fc00::f', 'fc00::f', true],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', '::', false],
  ])('%s holds %s: %s', (range, address, held) => {
    expect(holds(range, address)).toBe(held);
  });

  test.each([
    '10.0.0.1',
    ' 10.0.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/',
    '::/129',
    '10.0.0.2-10.0.0.1',
    '10.0.0.1-::1',
    'a-b',
    '10.0.0.0/08',
  ])('"%s" is none', (text) => {
    expect(parsePoolRange(text)).toBeUndefined();
  });

  test('a CIDR holds exactly the addresses that agree with it in its first bits', () => {
    const address = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(address, address, fc.nat(32), fc.nat(32), (base, other, prefix, shared) => {
        const bits = (bytes: number[]): string =>
          bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
        const mixed = bits(base).slice(0, shared) + bits(other).slice(shared);
        const tried = (mixed.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
        const agrees = bits(base).slice(0, prefix) === mixed.slice(0, prefix);
        expect(holds(`${base.join('.')}/${prefix}`, tried.join('.'))).toBe(agrees);
      }),
    );
  });
});
