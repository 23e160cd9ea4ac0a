import { SimClock } from '@picluster/testkit';
import { beforeEach, expect, test } from 'vitest';
import { builtInResources } from '../src/builtin-resources.ts';
import { ResourceRegistry } from '../src/resources.ts';
import { ServiceNetwork } from '../src/service-network.ts';
import { Store } from '../src/store.ts';
import { targetOf } from '../src/target.ts';
import { planWatch } from '../src/watch-plan.ts';
import { Watch } from '../src/watch.ts';

const MANY = 1000;
const BOOKMARKS_MS = 60_000;

let clock: SimClock;
let store: Store;

beforeEach(() => {
  clock = new SimClock();
  store = new Store({ historyLength: 2 * MANY });
});

function put(plural: string, name: string): void {
  store.put(plural, name, { apiVersion: 'v1', kind: 'Thing', metadata: { name } });
}

/** Watches with first objects; each line is told of as `ADDED x5`. */
function watch(plural: string, told: (line: string) => void): Watch {
  const registry = new ResourceRegistry(builtInResources(new ServiceNetwork()));
  const target = targetOf(`/api/v1/${plural}`, registry);
  if (target === undefined) throw new Error('no such resource');
  const query = new URLSearchParams({
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: 'true',
  });
  const sink = {
    write: (text: string) => {
      for (const line of text.split('\n').slice(0, -1)) {
        const { type, object } = JSON.parse(line) as {
          type: string;
          object: { metadata: { name?: string; resourceVersion: string } };
        };
        told(`${type} ${object.metadata.name ?? object.metadata.resourceVersion}`);
      }
    },
    end: () => undefined,
    abort: () => undefined,
  };
  const plan = planWatch(target, query, 'object');
  const made = new Watch({ store, clock, bookmarkIntervalMs: BOOKMARKS_MS }, plan, sink);
  made.start();
  return made;
}

test('two who ask for thousands of objects get theirs in turns', async () => {
  for (let one = 0; one < MANY; one++) {
    put('services', `s${one}`);
    put('configmaps', `c${one}`);
  }
  const lines: string[] = [];
  watch('services', (line) => lines.push(line));
  watch('configmaps', (line) => lines.push(line));
  await clock.until(() => lines.length === 2 * (MANY + 1));
  const firstOfOther = lines.findIndex((line) => line.startsWith('ADDED c'));
  expect(firstOfOther).toBeLessThan(MANY / 2);
  const names = lines.filter((line) => line.startsWith('ADDED s')).map((line) => line.slice(6));
  expect(names).toEqual(store.list('services')?.map(({ key }) => key));
});

test('what changes while the first objects are sent comes after them and the bookmark that ends them', async () => {
  for (let one = 0; one < MANY; one++) put('services', `s${one}`);
  const lines: string[] = [];
  watch('services', (line) => lines.push(line));
  expect(lines.length).toBeLessThan(MANY);
  put('services', 's7');
  store.remove('services', 's8');
  await clock.until(() => lines.length === MANY + 3);
  expect(lines.filter((line) => line === 'ADDED s8')).toHaveLength(1);
  expect(lines.slice(MANY)).toEqual([`BOOKMARK ${MANY}`, 'MODIFIED s7', 'DELETED s8']);
});

test('one that is closed while the first objects are sent sends no more', async () => {
  for (let one = 0; one < MANY; one++) put('services', `s${one}`);
  const lines: string[] = [];
  watch('services', (line) => lines.push(line)).close();
  const sent = lines.length;
  await clock.advance(BOOKMARKS_MS);
  expect(lines).toHaveLength(sent);
  expect(clock.pending).toBe(0);
});
