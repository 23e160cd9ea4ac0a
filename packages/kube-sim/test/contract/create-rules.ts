import { describe, expect, test } from 'vitest';
import { configMap } from './objects.ts';
import type { ContractSubject } from './subject.ts';

/** Rules of creating and reading. */
export function createRules(on: ContractSubject): void {
  describe('create and get', () => {
    test('a created object has a uid, a version and a creation time in whole seconds', async () => {
      const object = await on.created(on.maps, configMap('born', { a: '1' }));
      expect(object.metadata.uid).toMatch(/^[\da-f]{8}-/);
      expect(object.metadata.resourceVersion).toMatch(/^\d+$/);
      expect(object.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect((await on.client.get(`${on.maps}/born`)).body.data).toEqual({ a: '1' });
    });

    test('a taken name is a 409 AlreadyExists', async () => {
      await on.created(on.maps, configMap('taken'));
      const { code, body } = await on.client.post(on.maps, configMap('taken'));
      expect([code, body.reason, body.details]).toEqual([
        409,
        'AlreadyExists',
        { name: 'taken', kind: 'configmaps' },
      ]);
    });

    test('an absent object is a 404 that names it', async () => {
      const { code, body } = await on.client.get(`${on.maps}/absent`);
      expect([code, body.kind, body.status, body.reason, body.message]).toEqual([
        404,
        'Status',
        'Failure',
        'NotFound',
        'configmaps "absent" not found',
      ]);
    });

    test('a namespace that does not exist takes no objects', async () => {
      const { code, body } = await on.client.post(
        `/api/v1/namespaces/nowhere/configmaps`,
        configMap('x'),
      );
      expect([code, body.details]).toEqual([404, { name: 'nowhere', kind: 'namespaces' }]);
    });

    test('generateName makes a name of its own', async () => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } };
      const [one, other] = [await on.created(on.maps, body), await on.created(on.maps, body)];
      expect(one.metadata.name).toMatch(/^made-[a-z0-9]{5,}$/);
      expect(other.metadata.name).not.toBe(one.metadata.name);
    });

    test('an object without a name is a 422 that says so', async () => {
      const { code, body } = await on.client.post(on.maps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {},
      });
      expect([code, body.details.causes[0].field]).toEqual([422, 'metadata.name']);
    });

    test('a name that is no DNS name is a 422', async () => {
      const { code, body } = await on.client.post(on.maps, configMap('Not_A_Name'));
      expect([code, body.details.causes[0].reason]).toEqual([422, 'FieldValueInvalid']);
    });

    test('another namespace in the body is a 400', async () => {
      const body = { ...configMap('x'), metadata: { name: 'x', namespace: 'other' } };
      expect((await on.client.post(on.maps, body)).code).toBe(400);
    });

    test('another kind in the body is a 400', async () => {
      expect((await on.client.post(on.maps, { ...configMap('x'), kind: 'Secret' })).code).toBe(400);
    });

    test('a label that is no string is a 400', async () => {
      const body = { ...configMap('x'), metadata: { name: 'x', labels: { a: 1 } } };
      expect((await on.client.post(on.maps, body)).code).toBe(400);
    });

    test('an empty body is a 400', async () => {
      expect((await on.client.send('POST', on.maps)).code).toBe(400);
    });

    test('a dry run answers like the real thing and stores nothing', async () => {
      const answer = await on.client.post(`${on.maps}?dryRun=All`, configMap('dry'));
      expect([answer.code, answer.body.metadata.resourceVersion]).toEqual([201, undefined]);
      expect((await on.client.get(`${on.maps}/dry`)).code).toBe(404);
    });

    test('a resource that is not served is a 404', async () => {
      expect((await on.client.get(`${on.namespace}/inventions`)).code).toBe(404);
      expect((await on.client.get('/apis/nobody.example/v1/things')).code).toBe(404);
    });

    test('a token that nobody has is a 401', async () => {
      const { code, body } = await on.client.get(on.maps, { token: 'nobody' });
      expect([code, body.reason]).toEqual([401, 'Unauthorized']);
    });
  });
}
