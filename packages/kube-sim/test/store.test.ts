import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../src/object.ts';
import { Store } from '../src/store.ts';

function object(name: string, value: number = 0): KubeObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { name }, spec: { value } };
}

const names = (entries: readonly { key: string }[] | undefined): string[] | undefined =>
  entries?.map((entry) => entry.key);

describe('the store', () => {
  test('one counter numbers the changes of all resources', () => {
    const store = new Store({ historyLength: 10 });
    expect(store.put('a', 'x', object('x')).metadata.resourceVersion).toBe('1');
    expect(store.put('b', 'x', object('x')).metadata.resourceVersion).toBe('2');
    expect(store.remove('a', 'x')?.metadata.resourceVersion).toBe('3');
    expect(store.version).toBe(3);
  });

  test('removing what is not there changes nothing', () => {
    const store = new Store({ historyLength: 10 });
    expect(store.remove('a', 'x')).toBeUndefined();
    expect(store.version).toBe(0);
  });

  test('a listener hears each change once, until it is disposed', () => {
    const store = new Store({ historyLength: 10 });
    const heard: string[] = [];
    const held = store.subscribe((change) => heard.push(`${change.type} ${change.key}`));
    store.put('a', 'x', object('x'));
    store.put('a', 'x', object('x', 1));
    held[Symbol.dispose]();
    store.remove('a', 'x');
    expect(heard).toEqual(['ADDED x', 'MODIFIED x']);
  });

  test('a version outside the history has expired, for lists and for changes', () => {
    const store = new Store({ historyLength: 3 });
    for (let index = 0; index < 10; index++) store.put('a', `x${index}`, object('x'));
    expect(store.oldestVersion).toBe(7);
    expect(store.list('a', 6)).toBeUndefined();
    expect(store.since('a', 6)).toBeUndefined();
    expect(names(store.since('a', 7))).toEqual(['x7', 'x8', 'x9']);
    expect(store.list('a', 7)).toHaveLength(7);
  });

  test('compacting makes every earlier version expire and keeps the objects', () => {
    const store = new Store({ historyLength: 10 });
    store.put('a', 'x', object('x'));
    store.put('a', 'y', object('y'));
    store.compact();
    expect(store.list('a', 1)).toBeUndefined();
    expect(names(store.list('a', 2))).toEqual(['x', 'y']);
    store.put('a', 'z', object('z'));
    expect(names(store.since('a', 2))).toEqual(['z']);
  });

  test('every version inside the history lists what a naive copy of everything remembers', () => {
    const step = fc.record({
      resource: fc.constantFrom('a', 'b'),
      key: fc.constantFrom('k', 'l', 'm'),
      value: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, window) => {
          const store = new Store({ historyLength: window });
          const model = new Map<string, Map<string, number>>([
            ['a', new Map()],
            ['b', new Map()],
          ]);
          const remembered = [structuredClone(model)];
          for (const { resource, key, value } of steps) {
            if (value === undefined) {
              if (model.get(resource)?.delete(key) !== true) continue;
              store.remove(resource, key);
            } else {
              model.get(resource)?.set(key, value);
              store.put(resource, key, object(key, value));
            }
            remembered.push(structuredClone(model));
          }
          for (const [version, state] of remembered.entries()) {
            for (const resource of ['a', 'b']) {
              const expected =
                version < store.version - window
                  ? undefined
                  : [...(state.get(resource) ?? [])].sort(([one], [other]) =>
                      one < other ? -1 : 1,
                    );
              const listed = store
                .list(resource, version)
                ?.map((entry) => [entry.key, entry.object.spec?.['value']]);
              expect(listed).toEqual(expected);
            }
          }
        },
      ),
    );
  });
});
