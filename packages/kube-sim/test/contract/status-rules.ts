import { describe, expect, test } from 'vitest';
import { configMap, service, widget } from './objects.ts';
import type { ContractSubject } from './subject.ts';

/** Rules of status paths and generations. */
export function statusRules(on: ContractSubject): void {
  describe('status', () => {
    test('the status path of a Service changes status and metadata, and never the spec', async () => {
      await on.created(on.services, service('status', { type: 'LoadBalancer' }));
      const { body } = await on.client.merge(`${on.services}/status/status`, {
        metadata: { annotations: { note: 'written' } },
        spec: { loadBalancerIP: '192.0.2.9' },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      });
      expect(body.metadata.annotations).toEqual({ note: 'written' });
      expect(body.spec.loadBalancerIP).toBeUndefined();
      expect(body.status.loadBalancer.ingress).toEqual([{ ip: '192.0.2.1', ipMode: 'VIP' }]);
    });

    test('a write of the Service leaves its status alone', async () => {
      const { body } = await on.client.merge(`${on.services}/status`, {
        metadata: { labels: { changed: 'yes' } },
        status: { loadBalancer: { ingress: [] } },
      });
      expect(body.status.loadBalancer.ingress).toHaveLength(1);
    });

    test('a Service that is a LoadBalancer no more has no addresses', async () => {
      const { body } = await on.client.merge(`${on.services}/status`, {
        spec: { type: 'ClusterIP' },
      });
      expect(body.status.loadBalancer).toEqual({});
      const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } };
      expect((await on.client.merge(`${on.services}/status/status`, { status })).code).toBe(422);
    });

    test('the status of a created Service is not taken over', async () => {
      const body = service('eager', { type: 'LoadBalancer' });
      const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
      expect((await on.created(on.services, { ...body, status })).status.loadBalancer).toEqual({});
    });

    test('the status path of a custom object changes nothing but status', async () => {
      const path = on.widgets;
      await on.created(path, widget('seen', { size: 1 }));
      const { body } = await on.client.merge(`${path}/seen/status`, {
        metadata: { annotations: { note: 'lost' }, labels: { note: 'lost' } },
        spec: { size: 9 },
        status: { seen: 3 },
      });
      expect([body.metadata.annotations, body.metadata.labels]).toEqual([undefined, undefined]);
      expect([body.spec.size, body.status, body.metadata.generation]).toEqual([1, { seen: 3 }, 1]);
    });

    test('generation counts changes of the spec only', async () => {
      const path = on.widgets;
      await on.created(path, widget('counted', { size: 1 }));
      const labelled = await on.client.merge(`${path}/counted`, {
        metadata: { labels: { a: 'b' } },
      });
      const resized = await on.client.merge(`${path}/counted`, { spec: { size: 2 } });
      expect([labelled.body.metadata.generation, resized.body.metadata.generation]).toEqual([1, 2]);
    });

    test('an absent status path is a 404', async () => {
      await on.created(on.maps, configMap('plain'));
      expect((await on.client.get(`${on.maps}/plain/status`)).code).toBe(404);
    });
  });
}
