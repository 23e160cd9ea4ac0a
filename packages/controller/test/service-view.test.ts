import { describe, expect, test } from 'vitest';
import { viewService } from '../src/service-view.ts';

const metadata = { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1' };
const condition = {
  type: 'picluster.io/AddressAssigned',
  status: 'False' as const,
  reason: 'PoolFull',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

describe('of a Service', () => {
  test('that is no load balancer and bears no trace of us nothing is kept', () => {
    expect(viewService({ metadata, spec: { type: 'ClusterIP' } })).toBeUndefined();
    expect(viewService({ metadata, spec: {} })).toBeUndefined();
  });

  test.each([
    ['an address', { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } }],
    ['our condition', { status: { conditions: [condition] } }],
    [
      'our annotation',
      { metadata: { ...metadata, annotations: { 'metallb.io/ip-allocated-from-pool': 'p' } } },
    ],
  ])('that is no load balancer any more, but still has %s, it is kept', (_trace, parts) => {
    expect(viewService({ metadata, spec: { type: 'ClusterIP' }, ...parts })).toBeDefined();
  });

  test('who else wrote its addresses is kept by name', () => {
    const wrote = { 'f:status': { 'f:loadBalancer': { 'f:ingress': {} } } };
    const managedFields = [
      { manager: 'kubectl-client-side-apply', fieldsV1: { 'f:spec': {} } },
      { manager: 'picluster-controller', subresource: 'status', fieldsV1: wrote },
      { manager: 'other', subresource: 'status', fieldsV1: { 'f:status': { 'f:conditions': {} } } },
      { manager: 'k3s', subresource: 'status', fieldsV1: wrote },
    ];
    const view = viewService({
      metadata: { ...metadata, managedFields, generation: 3, finalizers: ['x'] },
      spec: { type: 'LoadBalancer' },
    });
    expect(view).toMatchObject({ statusManagers: ['k3s'], generation: 3, finalizers: ['x'] });
  });
});
