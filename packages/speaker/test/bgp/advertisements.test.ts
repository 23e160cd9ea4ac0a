import { expect, test } from 'vitest';
import { resolveAdvertisements } from '../../src/bgp/advertisements.ts';

const lengths = { aggregationLength: 32, aggregationLengthV6: 128 };

test('communities come by number and by name, and are sorted out by their kind', () => {
  const communities = ['65000:0100', 'no-export', 'large:65000:1:02', 'far'];
  const { advertisements, problems } = resolveAdvertisements(
    [{ name: 'a', ...lengths, communities, localPref: 100, peers: ['p1'] }],
    [[['no-export', '65535:65281']], [['far', 'large:1:2:3']]],
  );
  expect(problems).toEqual([]);
  expect(advertisements).toEqual([
    {
      name: 'a',
      ...lengths,
      communities: ['65000:100', '65535:65281'],
      largeCommunities: ['65000:1:2', '1:2:3'],
      localPref: 100,
      peers: ['p1'],
    },
  ]);
});

test('an advertisement with a name that nothing explains is not followed, the others are', () => {
  const { advertisements, problems } = resolveAdvertisements(
    [
      { name: 'a', ...lengths, communities: ['65000:1', 'unknown'] },
      { name: 'b', ...lengths },
    ],
    [],
  );
  expect(advertisements.map(({ name }) => name)).toEqual(['b']);
  expect(problems).toEqual([{ advertisement: 'a', problem: 'no Community explains "unknown"' }]);
});

test('a preference of 0 is none', () => {
  const { advertisements } = resolveAdvertisements([{ name: 'a', ...lengths, localPref: 0 }], []);
  expect(advertisements[0]?.localPref).toBeUndefined();
});
