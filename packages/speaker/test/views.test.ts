import { describe, expect, test } from 'vitest';
import { viewEndpointSlice, viewNode, viewService } from '../src/views.ts';

describe('what is kept of a Service', () => {
  const raw = {
    metadata: {
      namespace: 'default',
      name: 'web',
      uid: 'u1',
      labels: { app: 'web' },
      annotations: { 'metallb.io/allow-shared-ip': '' },
      managedFields: [{ manager: 'kubectl' }],
    },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      loadBalancerClass: 'x',
      ports: [],
    },
    status: { loadBalancer: { ingress: [{ ip: '10.0.0.1', ipMode: 'VIP' }, { hostname: 'h' }] } },
  };

  test('is what decides about it, and no more', () => {
    expect(viewService(raw)).toEqual({
      namespace: 'default',
      name: 'web',
      uid: 'u1',
      labels: { app: 'web' },
      type: 'LoadBalancer',
      loadBalancerClass: 'x',
      ingress: ['10.0.0.1', ''],
      localTraffic: true,
      sharesAddress: true,
    });
  });

  test('is nothing where it is no load balancer', () => {
    expect(viewService({ ...raw, spec: { type: 'ClusterIP' } })).toBeUndefined();
    expect(viewService({})).toBeUndefined();
  });

  test('says that it shares its address under the deprecated annotation too', () => {
    const annotations = { 'metallb.universe.tf/allow-shared-ip': 'k' };
    expect(viewService({ ...raw, metadata: { annotations } })?.sharesAddress).toBe(true);
    expect(viewService({ ...raw, metadata: {} })?.sharesAddress).toBe(false);
  });
});

describe('what is kept of a Node', () => {
  test.each([
    [[], false],
    [[{ type: 'Ready', status: 'False' }], false],
    [[{ type: 'NetworkUnavailable', status: 'False' }], false],
    [[{ type: 'NetworkUnavailable', status: 'True' }], true],
  ])('with the conditions %j its network is unavailable: %s', (conditions, networkUnavailable) => {
    const raw = { metadata: { name: 'n1', labels: { a: 'b' } }, status: { conditions } };
    expect(viewNode(raw)).toMatchObject({
      name: 'n1',
      labels: { a: 'b' },
      networkUnavailable,
    });
  });

  test('are its internal addresses', () => {
    const addresses = [
      { type: 'Hostname', address: 'n1' },
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'ExternalIP', address: '192.0.2.1' },
      { type: 'InternalIP', address: 'fd00::1' },
      { type: 'InternalIP' },
    ];
    expect(viewNode({ status: { addresses } }).addresses).toEqual(['10.0.0.1', 'fd00::1']);
  });
});

describe('what is kept of an EndpointSlice', () => {
  const slice = (conditions: unknown, nodeName: string | undefined = 'n1'): unknown => ({
    metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    endpoints: [{ conditions, ...(nodeName === undefined ? {} : { nodeName }) }],
  });

  test.each([
    ['ready', { ready: true }, true],
    ['of unknown readiness', {}, true],
    ['of readiness null', { ready: null }, true],
    ['not ready', { ready: false }, false],
    ['not ready but serving', { ready: false, serving: true, terminating: true }, true],
    ['ready but said not to serve', { ready: true, serving: false }, true],
  ])('an endpoint that is %s', (_what, conditions, canServe) => {
    expect(viewEndpointSlice(slice(conditions))).toEqual({
      service: 'default/web',
      canServe,
      nodes: canServe ? ['n1'] : [],
    });
  });

  test('an endpoint without a node serves, but on no node', () => {
    const raw = slice({ ready: true }, undefined) as { endpoints: { nodeName?: string }[] };
    delete raw.endpoints[0]?.nodeName;
    expect(viewEndpointSlice(raw)).toMatchObject({ canServe: true, nodes: [] });
  });

  test('a slice without endpoints serves nothing, one of no Service is left out', () => {
    const metadata = { labels: { 'kubernetes.io/service-name': 'web' } };
    expect(viewEndpointSlice({ metadata, endpoints: null })).toMatchObject({ canServe: false });
    expect(viewEndpointSlice({ metadata: {} })).toBeUndefined();
  });
});
