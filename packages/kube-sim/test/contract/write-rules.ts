import { describe, expect, test } from 'vitest';
import type { Answer } from './client.ts';
import { configMap, lease, service } from './objects.ts';
import type { ContractSubject } from './subject.ts';

const strategic = 'application/strategic-merge-patch+json';
const jsonPatchType = 'application/json-patch+json';

/** Rules of replacing, patching and deleting. */
export function writeRules(on: ContractSubject): void {
  describe('update', () => {
    test('a write based on an old version is a 409 Conflict', async () => {
      const old = await on.created(on.maps, configMap('fought'));
      await on.client.merge(`${on.maps}/fought`, { data: { by: 'another' } });
      const { code, body } = await on.client.put(`${on.maps}/fought`, {
        ...old,
        data: { by: 'me' },
      });
      expect([code, body.reason]).toEqual([409, 'Conflict']);
    });

    test('a ConfigMap may be replaced without a version, a Lease may not', async () => {
      await on.created(on.maps, configMap('loose'));
      expect((await on.client.put(`${on.maps}/loose`, configMap('loose', { a: '2' }))).code).toBe(
        200,
      );
      await on.created(on.leases, lease('tight'));
      const { code, body } = await on.client.put(`${on.leases}/tight`, lease('tight'));
      expect([code, body.details.causes[0].field]).toEqual([422, 'metadata.resourceVersion']);
    });

    test('of two Lease updates from the same version the second is a Conflict', async () => {
      const path = on.leases;
      const { metadata } = await on.created(path, lease('contested', 'nobody'));
      const { resourceVersion } = metadata;
      const by = (holder: string): Promise<Answer> =>
        on.client.put(`${path}/contested`, {
          ...lease('contested', holder),
          metadata: { name: 'contested', resourceVersion },
        });
      expect([(await by('a')).code, (await by('b')).code]).toEqual([200, 409]);
      expect((await on.client.get(`${path}/contested`)).body.spec.holderIdentity).toBe('a');
    });

    test('a Lease time needs six digits after the point', async () => {
      const body = lease('clock', 'me', '2026-01-01T00:00:00.000Z');
      expect((await on.client.post(on.leases, body)).code).toBe(400);
    });

    test('a Lease with a duration of 0 is a 422', async () => {
      const body = { ...lease('zero'), spec: { leaseDurationSeconds: 0 } };
      expect((await on.client.post(on.leases, body)).code).toBe(422);
    });

    test('a write that changes nothing keeps the version', async () => {
      const { metadata } = await on.created(on.maps, configMap('still', { a: '1' }));
      const after = await on.client.merge(`${on.maps}/still`, { data: { a: '1' } });
      expect(after.body.metadata.resourceVersion).toBe(metadata.resourceVersion);
    });

    test('what the server owns in metadata cannot be changed', async () => {
      const before = await on.created(on.maps, configMap('owned'));
      const metadata = { name: 'owned', creationTimestamp: '2001-01-01T00:00:00Z' };
      const { body } = await on.client.put(`${on.maps}/owned`, {
        ...configMap('owned', { a: '2' }),
        metadata,
      });
      expect(body.metadata.uid).toBe(before.metadata.uid);
      expect(body.metadata.creationTimestamp).toBe(before.metadata.creationTimestamp);
    });

    test('another uid in the body is a Conflict', async () => {
      await on.created(on.maps, configMap('same'));
      const metadata = { name: 'same', uid: '00000000-0000-0000-0000-000000000000' };
      const { code } = await on.client.put(`${on.maps}/same`, { ...configMap('same'), metadata });
      expect(code).toBe(409);
    });

    test('another name in the body is a 400', async () => {
      await on.created(on.maps, configMap('named'));
      expect((await on.client.put(`${on.maps}/named`, configMap('other'))).code).toBe(400);
    });
  });

  describe('patch', () => {
    test('a merge patch sets, merges and removes by null', async () => {
      await on.created(on.maps, configMap('merged', { keep: '1', drop: '2' }));
      const { body } = await on.client.merge(`${on.maps}/merged`, {
        data: { drop: null, add: '3' },
      });
      expect(body.data).toEqual({ keep: '1', add: '3' });
    });

    test('a merge patch with an old version is a Conflict', async () => {
      const { metadata } = await on.created(on.maps, configMap('stale'));
      await on.client.merge(`${on.maps}/stale`, { data: { a: '1' } });
      const patch = { metadata: { resourceVersion: metadata.resourceVersion }, data: { a: '2' } };
      expect((await on.client.merge(`${on.maps}/stale`, patch)).code).toBe(409);
    });

    test('a JSON patch is done, or refused as a whole', async () => {
      await on.created(on.maps, configMap('steps', { a: '1' }));
      const patch = (body: unknown): Promise<Answer> =>
        on.client.send('PATCH', `${on.maps}/steps`, { body, type: jsonPatchType });
      const right = [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'add', path: '/data/b', value: '2' },
      ];
      expect((await patch(right)).body.data).toEqual({ a: '1', b: '2' });
      const wrong = [
        { op: 'remove', path: '/data/a' },
        { op: 'test', path: '/data/b', value: '3' },
      ];
      expect((await patch(wrong)).code).toBe(422);
      expect((await on.client.get(`${on.maps}/steps`)).body.data).toEqual({ a: '1', b: '2' });
    });

    test('a strategic merge patch merges ports by port number', async () => {
      await on.created(on.services, service('ports', { ports: [{ name: 'a', port: 80 }] }));
      const { body } = await on.client.send('PATCH', `${on.services}/ports`, {
        body: { spec: { ports: [{ name: 'b', port: 81 }] } },
        type: strategic,
      });
      const ports = body.spec.ports.map((one: { name: string; port: number }) => one.port);
      expect(ports.sort()).toEqual([80, 81]);
    });

    test('a patch of an unknown type is a 415', async () => {
      await on.created(on.maps, configMap('typed'));
      const { code } = await on.client.send('PATCH', `${on.maps}/typed`, { body: {} });
      expect(code).toBe(415);
    });

    test('server-side apply creates what is absent and merges what is there', async () => {
      const apply = (data: Record<string, string>): Promise<Answer> =>
        on.client.send('PATCH', `${on.maps}/applied?fieldManager=contract&force=true`, {
          body: configMap('applied', data),
          type: 'application/apply-patch+yaml',
        });
      expect((await apply({ a: '1' })).code).toBe(201);
      expect((await apply({ a: '2' })).body.data).toEqual({ a: '2' });
    });
  });

  describe('delete', () => {
    test('a deleted object is gone, and the answer carries its uid', async () => {
      const { metadata } = await on.created(on.maps, configMap('gone'));
      const { code, body } = await on.client.delete(`${on.maps}/gone`);
      expect([code, body.status, body.details.uid]).toEqual([200, 'Success', metadata.uid]);
      expect((await on.client.get(`${on.maps}/gone`)).code).toBe(404);
    });

    test('a delete with another uid as its precondition is a Conflict', async () => {
      await on.created(on.maps, configMap('guarded'));
      const body = { preconditions: { uid: 'another' } };
      expect((await on.client.delete(`${on.maps}/guarded`, body)).code).toBe(409);
    });

    test('an object with finalizers stays, marked, until they are gone', async () => {
      const object = configMap('held');
      await on.created(on.maps, {
        ...object,
        metadata: { ...object.metadata, finalizers: ['picluster.test/hold'] },
      });
      const marked = await on.client.delete(`${on.maps}/held`);
      expect([marked.code, marked.body.metadata.deletionTimestamp]).toEqual([
        200,
        expect.stringMatching(/Z$/),
      ]);
      expect((await on.client.get(`${on.maps}/held`)).code).toBe(200);
      await on.client.merge(`${on.maps}/held`, { metadata: { finalizers: null } });
      expect((await on.client.get(`${on.maps}/held`)).code).toBe(404);
    });

    test('a collection is deleted by label', async () => {
      for (const [one, value] of [
        ['del-1', 'x'],
        ['del-2', 'x'],
        ['del-3', 'y'],
      ] as const) {
        await on.created(on.maps, configMap(one, {}, { del: value }));
      }
      await on.client.delete(`${on.maps}?labelSelector=del%3Dx`);
      const { body } = await on.client.get(`${on.maps}?labelSelector=del`);
      expect(body.items.map((item: Answer['body']) => item.metadata.name)).toEqual(['del-3']);
    });
  });
}
