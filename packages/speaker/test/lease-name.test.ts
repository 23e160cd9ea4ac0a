import { formatAddress } from '@picluster/arp-responder';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOfLease, leaseNameFor } from '../src/lease-name.ts';

test('an address comes back from the name of its Lease', () => {
  const byte = fc.oneof(fc.constant(0), fc.nat(255));
  const bytes = fc.oneof(
    fc.array(byte, { minLength: 4, maxLength: 4 }),
    fc.array(byte, { minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, (each) => {
      const address = formatAddress(Uint8Array.from(each));
      expect(addressOfLease(leaseNameFor(address))).toBe(address);
    }),
  );
});

test.each([
  ['10.0.0.1', 'picluster-l2-10-0-0-1'],
  ['2001:db8::', 'picluster-l2-2001-db8--0'],
  ['::', 'picluster-l2---0'],
  ['::1', 'picluster-l2---1'],
])('the Lease of %s is called %s', (address, name) => {
  expect(leaseNameFor(address)).toBe(name);
  expect(addressOfLease(name)).toBe(address);
});

test.each(['picluster-controller', 'picluster-l2-', 'picluster-l2-10-0-0', 'picluster-l2-web'])(
  '%s is the Lease of no address',
  (name) => {
    expect(addressOfLease(name)).toBeUndefined();
  },
);
