import { L2_KEY_SECRET, readL2Keys } from '@picluster/daemon';
import { KubeError, type KubeRequest } from '@picluster/kube';
import { seededRandom, SimClock } from '@picluster/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { L2KeyKeeper, viewKeys, type KeysView } from '../src/l2-keys.ts';
import { TestCache } from './test-cache.ts';

const KEY = `here/${L2_KEY_SECRET}`;
const one = new Uint8Array(32).fill(1);
const two = new Uint8Array(32).fill(2);

let clock: SimClock;
let secrets: TestCache<KeysView>;
let requests: KubeRequest[];
let answer: () => void;
let warnings: unknown[];
let used: (readonly Uint8Array[])[];
let keeper: L2KeyKeeper;
let end: AbortController;

beforeEach(() => {
  clock = new SimClock();
  secrets = new TestCache();
  requests = [];
  answer = () => {};
  warnings = [];
  used = [];
  end = new AbortController();
  const client = {
    request: async <T>(request: KubeRequest): Promise<T> => {
      requests.push(request);
      answer();
      return {} as T;
    },
  };
  const log = {
    debug: () => {},
    info: () => {},
    warn: (_message: string, fields?: Record<string, unknown>) =>
      void warnings.push(fields?.['problem']),
    error: () => {},
  };
  keeper = new L2KeyKeeper({ client, secrets, clock, random: seededRandom(1), log }, 'here');
  keeper.onKeys((keys) => void used.push(keys));
});
afterEach(() => end.abort());

/** The keys in the Secret that was sent. */
function sent(at: number): KeysView {
  return readL2Keys((requests[at]?.body as { data?: Record<string, string> } | undefined)?.data);
}

async function start(view?: KeysView): Promise<void> {
  secrets.set(KEY, view);
  void keeper.run(end.signal);
  await clock.advance(0);
}

test('the keys are those of the Secret, and nothing is written', async () => {
  await start({ kind: 'keys', keys: [one, two] });
  await keeper.whenKnown(end.signal);
  expect(keeper.keys).toEqual([one, two]);
  expect(keeper.problem()).toBeUndefined();
  expect(requests).toEqual([]);
});

test('where there is no Secret one is created, and its key used once it is seen', async () => {
  await start();
  expect(requests).toMatchObject([{ method: 'POST', path: '/api/v1/namespaces/here/secrets' }]);
  expect(keeper.keys).toBeUndefined();
  expect(keeper.problem()).toBe('not read yet');
  secrets.set(KEY, sent(0));
  await clock.advance(0);
  expect(keeper.keys?.[0]).toHaveLength(32);
});

test('where another was quicker, its key is used', async () => {
  answer = () => {
    throw new KubeError('already-exists', 'there is one');
  };
  await start();
  secrets.set(KEY, { kind: 'keys', keys: [two] });
  await clock.advance(60_000);
  expect(keeper.keys).toEqual([two]);
  expect(requests).toHaveLength(1);
});

test('an API server that refuses is asked again', async () => {
  answer = () => {
    throw new KubeError('network', 'refused');
  };
  await start();
  await clock.advance(5_000);
  expect(requests.length).toBeGreaterThan(2);
});

test('other keys are passed on, the same are not', async () => {
  await start({ kind: 'keys', keys: [one] });
  secrets.set(KEY, { kind: 'keys', keys: [one] });
  await clock.advance(0);
  expect(used).toEqual([]);
  secrets.set(KEY, { kind: 'keys', keys: [one, two] });
  await clock.advance(0);
  secrets.set(KEY, { kind: 'keys', keys: [two, one] });
  await clock.advance(0);
  expect(used).toEqual([
    [one, two],
    [two, one],
  ]);
});

test('a Secret that makes no sense is a problem, and the last good keys stay', async () => {
  await start({ kind: 'keys', keys: [one] });
  secrets.set(KEY, viewKeys({ data: { keys: '' } }));
  await clock.advance(0);
  expect(keeper.keys).toEqual([one]);
  expect(keeper.problem()).toContain('Secret picluster-l2-key: data.keys is empty');
  expect(warnings).toEqual([expect.stringContaining('data.keys is empty')]);
  secrets.set(KEY, { kind: 'keys', keys: [one] });
  await clock.advance(0);
  expect(keeper.problem()).toBeUndefined();
});

test('a Secret that is deleted is made anew with the keys in use', async () => {
  await start({ kind: 'keys', keys: [one, two] });
  secrets.set(KEY, undefined);
  await clock.advance(0);
  expect(sent(0)).toEqual({ kind: 'keys', keys: [one, two] });
});

test('who waits for keys can be called off', async () => {
  const waiting = keeper.whenKnown(end.signal);
  end.abort(new Error('called off'));
  await expect(waiting).rejects.toThrow('called off');
});
