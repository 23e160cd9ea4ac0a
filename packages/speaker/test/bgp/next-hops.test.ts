import { describe, expect, test } from 'vitest';
import { isNeighbour, nextHopsOf } from '../../src/bgp/next-hops.ts';

const interfaces = [
  { name: 'lo', networks: ['127.0.0.1/8', '::1/128'] },
  { name: 'eth0', networks: ['192.0.2.1/24', 'fe80::1/64', '2001:db8::1/64'] },
  { name: 'eth1', networks: ['fe80::1:1/64'] },
];

describe('the next hop', () => {
  test('is our address of the session, and one of its interface for the other family', () => {
    const both = { ipv4: '192.0.2.1', ipv6: '2001:db8::1' };
    expect(nextHopsOf('192.0.2.1', interfaces, false)).toEqual(both);
    expect(nextHopsOf('2001:db8::1', interfaces, false)).toEqual(both);
  });

  test('of one family is missing where the interface has no address of it', () => {
    expect(nextHopsOf('198.51.100.1', interfaces, false)).toEqual({ ipv4: '198.51.100.1' });
    expect(nextHopsOf('fe80::1:1%eth1', interfaces, false)).toEqual({ ipv6: 'fe80::1:1' });
  });

  test('of IPv4 routes may be an IPv6 address where the peer takes that', () => {
    const hops = nextHopsOf('fe80::1:1%eth1', interfaces, true);
    expect(hops).toEqual({ ipv4: 'fe80::1:1', ipv6: 'fe80::1:1' });
  });

  test('is the link-local address of a session for both families, even where the interface has others', () => {
    const hops = nextHopsOf('fe80::1%eth0', interfaces, true);
    expect(hops).toEqual({ ipv4: 'fe80::1', ipv6: 'fe80::1' });
  });
});

test('a neighbour is in a network of one of our interfaces', () => {
  expect(isNeighbour('192.0.2.200', interfaces)).toBe(true);
  expect(isNeighbour('2001:db8::200', interfaces)).toBe(true);
  expect(isNeighbour('fe80::5%eth1', interfaces)).toBe(true);
  expect(isNeighbour('198.51.100.1', interfaces)).toBe(false);
  expect(isNeighbour('no address', interfaces)).toBe(false);
});
