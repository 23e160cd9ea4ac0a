import { describe, expect, test } from 'vitest';
import {
  invalidObject,
  parseBFDProfile,
  parseBGPAdvertisement,
  parseBGPPeer,
  parseCommunity,
  parseServiceBGPStatus,
  serviceBGPStatusSchema,
  type Parsed,
} from '../src/index.ts';

const metadata = { name: 'one', namespace: 'metallb-system' };
const problemsOf = (parsed: Parsed<unknown>): readonly string[] =>
  parsed.ok ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);

describe('a BGPAdvertisement', () => {
  const spec = (fields: Readonly<Record<string, unknown>>): Parsed<unknown> =>
    parseBGPAdvertisement({ metadata, spec: fields });
  const HELP =
    'write it like 65000:100 (two numbers up to 65535) or large:65000:1:2 (three numbers up to 4294967295)';
  const EXCLUSIVE =
    'spec: serviceSelectors and aggregationLength are mutually exclusive, can only be used together with default aggregationLength (32) and aggregationLengthV6 (128)';

  test.each([{ metadata }, { metadata, spec: null }, { metadata, spec: {} }])(
    'needs no spec: it then announces each address by itself (%j)',
    (raw) => {
      expect(parseBGPAdvertisement(raw)).toEqual({
        ok: true,
        value: {
          metadata,
          spec: { aggregationLength: 32, aggregationLengthV6: 128 },
        },
      });
    },
  );

  test('may name communities, and write them out in two ways', () => {
    const communities = ['NO_ADVERTISE', '65535:65282', 'large:4294967295:0:1', '0:0'];
    expect(spec({ communities, localPref: 4_294_967_295 }).ok).toBe(true);
  });

  test.each([
    [
      { communities: ['99999999:1'] },
      `spec.communities[0]: invalid community value "99999999:1": ${HELP}`,
    ],
    [
      { communities: ['1:65536'] },
      `spec.communities[0]: invalid community value "1:65536": ${HELP}`,
    ],
    [
      { communities: ['lar:1:2:3'] },
      `spec.communities[0]: invalid community value "lar:1:2:3": ${HELP}`,
    ],
    [
      { communities: ['large:1:2:4294967296'] },
      `spec.communities[0]: invalid community value "large:1:2:4294967296": ${HELP}`,
    ],
    [
      { communities: ['1:2', 'a', '1:2'] },
      'spec.communities[2]: "1:2" is listed twice, first as entry 0: remove one',
    ],
    [{ peers: ['a', 'a'] }, 'spec.peers[1]: "a" is listed twice, first as entry 0: remove one'],
    [
      { ipAddressPools: ['a', 'a'] },
      'spec.ipAddressPools[1]: "a" is listed twice, first as entry 0: remove one',
    ],
    [{ aggregationLength: 33 }, 'spec.aggregationLength: must be at most 32, not 33'],
    [{ aggregationLengthV6: 0 }, 'spec.aggregationLengthV6: must be at least 1, not 0'],
    [{ localPref: -1 }, 'spec.localPref: must be at least 0, not -1'],
    [{ asPathPrepend: 0 }, 'spec.asPathPrepend: must be at least 1, not 0'],
    [{ asPathPrepend: 11 }, 'spec.asPathPrepend: must be at most 10, not 11'],
    [{ serviceSelectors: [{}], aggregationLength: 24 }, EXCLUSIVE],
    [{ serviceSelectors: [{}], aggregationLengthV6: 64 }, EXCLUSIVE],
    [
      {
        serviceSelectors: [
          { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'a'] }] },
        ],
      },
      'spec.serviceSelectors[0].matchExpressions[0].values[1]: "a" is listed twice, first as entry 0: remove one',
    ],
  ])('with %j is told what is wrong', (fields, problem) => {
    expect(problemsOf(spec(fields))).toEqual([problem]);
  });

  test.each([{}, { aggregationLength: 32 }, { aggregationLengthV6: 128 }])(
    'may choose Services where it aggregates nothing (%j)',
    (lengths) => {
      expect(spec({ serviceSelectors: [{ matchLabels: { app: 'web' } }], ...lengths }).ok).toBe(
        true,
      );
      expect(spec({ serviceSelectors: [], aggregationLength: 24 }).ok).toBe(true);
    },
  );
});

describe('a BFDProfile', () => {
  test('may say nothing, and has the ranges of MetalLB', () => {
    expect(parseBFDProfile({ metadata }).ok).toBe(true);
    const full = {
      receiveInterval: 10,
      transmitInterval: 60_000,
      echoInterval: 62,
      detectMultiplier: 255,
      minimumTtl: 254,
      echoMode: true,
      passiveMode: true,
    };
    expect(parseBFDProfile({ metadata, spec: full })).toEqual({
      ok: true,
      value: { metadata, spec: full },
    });
  });

  test.each([
    ['receiveInterval', 2],
    ['receiveInterval', 90_000],
    ['transmitInterval', 9],
    ['echoInterval', 60_001],
    ['detectMultiplier', 1],
    ['detectMultiplier', 256],
    ['minimumTtl', 0],
    ['minimumTtl', 255],
  ])('whose %s is %d is refused', (field, value) => {
    expect(problemsOf(parseBFDProfile({ metadata, spec: { [field]: value } }))).toEqual([
      expect.stringMatching(`^spec.${field}: must be at (least|most) `),
    ]);
  });
});

describe('a Community', () => {
  const of = (...communities: readonly unknown[]): Parsed<unknown> =>
    parseCommunity({ metadata, spec: { communities } });

  test('gives names to communities, or to none', () => {
    expect(parseCommunity({ metadata }).ok).toBe(true);
    expect(of({ name: 'a', value: '64512:1' }, { name: 'b', value: 'large:1:2:3' }).ok).toBe(true);
  });

  test.each(['', '1234', '99999999:1', 'lar:123:9999:123', 'large:1:2', '1:2:3'])(
    'whose value is "%s" is refused',
    (value) => {
      expect(problemsOf(of({ name: 'a', value }))).toEqual([
        expect.stringContaining(`spec.communities[0].value: invalid community value "${value}"`),
      ]);
    },
  );

  test('has each name once, and none that could be a value', () => {
    const value = '1:2';
    expect(problemsOf(of({ name: 'a', value }, { name: 'a', value }))).toEqual([
      'spec.communities[1]: "a" is listed twice, first as entry 0: remove one',
    ]);
    for (const name of ['', '1:3']) {
      expect(problemsOf(of({ name, value }))).toEqual([
        expect.stringContaining(`spec.communities[0].name: "${name}" cannot be a name`),
      ]);
    }
  });
});

describe('a ServiceBGPStatus', () => {
  const status = { node: 'n1', serviceName: 'web', serviceNamespace: 'default', peers: ['a'] };

  test('is read with all that its status says, and also before it has one', () => {
    expect(parseServiceBGPStatus({ metadata, status })).toEqual({
      ok: true,
      value: { metadata, status },
    });
    expect(parseServiceBGPStatus({ metadata, spec: {} }).ok).toBe(true);
  });

  test('speaks of one Service on one node for good: the API server refuses to change them', () => {
    const fields = Object.entries(serviceBGPStatusSchema.properties.status.properties);
    const setOnce = fields.filter(([, field]) => JSON.stringify(field).includes('self == oldSelf'));
    expect(setOnce.map(([name]) => name)).toEqual(['node', 'serviceName', 'serviceNamespace']);
  });
});

describe('an object that cannot be read', () => {
  test('is told of with its name and each field that is wrong', () => {
    const parsed = parseBGPPeer({ metadata, spec: { myASN: 0, peerASN: 'x' } });
    const { message, code } = invalidObject('BGPPeer', 'one', parsed.ok ? [] : parsed.problems);
    expect(code).toBe('invalid');
    expect(message).toBe(
      'parsing peer one spec.myASN: must be at least 1, not 0; spec.peerASN: must be a whole number, not "x"',
    );
    const field = { field: 'spec.receiveInterval', message: 'must be at least 10, not 2' };
    expect(invalidObject('BFDProfile', 'two', [field]).message).toBe(
      'parsing BFDProfile two: spec.receiveInterval: must be at least 10, not 2',
    );
  });
});
