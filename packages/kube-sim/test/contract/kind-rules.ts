import { describe, expect, test } from 'vitest';
import type { Answer } from './client.ts';
import type { ContractSubject } from './subject.ts';

/** Rules of single kinds, and of the server itself. */
export function kindRules(on: ContractSubject): void {
  describe('other kinds', () => {
    test('a Node keeps the status it is created with', async () => {
      const name = `node-${on.ns}`;
      const addresses = [{ type: 'InternalIP', address: '192.0.2.10' }];
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name }, status: { addresses } };
      expect((await on.created('/api/v1/nodes', node)).status.addresses).toEqual(addresses);
      await on.client.delete(`/api/v1/nodes/${name}`);
    });

    test('a Namespace is Active and labelled with its name', async () => {
      const { body } = await on.client.get(on.namespace);
      expect(body.status.phase).toBe('Active');
      expect(body.metadata.labels['kubernetes.io/metadata.name']).toBe(on.ns);
    });

    test('stringData of a Secret becomes data', async () => {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'plain' },
        stringData: { key: 'value' },
      };
      const { data, stringData, type } = await on.created(`${on.namespace}/secrets`, secret);
      expect([data, stringData, type]).toEqual([{ key: 'dmFsdWU=' }, undefined, 'Opaque']);
    });

    test('an Event is found by what it is about, in both of its APIs', async () => {
      const event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'told' },
        involvedObject: { kind: 'Service', namespace: on.ns, name: 'about', apiVersion: 'v1' },
        reason: 'Told',
        message: 'words',
        type: 'Normal',
      };
      await on.created(`${on.namespace}/events`, event);
      const selector = encodeURIComponent('involvedObject.kind=Service,involvedObject.name=about');
      const { body } = await on.client.get(`${on.namespace}/events?fieldSelector=${selector}`);
      expect(body.items.map((one: Answer['body']) => one.message)).toEqual(['words']);
      const other = await on.client.get(`/apis/events.k8s.io/v1/namespaces/${on.ns}/events/told`);
      expect([other.body.note, other.body.regarding.name]).toEqual(['words', 'about']);
    });

    test('an Event about another namespace is a 422', async () => {
      const event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'astray' },
        involvedObject: { kind: 'Service', namespace: 'elsewhere', name: 'x' },
      };
      expect((await on.client.post(`${on.namespace}/events`, event)).code).toBe(422);
    });

    test('a ServiceAccount gets a token that the server knows', async () => {
      const accounts = `${on.namespace}/serviceaccounts`;
      await on.created(accounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'robot' },
      });
      const { status } = await on.created(`${accounts}/robot/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      });
      expect(status.expirationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect((await on.client.get('/version', { token: status.token })).code).toBe(200);
      const { code } = await on.client.get(on.maps, { token: status.token });
      expect(code).not.toBe(401);
    });

    test('the server says that it is ready, and which version it is', async () => {
      expect((await on.client.get('/readyz')).body).toBe('ok');
      expect((await on.client.get('/version')).body.gitVersion).toMatch(/^v1\./);
    });
  });
}
