import { expect, test } from 'vitest';
import { advertisementsInForce } from '../../src/bgp/advertisements.ts';

const lengths = { aggregationLength: 32, aggregationLengthV6: 128 };
const surroundings = {
  labels: { name: 'pandora' },
  pools: [{ name: 'default', labels: {}, addresses: ['10.20.30.0/24'] }],
  communities: [{ name: 'c', aliases: [{ name: 'far', value: 'large:1:2:3' }] }],
};

test('an advertisement in force has its communities by number and kind, and the pools that it must not announce', () => {
  const written = {
    name: 'a',
    ...lengths,
    aggregationLength: 16,
    communities: ['65000:0100', 'far'],
    localPref: 100,
    asPathPrepend: 2,
    peers: ['p1'],
  };
  const { advertisements, problems } = advertisementsInForce([written], surroundings);
  expect(problems.map(({ code }) => code)).toEqual(['aggregation-length']);
  expect(advertisements).toEqual([
    {
      ...written,
      communities: ['65000:100'],
      largeCommunities: ['1:2:3'],
      exceptPools: new Set(['default']),
    },
  ]);
});

test('those of other nodes, and those with a name that nothing explains, are not in force', () => {
  const { advertisements, problems } = advertisementsInForce(
    [
      { name: 'a', ...lengths, communities: ['unknown'] },
      { name: 'b', ...lengths, nodeSelectors: [{ matchLabels: { name: 'iris' } }] },
      { name: 'c', ...lengths },
    ],
    surroundings,
  );
  expect(advertisements.map(({ name }) => name)).toEqual(['c']);
  expect(problems.map(({ name, code }) => `${name} ${code}`)).toEqual(['a community-unknown']);
});

test('a preference of 0 is none, and a path of which nothing is said is as it is', () => {
  const written = [{ name: 'a', ...lengths, localPref: 0 }];
  const [inForce] = advertisementsInForce(written, surroundings).advertisements;
  expect(inForce).toMatchObject({ localPref: undefined, asPathPrepend: 0 });
});
