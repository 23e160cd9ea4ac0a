import type { Verdict } from '@picluster/api';
import { describe, expect, test } from 'vitest';
import { servicePatch } from '../src/service-patch.ts';
import { serviceOf } from './fixtures.ts';

const EARLY = '2026-01-01T00:00:00Z';
const yes: Verdict = { status: 'True', reason: 'Assigned', message: 'one' };
const no: Verdict = { status: 'False', reason: 'PoolFull', message: 'none' };

describe('the one write of a Service', () => {
  test('carries the addresses, the pool and the condition, onto the version that was read', () => {
    const face = { addresses: ['10.0.0.1'], pool: 'p', verdict: yes };
    expect(servicePatch(serviceOf(), face, EARLY)).toEqual({
      resourceVersion: '1',
      status: {
        loadBalancer: { ingress: [{ ip: '10.0.0.1' }] },
        conditions: [{ type: 'picluster.io/AddressAssigned', ...yes, lastTransitionTime: EARLY }],
      },
      annotations: { 'metallb.io/ip-allocated-from-pool': 'p' },
    });
  });

  test('leaves the addresses alone where only the condition is new', () => {
    const face = { addresses: [], pool: undefined, verdict: no };
    const patch = servicePatch(serviceOf(), face, EARLY);
    expect(Object.keys(patch?.status ?? {})).toEqual(['conditions']);
    expect(patch).not.toHaveProperty('annotations');
  });

  test('is not made for the sake of a condition that says only that all is well', () => {
    const annotations = { 'metallb.io/ip-allocated-from-pool': 'p' };
    const service = serviceOf({ ingress: ['10.0.0.1'], annotations });
    const face = { addresses: ['10.0.0.1'], pool: 'p', verdict: yes };
    expect(servicePatch(service, face, EARLY)).toBeUndefined();
  });
});
