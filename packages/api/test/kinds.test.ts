import { describe, expect, test } from 'vitest';
import {
  parseIPAddressPool,
  parseL2Advertisement,
  parseServiceL2Status,
  serviceL2StatusSchema,
  type Parsed,
} from '../src/index.ts';

const metadata = { name: 'picluster-pool', namespace: 'metallb' };
const problemsOf = (parsed: Parsed<unknown>): readonly string[] =>
  parsed.ok ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);

describe('an IPAddressPool', () => {
  test.each(['192.168.1.240', ' 192.168.1.0/24', '192.168.1.1-', 'home', '1.2.3.0/24,1.2.4.0/24'])(
    'with the entry "%s" is told what an entry looks like',
    (entry) => {
      const problems = problemsOf(parseIPAddressPool({ metadata, spec: { addresses: [entry] } }));
      expect(problems).toEqual([expect.stringContaining('neither a CIDR nor a range')]);
    },
  );

  test('keeps no field that is null, as the API server does not', () => {
    const parsed = parseIPAddressPool({
      metadata,
      spec: { addresses: ['fd00::/64'], autoAssign: null, serviceAllocation: null },
    });
    expect(parsed).toMatchObject({ ok: true, value: { spec: { autoAssign: true } } });
    expect(parsed.ok ? parsed.value.spec : {}).not.toHaveProperty('serviceAllocation');
  });

  test('gets its defaults, and keeps what it does not know', () => {
    const raw = { metadata, spec: { addresses: ['192.168.1.240-192.168.1.250'], future: 1 } };
    expect(parseIPAddressPool(raw)).toEqual({
      ok: true,
      value: {
        metadata,
        spec: {
          addresses: ['192.168.1.240-192.168.1.250'],
          autoAssign: true,
          avoidBuggyIPs: false,
          future: 1,
        },
      },
    });
    expect(raw.spec).not.toHaveProperty('autoAssign');
  });

  test('without a spec, or with fields of the wrong kind, is told each field', () => {
    expect(problemsOf(parseIPAddressPool({ metadata }))).toEqual([expect.stringContaining('spec')]);
    const problems = problemsOf(
      parseIPAddressPool({
        metadata,
        spec: { addresses: [7], autoAssign: 'no', serviceAllocation: { priority: 0.5 } },
      }),
    );
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining([
        'spec.addresses[0]',
        'spec.autoAssign',
        'spec.serviceAllocation.priority',
      ]),
    );
  });

  test('needs at least one address', () => {
    expect(problemsOf(parseIPAddressPool({ metadata, spec: { addresses: [] } }))[0]).toMatch(
      /^spec\.addresses:/,
    );
  });

  test('that lists a namespace or a selector twice is refused, whatever the order inside the selector', () => {
    const spec = (serviceAllocation: unknown): unknown => ({
      metadata,
      spec: { addresses: ['192.0.2.0/24'], serviceAllocation },
    });
    expect(problemsOf(parseIPAddressPool(spec({ namespaces: ['a', 'b', 'a'] })))).toEqual([
      'spec.serviceAllocation.namespaces[2]: "a" is listed twice, first as entry 0: remove one',
    ]);
    const twice = [{ matchLabels: { a: '1', b: '2' } }, { matchLabels: { b: '2', a: '1' } }];
    expect(problemsOf(parseIPAddressPool(spec({ serviceSelectors: twice })))[0]).toContain(
      'serviceSelectors[1]: the selector',
    );
  });

  test('whose selector makes no sense is told what the operator needs', () => {
    const selector = { matchExpressions: [{ key: 'app', operator: 'In' }] };
    const raw = {
      metadata,
      spec: { addresses: ['192.0.2.0/24'], serviceAllocation: { namespaceSelectors: [selector] } },
    };
    expect(problemsOf(parseIPAddressPool(raw))).toEqual([
      'spec.serviceAllocation.namespaceSelectors[0].matchExpressions[0].values: operator In on "app" needs at least one value',
    ]);
  });
});

describe('an L2Advertisement', () => {
  test('needs no spec: it then advertises everything', () => {
    expect(parseL2Advertisement({ metadata })).toEqual({ ok: true, value: { metadata } });
  });

  test('may list an interface twice, but not a pool', () => {
    expect(parseL2Advertisement({ metadata, spec: { interfaces: ['eth0', 'eth0'] } }).ok).toBe(
      true,
    );
    expect(
      problemsOf(parseL2Advertisement({ metadata, spec: { ipAddressPools: ['a', 'a'] } })),
    ).toEqual(['spec.ipAddressPools[1]: "a" is listed twice, first as entry 0: remove one']);
  });

  test('has weights from 1 to 100', () => {
    const spec = (weight: number): unknown => ({
      metadata,
      spec: { preferredNodeSelectors: [{ weight, preference: {} }] },
    });
    expect([0, 1, 100, 101].map((weight) => parseL2Advertisement(spec(weight)).ok)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('a ServiceL2Status', () => {
  const status = {
    node: 'n1',
    serviceName: 'web',
    serviceNamespace: 'default',
    interfaces: [{ name: 'eth0' }],
  };

  test('is read with all that its status says, and also before it has one', () => {
    expect(parseServiceL2Status({ metadata, status })).toEqual({
      ok: true,
      value: { metadata, status },
    });
    expect(parseServiceL2Status({ metadata, spec: {} }).ok).toBe(true);
  });

  test('whose interfaces are mere names is told which field is wrong', () => {
    const raw = { metadata, status: { ...status, interfaces: ['eth0'] } };
    expect(problemsOf(parseServiceL2Status(raw))).toEqual([
      expect.stringContaining('status.interfaces[0]'),
    ]);
  });

  test('speaks of one Service on one node for good: the API server refuses to change them', () => {
    const fields = Object.entries(serviceL2StatusSchema.properties.status.properties);
    const setOnce = fields.filter(([, field]) => JSON.stringify(field).includes('self == oldSelf'));
    expect(setOnce.map(([name]) => name)).toEqual(['node', 'serviceName', 'serviceNamespace']);
  });
});
