import { describe, expect, test } from 'vitest';
import { decide, EXCLUDE_LABEL, type Situation } from '../src/announce-decision.ts';
import { viewNode, viewService } from '../src/views.ts';
import { viewAdvertisement, viewPool } from '../src/advertising.ts';
import { sliceOf, type TestEndpoint } from './endpoint-slices.ts';

// MetalLB's table, row by row, from objects as the API server sends them. Its speakers name one announcer; here the first candidate is
// the one that MetalLB would choose, and the candidates behind it are those that would follow.

interface Row {
  readonly nodes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly local?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ip?: string;
  /** One list for each slice. */
  readonly slices?: readonly (readonly TestEndpoint[])[];
  /** Specs of L2Advertisements. */
  readonly ads?: readonly object[];
  readonly ignoreExcludeLabel?: boolean;
}

const on = (...names: string[]): object => ({
  nodeSelectors: [{ matchExpressions: [{ key: 'name', operator: 'In', values: names }] }],
});
const forServices = (...labels: Record<string, string>[]): object => ({
  serviceSelectors: labels.map((matchLabels) => ({ matchLabels })),
});
const prefer = (weight: number, matchLabels: Record<string, string>): object => ({
  weight,
  preference: { matchLabels },
});

function situationOf(row: Row): Omit<Situation, 'node'> {
  const service = viewService({
    metadata: {
      namespace: 'default',
      name: 'web',
      labels: row.labels ?? {},
      annotations: row.annotations ?? {},
    },
    spec: { type: 'LoadBalancer', externalTrafficPolicy: row.local === true ? 'Local' : 'Cluster' },
    status: { loadBalancer: { ingress: [{ ip: row.ip ?? '10.20.30.1' }] } },
  });
  const pool = viewPool({ metadata: { name: 'pool' }, spec: { addresses: ['10.20.30.0/24'] } });
  const slices = row.slices ?? [[['iris1'], ['iris2']]];
  const endpoints = slices.map((slice) => sliceOf('web', slice));
  const nodes = row.nodes ?? { iris1: {}, iris2: {} };
  return {
    service,
    pools: pool === undefined ? [] : [pool],
    advertisements: (row.ads ?? [{}])
      .map((spec, at) => viewAdvertisement({ metadata: { name: `ad${at}` }, spec }))
      .filter((view) => view !== undefined),
    nodes: Object.entries(nodes).map(([name, labels]) =>
      viewNode({ metadata: { name, labels: { name, ...labels } } }),
    ),
    endpoints: endpoints.filter((view) => view !== undefined),
    loadBalancerClass: undefined,
    ...(row.ignoreExcludeLabel === undefined ? {} : { ignoreExcludeLabel: row.ignoreExcludeLabel }),
  };
}

/** What a node decides: the candidates in order if it is one of them, or the reason why it is not. */
function decidedBy(node: string, row: Row): readonly string[] | string {
  const decision = decide({ ...situationOf(row), node });
  return decision.kind === 'candidate' ? decision.candidates : decision.reason;
}

type Outcome = readonly string[] | string;
type Case = [row: string, situation: Row, iris1: Outcome, iris2: Outcome];

const EXCLUDED = { [EXCLUDE_LABEL]: '' };
const BOTH = ['iris2', 'iris1'];

describe('local traffic goes to nodes with an endpoint that serves', () => {
  test.each<Case>([
    ['167 two slices, two nodes', { slices: [[['iris1']], [['iris2']]] }, BOTH, BOTH],
    ['200 one slice, two nodes', {}, BOTH, BOTH],
    ['229 one node twice', { slices: [[['iris1']], [['iris1']]] }, ['iris1'], 'notOwner'],
    [
      '259 one of two endpoints is not ready',
      { slices: [[['iris1'], ['iris1', 'not-ready']]] },
      ['iris1'],
      'notOwner',
    ],
    ['288 not ready but serving', { slices: [[['iris1'], ['iris2', 'serving']]] }, BOTH, BOTH],
    [
      '319 ready, said not to serve',
      { slices: [[['iris1', 'ready-not-serving'], ['iris2']]] },
      BOTH,
      BOTH,
    ],
    ['407 only on iris1', { slices: [[['iris1']]] }, ['iris1'], 'notOwner'],
    [
      '459 none is ready',
      { slices: [[['iris1', 'not-ready']], [['iris1', 'not-ready']]] },
      'notOwner',
      'notOwner',
    ],
    [
      '562 none is ready, on two nodes',
      {
        slices: [
          [
            ['iris1', 'not-ready'],
            ['iris2', 'not-ready'],
          ],
        ],
      },
      'notOwner',
      'notOwner',
    ],
    [
      '613 only iris1’s is ready',
      { slices: [[['iris1'], ['iris2', 'not-ready']]] },
      ['iris1'],
      'notOwner',
    ],
    ['664 .2 begins on iris1', { ip: '10.20.30.2' }, ['iris1', 'iris2'], ['iris1', 'iris2']],
    [
      '748 .2 with nothing ready on iris2',
      { ip: '10.20.30.2', slices: [[['iris1'], ['iris2', 'not-ready']]] },
      ['iris1'],
      'notOwner',
    ],
    [
      '832 only iris2’s is ready',
      { slices: [[['iris1', 'not-ready'], ['iris2']]] },
      'notOwner',
      ['iris2'],
    ],
    ['916 two endpoints on iris2', { slices: [[['iris1'], ['iris2'], ['iris2']]] }, BOTH, BOTH],
    [
      '980 two on iris1: their number does not count',
      { slices: [[['iris1'], ['iris1'], ['iris2']]] },
      BOTH,
      BOTH,
    ],
    [
      '1100 one of iris1’s is not ready',
      { slices: [[['iris1'], ['iris1', 'not-ready'], ['iris2']]] },
      BOTH,
      BOTH,
    ],
    [
      '1160 neither of iris2’s is ready',
      { slices: [[['iris1'], ['iris2', 'not-ready'], ['iris2', 'not-ready']]] },
      ['iris1'],
      'notOwner',
    ],
  ])('%s', (_row, situation, iris1, iris2) => {
    const row = { local: true, ...situation };
    expect([decidedBy('iris1', row), decidedBy('iris2', row)]).toEqual([iris1, iris2]);
  });
});

describe('nodes and the exclude label', () => {
  const NO_AD = 'noMatchingAdvertisement';
  test.each<Case>([
    ['1353 advertised from iris1', { ads: [on('iris1')] }, ['iris1'], NO_AD],
    [
      '1366 local, an advertisement for each, endpoint on iris1',
      { local: true, ads: [on('iris1'), on('iris2')], slices: [[['iris1']]] },
      ['iris1'],
      'notOwner',
    ],
    ['1379 endpoint on iris1 only', { slices: [[['iris1']]] }, BOTH, BOTH],
    [
      '1392 advertised from iris1, endpoints on both',
      { local: true, ads: [on('iris1')] },
      ['iris1'],
      NO_AD,
    ],
    [
      '1405 local, endpoint on iris1, advertised from iris2',
      { local: true, ads: [on('iris2')], slices: [[['iris1']]] },
      NO_AD,
      'notOwner',
    ],
    ['1418 iris2 is excluded', { nodes: { iris1: {}, iris2: EXCLUDED } }, ['iris1'], 'notOwner'],
    ['1432 iris1 is excluded', { nodes: { iris1: EXCLUDED, iris2: {} } }, 'notOwner', ['iris2']],
    [
      '1446 both are excluded',
      { nodes: { iris1: EXCLUDED, iris2: EXCLUDED } },
      'notOwner',
      'notOwner',
    ],
    [
      '1460 both are excluded, which is ignored; local, endpoint on iris1',
      {
        nodes: { iris1: EXCLUDED, iris2: EXCLUDED },
        ignoreExcludeLabel: true,
        local: true,
        slices: [[['iris1']]],
      },
      ['iris1'],
      'notOwner',
    ],
  ])('%s', (_row, situation, iris1, iris2) => {
    expect([decidedBy('iris1', situation), decidedBy('iris2', situation)]).toEqual([iris1, iris2]);
  });
});

describe('selectors of Services, and shared addresses', () => {
  const NO_AD = 'noMatchingAdvertisement';
  const SHARED = 'sharedIPWithServiceSelector';
  const a = { app: 'a' };
  const share = { 'metallb.io/allow-shared-ip': 'k' };
  test.each<[row: string, situation: Row, outcome: Outcome]>([
    ['1703 none', {}, BOTH],
    ['1703 that match', { labels: a, ads: [forServices(a)] }, BOTH],
    ['1703 that do not', { labels: { app: 'b' }, ads: [forServices(a)] }, NO_AD],
    ['1703 of which one matches', { labels: a, ads: [forServices({ app: 'z' }, a)] }, BOTH],
    [
      '1855 annotation and selector',
      { labels: a, annotations: share, ads: [forServices(a)] },
      SHARED,
    ],
    ['1855 annotation only', { annotations: share }, BOTH],
    [
      '1855 deprecated annotation and selector',
      {
        labels: a,
        annotations: { 'metallb.universe.tf/allow-shared-ip': '' },
        ads: [forServices(a)],
      },
      SHARED,
    ],
    [
      '1855 of two, one has a selector',
      { labels: a, annotations: share, ads: [{}, forServices(a)] },
      SHARED,
    ],
    [
      '1855 of two, one has a selector for others',
      { labels: a, annotations: share, ads: [{}, forServices({ app: 'z' })] },
      BOTH,
    ],
    [
      '2220 one for other Services, one for a node that is not there',
      { ads: [forServices(a), on('ghost')] },
      NO_AD,
    ],
  ])('%s', (_row, situation, outcome) => {
    expect(decidedBy('iris1', situation)).toEqual(outcome);
    expect(decidedBy('iris2', situation)).toEqual(outcome);
  });

  test('2309 two advertisements, each for a Service and a node: each node announces its own', () => {
    const ads = [
      { ...forServices({ app: 'foo' }), ...on('iris1') },
      { ...forServices({ app: 'bar' }), ...on('iris2') },
    ];
    const foo = { labels: { app: 'foo' }, ads };
    const bar = { labels: { app: 'bar' }, ads };
    expect([decidedBy('iris1', foo), decidedBy('iris2', foo)]).toEqual([['iris1'], NO_AD]);
    expect([decidedBy('iris1', bar), decidedBy('iris2', bar)]).toEqual([NO_AD, ['iris2']]);
  });

  test('2101 two advertisements with an interface for each node: one order, and each node its own interface', () => {
    const row = {
      ads: [
        { ...on('iris1'), interfaces: ['eth0'] },
        { ...on('iris2'), interfaces: ['eth1'] },
      ],
    };
    const one = decide({ ...situationOf(row), node: 'iris1' });
    const two = decide({ ...situationOf(row), node: 'iris2' });
    expect(one).toMatchObject({ candidates: BOTH, rank: 1, interfaces: ['eth0'] });
    expect(two).toMatchObject({ candidates: BOTH, rank: 0, interfaces: ['eth1'] });
  });
});

describe('preferred nodes', () => {
  const nodes = {
    'edge-a': { role: 'edge', zone: 'primary' },
    'edge-b': { role: 'edge' },
    'worker-a': { role: 'worker' },
    'worker-b': { role: 'worker' },
  };
  const edges = { preferredNodeSelectors: [prefer(100, { role: 'edge' })] };
  const edgeA = { preferredNodeSelectors: [prefer(100, { name: 'edge-a' })] };
  /** All candidates in order, and the preferred ones among them. */
  const order = (row: Row): readonly [readonly string[], readonly string[]] => {
    for (const node of Object.keys(row.nodes ?? nodes)) {
      const decision = decide({ ...situationOf({ nodes, ...row }), node });
      if (decision.kind === 'candidate') return [decision.candidates, decision.preferred];
    }
    return [[], []];
  };

  test.each<[row: string, situation: Row, first: string, preferred: readonly string[]]>([
    ['2623 edge-a before three others', { ads: [edgeA] }, 'edge-a', ['edge-a']],
    [
      '2623 local: the preferred node has no endpoint',
      { ads: [edgeA], local: true, slices: [[['worker-a']]] },
      'worker-a',
      [],
    ],
    [
      '2729 those of an advertisement for some nodes count for all, those for other Services do not',
      {
        ads: [
          {},
          { ...on('edge-a'), ...edgeA },
          {
            ...forServices({ app: 'other' }),
            preferredNodeSelectors: [prefer(100, { name: 'worker-a' })],
          },
        ],
      },
      'edge-a',
      ['edge-a'],
    ],
    ['2800 equal weights: by the hash', { ads: [edges] }, 'edge-b', ['edge-b', 'edge-a']],
    [
      '2800 no preferred node is there',
      { ads: [edges], nodes: { 'worker-a': {}, 'worker-b': {} } },
      'worker-a',
      [],
    ],
    [
      '4573 weights of one advertisement add up',
      {
        ads: [
          {
            preferredNodeSelectors: [prefer(40, { role: 'edge' }), prefer(30, { zone: 'primary' })],
          },
        ],
      },
      'edge-a',
      ['edge-a', 'edge-b'],
    ],
    [
      '4556 a preference for nodes that may not announce counts nothing',
      { ads: [{ ...on('worker-a', 'worker-b'), ...edges }] },
      'worker-a',
      [],
    ],
  ])('%s', (_row, situation, first, preferred) => {
    const [candidates, chosen] = order(situation);
    expect(candidates[0]).toBe(first);
    expect(chosen).toEqual(preferred);
  });
});
