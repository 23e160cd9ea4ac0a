import { describe, expect, test } from 'vitest';
import { service } from './objects.ts';
import type { ContractSubject } from './subject.ts';

/** Rules of what a Service is given. */
export function serviceRules(on: ContractSubject): void {
  describe('services', () => {
    test('a Service gets the defaults that everybody relies on', async () => {
      const { spec, status } = await on.created(on.services, service('plain'));
      expect(spec).toMatchObject({
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
        ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
      });
      expect(spec.clusterIP).toMatch(/^10\.96\./);
      expect(spec.clusterIPs).toEqual([spec.clusterIP]);
      expect(status).toEqual({ loadBalancer: {} });
    });

    test('a LoadBalancer gets node ports and says so', async () => {
      const { spec } = await on.created(on.services, service('lb', { type: 'LoadBalancer' }));
      expect(spec.allocateLoadBalancerNodePorts).toBe(true);
      expect(spec.externalTrafficPolicy).toBe('Cluster');
      expect(spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
    });

    test('a LoadBalancer may do without node ports', async () => {
      const given = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false };
      const { spec } = await on.created(on.services, service('portless', given));
      expect(spec.ports[0].nodePort).toBeUndefined();
    });

    test('policy Local gets a health check port', async () => {
      const given = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
      const { spec } = await on.created(on.services, service('local', given));
      expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
    });

    test.each(['PreferDualStack', 'RequireDualStack'])('%s gets both families', async (policy) => {
      const name = `dual-${policy.toLowerCase()}`;
      const { spec } = await on.created(on.services, service(name, { ipFamilyPolicy: policy }));
      expect(spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
      expect(spec.clusterIPs).toEqual([
        expect.stringMatching(/^10\.96\./),
        expect.stringContaining('::'),
      ]);
    });

    test('families in another order give addresses in that order', async () => {
      const given = { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] };
      const { spec } = await on.created(on.services, service('reverse', given));
      expect(spec.clusterIP).toContain('::');
    });

    test('going back to SingleStack gives the second address up', async () => {
      await on.created(on.services, service('narrow', { ipFamilyPolicy: 'PreferDualStack' }));
      const { body } = await on.client.merge(`${on.services}/narrow`, {
        spec: { ipFamilyPolicy: 'SingleStack' },
      });
      expect([body.spec.ipFamilies, body.spec.clusterIPs.length]).toEqual([['IPv4'], 1]);
    });

    test('a headless Service has no address', async () => {
      const given = { clusterIP: 'None', selector: { app: 'x' } };
      const { spec } = await on.created(on.services, service('headless', given));
      expect([spec.clusterIP, spec.clusterIPs]).toEqual(['None', ['None']]);
    });

    test('a PUT that leaves addresses and node ports out keeps them', async () => {
      const before = await on.created(on.services, service('kept', { type: 'LoadBalancer' }));
      const { body } = await on.client.put(
        `${on.services}/kept`,
        service('kept', { type: 'LoadBalancer', selector: { app: 'new' } }),
      );
      expect(body.spec.clusterIPs).toEqual(before.spec.clusterIPs);
      expect(body.spec.ports).toEqual(before.spec.ports);
    });

    test.each([
      [{ ports: [] }, 'spec.ports'],
      [{ ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name'],
      [{ ports: [{ port: 70_000 }] }, 'spec.ports[0].port'],
      [{ type: 'Balancer' }, 'spec.type'],
      [{ clusterIP: '192.0.2.1' }, 'spec.clusterIPs'],
    ])('a spec of %j is a 422 for %s', async (spec, field) => {
      const { code, body } = await on.client.post(on.services, service('wrong', spec));
      expect(code).toBe(422);
      const fields = body.details.causes.map((one: { field: string }) => one.field);
      expect(
        fields.some((one: string) => one.startsWith(field)),
        String(fields),
      ).toBe(true);
    });

    test('a port that is a text is a 400', async () => {
      const body = service('text', { ports: [{ port: '80' }] });
      expect((await on.client.post(on.services, body)).code).toBe(400);
    });

    test('a status address that is no address is a 422', async () => {
      await on.created(on.services, service('odd', { type: 'LoadBalancer' }));
      const status = { loadBalancer: { ingress: [{ ip: '192.0.2.999' }] } };
      expect((await on.client.merge(`${on.services}/odd/status`, { status })).code).toBe(422);
    });
  });
}
