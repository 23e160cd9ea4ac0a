import { describe, expect, test } from 'vitest';
import {
  resolveAdvertisements,
  type AdvertisementFacts,
  type CommunityFacts,
  type PoolFacts,
} from '../src/index.ts';

const ad = (name: string, more: Partial<AdvertisementFacts> = {}): AdvertisementFacts => ({
  name,
  aggregationLength: 32,
  aggregationLengthV6: 128,
  ...more,
});
const pool = (name: string, ...addresses: readonly string[]): PoolFacts => ({
  name,
  labels: { of: name },
  addresses,
});
const IPV4 = pool('four', '10.20.30.0/24');
const IPV6 = pool('six', 'fd00::/64');
const BOTH = pool('both', '10.20.30.0/24', 'fd00::/64');

interface Around {
  readonly communities?: readonly CommunityFacts[];
  readonly pools?: readonly PoolFacts[];
}
const resolve = (
  advertisements: readonly AdvertisementFacts[],
  { communities = [], pools = [IPV4] }: Around = {},
): ReturnType<typeof resolveAdvertisements<AdvertisementFacts>> =>
  resolveAdvertisements(advertisements, { labels: { rack: '1' }, communities, pools });
const messages = (all: readonly AdvertisementFacts[], around?: Around): readonly string[] =>
  resolve(all, around).problems.map(({ name, message }) => `${name}: ${message}`);

describe('communities', () => {
  const communities: readonly CommunityFacts[] = [
    { name: 'one', aliases: [{ name: 'quiet', value: '65535:65282' }] },
    { name: 'two', aliases: [{ name: 'far', value: 'large:1:2:3' }] },
  ];

  test('by name become what a Community says, of either kind, each once', () => {
    const { advertisements, problems } = resolve(
      [ad('a', { communities: ['quiet', 'far', '65535:65282', '64512:1', 'large:1:2:03'] })],
      { communities },
    );
    expect(problems).toEqual([]);
    expect(advertisements[0]).toMatchObject({
      communities: ['65535:65282', '64512:1'],
      largeCommunities: ['1:2:3'],
    });
  });

  test('that nothing explains keep the advertisement from being followed, in MetalLB’s words', () => {
    const all = [ad('a', { communities: ['my-valid-alias'] }), ad('b')];
    const { advertisements } = resolve(all, { communities });
    expect(advertisements.map(({ advertisement }) => advertisement.name)).toEqual(['b']);
    expect(messages(all, { communities })).toEqual([
      'a: invalid community format: my-valid-alias\ninvalid community "my-valid-alias" in BGP advertisement',
    ]);
  });

  test('whose name is given twice are what the older object says', () => {
    const twice: readonly CommunityFacts[] = [
      { name: 'a', createdAt: '2026-01-02T00:00:00Z', aliases: [{ name: 'x', value: '1:2' }] },
      { name: 'b', createdAt: '2026-01-01T00:00:00Z', aliases: [{ name: 'x', value: '1:1' }] },
    ];
    const all = [ad('a', { communities: ['x'] })];
    expect(resolve(all, { communities: twice }).advertisements[0]?.communities).toEqual(['1:1']);
    expect(messages(all, { communities: twice })).toEqual([
      'a: duplicate definition of community "x"',
    ]);
  });
});

describe('an aggregate', () => {
  test.each([
    ['1.1.1.0/28', 26, 28],
    ['10.20.30.0/24', 23, 24],
    ['3.3.3.2-3.3.3.254', 24, 26],
    ['10.0.0.7 - 10.0.0.7', 31, 32],
  ])(
    'of %s with %d would have addresses in it that are not the pool’s',
    (entry, length, prefix) => {
      const pools = [pool('small', entry), IPV6];
      const all = [ad('a', { aggregationLength: length })];
      expect(messages(all, { pools })).toEqual([
        `a: invalid aggregation length ${length}: prefix ${prefix} in this pool is more specific than the aggregation length for addresses ${entry}`,
      ]);
      expect([...(resolve(all, { pools }).advertisements[0]?.exceptPools ?? [])]).toEqual([
        'small',
      ]);
    },
  );

  test('may be as wide as the widest network of each entry', () => {
    const pools = [pool('range', '3.3.3.2-3.3.3.254', '10.0.0.0/8')];
    expect(messages([ad('a', { aggregationLength: 26 })], { pools })).toEqual([]);
  });

  test('of IPv6 is judged by its own length', () => {
    const pools = [pool('six', 'fd00::/64')];
    expect(
      messages([ad('a', { aggregationLength: 8, aggregationLengthV6: 64 })], { pools }),
    ).toEqual([]);
    expect(messages([ad('a', { aggregationLengthV6: 48 })], { pools })).toHaveLength(1);
  });

  test('of a pool that the advertisement does not select is nobody’s concern', () => {
    const pools = [pool('small', '1.1.1.0/28'), IPV4];
    for (const selection of [
      { ipAddressPools: ['four'] },
      { ipAddressPoolSelectors: [{ matchLabels: { of: 'four' } }] },
    ]) {
      expect(messages([ad('a', { aggregationLength: 24, ...selection })], { pools })).toEqual([]);
    }
  });
});

describe('two preferences', () => {
  const low = ad('a', { localPref: 100 });
  const high = ad('b', { localPref: 200 });

  test('for the same prefixes are told of, in MetalLB’s words, and both are followed', () => {
    expect(messages([high, low])).toEqual([
      'b: invalid local preference 200: local preferernce 100 was already set for the same type of BGP update. Check existing BGP advertisements with common pools and aggregation lengths',
    ]);
    expect(resolve([high, low]).advertisements).toHaveLength(2);
  });

  test('and two lengths of path are told of apart', () => {
    const long = ad('b', { localPref: 200, asPathPrepend: 3 });
    const ending =
      'was already set for the same type of BGP update. Check existing BGP advertisements with common pools and aggregation lengths';
    expect(messages([long, low])).toEqual([
      `b: invalid local preference 200: local preferernce 100 ${ending}`,
      `b: invalid as path prepend 3: as path prepend 0 ${ending}`,
    ]);
    expect(messages([long, ad('a', { localPref: 200 })])).toEqual([
      `b: invalid as path prepend 3: as path prepend 0 ${ending}`,
    ]);
    expect(messages([long, { ...long, name: 'a' }])).toEqual([]);
  });

  test.each([
    ['they are the same', { localPref: 100 }, [IPV4]],
    ['neither says one', { localPref: 0 }, [IPV4]],
    ['their prefixes have other lengths', { aggregationLength: 24 }, [IPV4]],
    [
      'their prefixes have other lengths, both of them',
      { aggregationLength: 24, aggregationLengthV6: 64 },
      [BOTH],
    ],
    ['they have no pool in common', { ipAddressPools: ['six'] }, [IPV4, IPV6]],
    ['their peers are others', { peers: ['y'] }, [IPV4]],
    ['one is not for this node', { nodeSelectors: [{ matchLabels: { rack: '2' } }] }, [IPV4]],
    ['one chooses Services', { serviceSelectors: [{ matchLabels: { app: 'web' } }] }, [IPV4]],
    ['there is no pool', {}, []],
  ] as const)('are no matter where %s', (what, more, pools) => {
    const one = {
      ...(what.startsWith('neither') ? ad('a') : low),
      ipAddressPools: ['four', 'both'],
      peers: ['x'],
    };
    const other = { ...high, peers: ['x'], ...more };
    expect(messages([one, other], { pools })).toEqual([]);
  });

  test.each([
    ['one family of a pool of two has the same length', { aggregationLength: 24 }, [BOTH]],
    ['one is for all peers', { peers: [] }, [IPV4]],
    ['some peers are the same', { peers: ['y', 'x'] }, [IPV4]],
  ] as const)('are a matter where %s', (_what, more, pools) => {
    expect(
      messages(
        [
          { ...low, peers: ['x'] },
          { ...high, peers: ['x'], ...more },
        ],
        { pools },
      ),
    ).toHaveLength(1);
  });
});
