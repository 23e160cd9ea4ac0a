import { expect, test } from 'vitest';
import { fallbackRouterID } from '../../src/bgp/router-id.ts';

test('the router ID of a node without an IPv4 address is the one that MetalLB gives it', () => {
  expect(fallbackRouterID('node1')).toBe('64.37.239.133');
});
