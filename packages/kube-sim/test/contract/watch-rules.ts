import { describe, expect, test } from 'vitest';
import { configMap } from './objects.ts';
import type { ContractSubject } from './subject.ts';

/** Rules of watches. */
export function watchRules(on: ContractSubject): void {
  describe('watch', () => {
    const watched = (query: string): string => `${on.maps}?watch=true&labelSelector=watch&${query}`;
    const labels = { watch: 'yes' };

    const versionNow = async (): Promise<string> =>
      (await on.client.get(on.maps)).body.metadata.resourceVersion;

    test('a watch from a version shows what happened since, in order', async () => {
      const from = await versionNow();
      await on.created(on.maps, configMap('w-1', {}, labels));
      await on.client.merge(`${on.maps}/w-1`, { data: { a: '1' } });
      await on.client.delete(`${on.maps}/w-1`);
      const watch = await on.client.watch(watched(`resourceVersion=${from}&timeoutSeconds=20`));
      expect(await watch.names(3)).toEqual(['ADDED w-1', 'MODIFIED w-1', 'DELETED w-1']);
      watch.close();
    });

    test('a deleted object carries the version of its deletion', async () => {
      const { metadata } = await on.created(on.maps, configMap('w-2', {}, labels));
      const from = metadata.resourceVersion;
      const watch = await on.client.watch(watched(`resourceVersion=${from}&timeoutSeconds=20`));
      await on.client.delete(`${on.maps}/w-2`);
      const event = await watch.next();
      expect(event?.type).toBe('DELETED');
      expect(Number(event?.object.metadata.resourceVersion)).toBeGreaterThan(Number(from));
      watch.close();
    });

    test('an object that loses the label is deleted for the watcher, and added when it gets it', async () => {
      await on.created(on.maps, configMap('w-3'));
      const from = await versionNow();
      const watch = await on.client.watch(watched(`resourceVersion=${from}&timeoutSeconds=20`));
      await on.client.merge(`${on.maps}/w-3`, { metadata: { labels } });
      await on.client.merge(`${on.maps}/w-3`, { metadata: { labels: { watch: null } } });
      expect(await watch.names(2)).toEqual(['ADDED w-3', 'DELETED w-3']);
      watch.close();
    });

    test('a watch without a version begins with every object', async () => {
      await on.created(on.maps, configMap('w-4', {}, labels));
      const watch = await on.client.watch(watched('timeoutSeconds=20'));
      expect(await watch.names(1)).toEqual(['ADDED w-4']);
      watch.close();
      await on.client.delete(`${on.maps}/w-4`);
    });

    test('a WatchList sends every object, then a bookmark that marks the end of them', async () => {
      await on.created(on.maps, configMap('w-5', {}, labels));
      const watch = await on.client.watch(
        watched(
          'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=20',
        ),
      );
      expect(await watch.names(1)).toEqual(['ADDED w-5']);
      const end = await watch.next();
      expect(end?.type).toBe('BOOKMARK');
      expect(end?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
      expect(end?.object.metadata.resourceVersion).toMatch(/^\d+$/);
      await on.client.merge(`${on.maps}/w-5`, { data: { a: '1' } });
      expect(await watch.names(1)).toEqual(['MODIFIED w-5']);
      watch.close();
      await on.client.delete(`${on.maps}/w-5`);
    });

    test('initial events without resourceVersionMatch are a 422', async () => {
      expect((await on.client.get(watched('sendInitialEvents=true'))).code).toBe(422);
    });

    test('a watch ends by itself after timeoutSeconds', async () => {
      const from = await versionNow();
      const watch = await on.client.watch(watched(`resourceVersion=${from}&timeoutSeconds=1`));
      expect(await watch.next()).toBeUndefined();
    });

    test('a version older than the resource is a 410 inside the watch', async () => {
      const watch = await on.client.watch(
        `${on.widgets}?watch=true&resourceVersion=1&timeoutSeconds=20`,
      );
      const event = await watch.next();
      expect([watch.code, event?.type, event?.object.code, event?.object.reason]).toEqual([
        200,
        'ERROR',
        410,
        'Expired',
      ]);
      expect(await watch.next()).toBeUndefined();
    });

    test('a field selector watches one object', async () => {
      const from = await versionNow();
      const query = `watch=true&fieldSelector=metadata.name%3Dw-7&resourceVersion=${from}&timeoutSeconds=20`;
      const watch = await on.client.watch(`${on.maps}?${query}`);
      await on.created(on.maps, configMap('w-6'));
      await on.created(on.maps, configMap('w-7'));
      expect(await watch.names(1)).toEqual(['ADDED w-7']);
      watch.close();
    });
  });
}
