import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from './client.ts';
import { configMap, widget } from './objects.ts';
import type { ContractSubject } from './subject.ts';

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** Rules of lists: selectors, pages, versions, tables. */
export function listRules(on: ContractSubject): void {
  describe('list', () => {
    beforeAll(async () => {
      for (const [index, letter] of ['a', 'b', 'c', 'd', 'e'].entries()) {
        const labels = { list: 'yes', half: index % 2 === 0 ? 'even' : 'odd' };
        await on.created(on.maps, configMap(`list-${letter}`, {}, labels));
      }
    });

    const namesOf = (answer: Answer): string[] =>
      answer.body.items.map((item: Answer['body']) => item.metadata.name);

    test('a list has a kind, a version, and items without kinds of their own', async () => {
      const { body } = await on.client.get(`${on.maps}?labelSelector=list`);
      expect([body.kind, body.apiVersion]).toEqual(['ConfigMapList', 'v1']);
      expect(body.metadata.resourceVersion).toMatch(/^\d+$/);
      expect([body.items[0].kind, body.items[0].apiVersion]).toEqual([undefined, undefined]);
    });

    test('items of a custom list do carry their kind', async () => {
      await on.created(on.widgets, widget('listed', { size: 1 }));
      const { body } = await on.client.get(on.widgets);
      expect([body.kind, body.items[0].kind]).toEqual(['WidgetList', 'Widget']);
    });

    test.each([
      ['half=even', ['list-a', 'list-c', 'list-e']],
      ['list,half!=even', ['list-b', 'list-d']],
      ['half in (odd,other)', ['list-b', 'list-d']],
      ['list,half notin (odd)', ['list-a', 'list-c', 'list-e']],
      ['list,!half', []],
    ])('the label selector %s', async (selector, expected) => {
      const answer = await on.client.get(
        `${on.maps}?labelSelector=${encodeURIComponent(selector)}`,
      );
      expect(namesOf(answer)).toEqual(expected);
    });

    test('a field selector finds an object by name, and refuses fields it does not know', async () => {
      expect(
        namesOf(await on.client.get(`${on.maps}?fieldSelector=metadata.name%3Dlist-b`)),
      ).toEqual(['list-b']);
      expect((await on.client.get(`${on.maps}?fieldSelector=data.a%3D1`)).code).toBe(400);
    });

    test('pages follow one another and show one version, whatever is written between', async () => {
      const path = `${on.maps}?labelSelector=list&limit=2`;
      const first = await on.client.get(path);
      expect(namesOf(first)).toEqual(['list-a', 'list-b']);
      await on.created(on.maps, configMap('list-bb', {}, { list: 'yes' }));
      await on.client.delete(`${on.maps}/list-e`);
      const next = async (page: Answer): Promise<Answer> =>
        on.client.get(`${path}&continue=${encodeURIComponent(page.body.metadata.continue)}`);
      const second = await next(first);
      const third = await next(second);
      expect([namesOf(second), namesOf(third)]).toEqual([['list-c', 'list-d'], ['list-e']]);
      expect(third.body.metadata.continue ?? '').toBe('');
      expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
      await on.client.delete(`${on.maps}/list-bb`);
      await on.created(on.maps, configMap('list-e', {}, { list: 'yes', half: 'even' }));
    });

    test('a continue token that has expired is a 410 with a token to go on with', async (context) => {
      const { expireVersions } = on.connection;
      if (expireVersions === undefined) {
        return context.skip('the real server keeps a version for five minutes');
      }
      const first = await on.client.get(`${on.maps}?labelSelector=list&limit=2`);
      await on.client.merge(`${on.maps}/list-a`, { data: { changed: 'yes' } });
      expireVersions();
      const again = (token: string): Promise<Answer> =>
        on.client.get(
          `${on.maps}?labelSelector=list&limit=2&continue=${encodeURIComponent(token)}`,
        );
      const { code, body } = await again(first.body.metadata.continue);
      expect([code, body.reason]).toEqual([410, 'Expired']);
      expect(namesOf(await again(body.metadata.continue))).toEqual(['list-c', 'list-d']);
    });

    test('a version that does not exist yet is a 504 that asks to come again', async () => {
      const { code, body } = await on.client.get(`${on.maps}?resourceVersion=999999999`);
      expect([code, body.reason, body.details.retryAfterSeconds]).toEqual([504, 'Timeout', 1]);
    });

    test('a version that is no number is a 400', async () => {
      expect((await on.client.get(`${on.maps}?resourceVersion=old`)).code).toBe(400);
    });

    test('kubectl gets rows: a Table with columns and metadata', async () => {
      const { body } = await on.client.get(`${on.maps}/list-a`, { accept: asTable });
      expect(body.kind).toBe('Table');
      expect(body.columnDefinitions.map((one: { name: string }) => one.name)).toEqual([
        'Name',
        'Data',
        'Age',
      ]);
      expect(body.rows[0].cells[0]).toBe('list-a');
      expect(body.rows[0].object.kind).toBe('PartialObjectMetadata');
    });

    test.each([
      ['nodes', ['Name', 'Status', 'Roles', 'Age', 'Version']],
      ['services', ['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age']],
      ['events', ['Last Seen', 'Type', 'Reason', 'Object', 'Message']],
      ['pods', ['Name', 'Ready', 'Status', 'Restarts', 'Age']],
      ['namespaces', ['Name', 'Status', 'Age']],
    ])('the columns of %s are those people know', async (resource, expected) => {
      const { body } = await on.client.get(`/api/v1/${resource}?limit=1`, { accept: asTable });
      const shown = body.columnDefinitions.filter(
        (one: { priority: number }) => one.priority === 0,
      );
      expect(shown.map((one: { name: string }) => one.name)).toEqual(expected);
    });

    test('the columns of a custom resource come from its definition', async () => {
      await on.created(on.widgets, widget('printed', { size: 7 }));
      const path = `${on.widgets}/printed`;
      const { body } = await on.client.get(path, { accept: asTable });
      expect(body.columnDefinitions.map((one: { name: string }) => one.name)).toEqual([
        'Name',
        'Size',
        'Age',
      ]);
      expect(body.rows[0].cells.slice(0, 2)).toEqual(['printed', 7]);
    });

    test('metadata alone can be asked for', async () => {
      const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
      const { body } = await on.client.get(`${on.maps}?labelSelector=half%3Dodd`, { accept });
      expect([body.kind, body.items[0].kind, body.items[0].data]).toEqual([
        'PartialObjectMetadataList',
        'PartialObjectMetadata',
        undefined,
      ]);
    });
  });
}
