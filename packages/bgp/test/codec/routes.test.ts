import { expect, test } from 'vitest';
import { FAMILIES, decodeMessage, encodeMessage, endOfRib, routesOf } from '../../src/index.ts';

test('the routes of an UPDATE are found wherever they stand', () => {
  expect(
    routesOf({
      type: 'UPDATE',
      withdrawn: ['10.0.0.0/8'],
      attributes: [
        { type: 'MP_UNREACH_NLRI', family: 'ipv6-unicast', withdrawn: ['2001:db8::/32'] },
        {
          type: 'MP_REACH_NLRI',
          family: 'ipv6-unicast',
          nextHop: { address: '2001:db8::1' },
          nlri: ['::/0'],
        },
        { type: 'NEXT_HOP', address: '192.0.2.1' },
      ],
      nlri: ['0.0.0.0/0'],
    }),
  ).toEqual({
    withdrawn: [
      { family: 'ipv4-unicast', prefixes: ['10.0.0.0/8'] },
      { family: 'ipv6-unicast', prefixes: ['2001:db8::/32'] },
    ],
    announced: [
      { family: 'ipv6-unicast', nextHop: { address: '2001:db8::1' }, prefixes: ['::/0'] },
      { family: 'ipv4-unicast', nextHop: { address: '192.0.2.1' }, prefixes: ['0.0.0.0/0'] },
    ],
  });
});

test('lists without a route are no routes', () => {
  expect(routesOf(endOfRib('ipv4-unicast'))).toEqual({ withdrawn: [], announced: [] });
  expect(routesOf(endOfRib('ipv6-unicast'))).toEqual({ withdrawn: [], announced: [] });
});

test('the End-of-RIB of each family is read as that, in both forms for IPv4', () => {
  for (const family of FAMILIES) {
    expect(decodeMessage(encodeMessage(endOfRib(family)))).toMatchObject({ endOfRib: family });
  }
  const attributes = [{ type: 'MP_UNREACH_NLRI', family: 'ipv4-unicast', withdrawn: [] } as const];
  const other = encodeMessage({ type: 'UPDATE', withdrawn: [], attributes, nlri: [] });
  expect(decodeMessage(other)).toMatchObject({ endOfRib: 'ipv4-unicast' });
});
