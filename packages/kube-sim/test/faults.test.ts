import { SimClock } from '@picluster/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startKubeSim, type KubeSim } from '../src/index.ts';
import { ContractClient, type WatchReader } from './contract/client.ts';
import { configMap } from './contract/objects.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const bookmarkIntervalMs = 60_000;

describe('a simulator told to misbehave', () => {
  let clock: SimClock;
  let sim: KubeSim;
  let client: ContractClient;

  beforeEach(async () => {
    clock = new SimClock();
    sim = await startKubeSim({ clock, bookmarkIntervalMs });
    client = new ContractClient(sim);
  });

  afterEach(async () => {
    client.close();
    await sim.close();
  });

  const add = (name: string): unknown => sim.applyManifest(configMap(name));
  const watch = (query: string = ''): Promise<WatchReader> =>
    client.watch(`${maps}?watch=true&resourceVersion=${versionNow()}${query}`);
  const versionNow = (): string =>
    sim.applyManifest(configMap('tick', { at: `${++ticks}` })).metadata.resourceVersion ?? '';
  let ticks = 0;

  test.each([410, 429, 500, 503])('answers %i, with the Status that goes with it', async (code) => {
    sim.faults.add({ verb: 'list' }, { kind: 'status', code });
    const answer = await client.get(maps);
    expect([answer.code, answer.body.kind, answer.body.code]).toEqual([code, 'Status', code]);
  });

  test('says with a 429 when to come again', async () => {
    sim.faults.add({}, { kind: 'status', code: 429, retryAfterSeconds: 7 });
    const { headers, body } = await client.get(maps);
    expect([headers['retry-after'], body.details.retryAfterSeconds]).toEqual(['7', 7]);
  });

  test('strikes as often as it was told, and counts', async () => {
    const fault = sim.faults.add({ times: 2 }, { kind: 'status', code: 500 });
    const codes: number[] = [];
    for (let count = 0; count < 3; count++) codes.push((await client.get(maps)).code);
    expect(codes).toEqual([500, 500, 200]);
    expect(fault.hits).toBe(2);
  });

  test('strikes only what it was told to', async () => {
    sim.faults.add({ verb: 'create', resource: 'configmaps' }, { kind: 'status', code: 500 });
    sim.faults.add({ path: /\/secrets$/ }, { kind: 'status', code: 503 });
    expect((await client.get(maps)).code).toBe(200);
    expect((await client.post(maps, configMap('x'))).code).toBe(500);
    expect((await client.get('/api/v1/secrets')).code).toBe(503);
  });

  test('goes back to normal when a fault is disposed, or all are cleared', async () => {
    const fault = sim.faults.add({}, { kind: 'status', code: 500 });
    fault[Symbol.dispose]();
    expect((await client.get(maps)).code).toBe(200);
    sim.faults.add({}, { kind: 'status', code: 500 });
    sim.faults.clear();
    expect((await client.get(maps)).code).toBe(200);
  });

  test('resets the connection before a write, which then was not done', async () => {
    sim.faults.add({ method: 'POST' }, { kind: 'reset' });
    await expect(client.post(maps, configMap('lost'))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect(sim.object('v1', 'ConfigMap', 'lost', 'default')).toBeUndefined();
  });

  test('resets the connection after a write, which then was done', async () => {
    sim.faults.add({ method: 'POST' }, { kind: 'reset', executed: true });
    await expect(client.post(maps, configMap('done'))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect(sim.object('v1', 'ConfigMap', 'done', 'default')).toBeDefined();
  });

  test('truncates an answer', async () => {
    sim.faults.add({ verb: 'list' }, { kind: 'truncate' });
    await expect(client.get(maps)).rejects.toThrow('aborted');
  });

  test('delays an answer by its clock', async () => {
    sim.faults.add({ verb: 'list' }, { kind: 'delay', ms: 5000 });
    let answered = false;
    const answer = client.get(maps).then(({ code }) => {
      answered = true;
      return code;
    });
    // The next answer on another connection shows that the first request has arrived and waits.
    while (sim.requests.count({ verb: 'list' }) === 0) await client.get('/version');
    await clock.advance(4999);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(await answer).toBe(200);
  });

  test('stalls: no answer ever, while other requests are answered', async () => {
    sim.faults.add({ verb: 'list' }, { kind: 'stall' });
    let answered = false;
    const answer = client.get(maps).then(
      () => (answered = true),
      () => 'closed',
    );
    while (sim.requests.count({ verb: 'list' }) === 0) await client.get('/version');
    await clock.advance(3_600_000);
    expect((await client.get('/version')).code).toBe(200);
    expect(answered).toBe(false);
    await sim.close();
    expect(await answer).toBe('closed');
  });

  test('resets a watch after so many events', async () => {
    sim.faults.add({ verb: 'watch', times: 1 }, { kind: 'reset', afterEvents: 1 });
    const reader = await watch();
    const first = reader.names(1);
    add('one');
    expect(await first).toEqual(['ADDED one']);
    add('two');
    await expect(reader.next()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('strikes a watch that is open already', async () => {
    const reader = await watch();
    const fault = sim.faults.add({ verb: 'watch' }, { kind: 'reset' });
    await expect(reader.next()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(fault.hits).toBe(1);
  });

  test('cuts a watch in the middle of an event', async () => {
    const reader = await watch();
    sim.faults.add({ verb: 'watch' }, { kind: 'truncate' });
    add('half');
    await expect(reader.next()).rejects.toThrow('aborted');
  });

  test('ends a watch by an ERROR event', async () => {
    const reader = await watch();
    sim.faults.add({ verb: 'watch' }, { kind: 'status', code: 410 });
    const event = await reader.next();
    expect([event?.type, event?.object.code, event?.object.reason]).toEqual([
      'ERROR',
      410,
      'Expired',
    ]);
    expect(await reader.next()).toBeUndefined();
  });

  test('stalls a watch: no event and no bookmark, until the fault is lifted and the connection ends', async () => {
    const reader = await watch('&allowWatchBookmarks=true');
    const fault = sim.faults.add({ verb: 'watch' }, { kind: 'stall' });
    add('unseen');
    await clock.advance(10 * bookmarkIntervalMs);
    const next = reader.next().then(
      (event) => event?.type ?? 'end',
      () => 'broken',
    );
    fault[Symbol.dispose]();
    expect(await next).toBe('broken');
  });

  test('sends each event of a watch twice', async () => {
    const reader = await watch();
    sim.faults.add({ verb: 'watch' }, { kind: 'duplicate' });
    add('one');
    add('two');
    expect(await reader.names(4)).toEqual(['ADDED one', 'ADDED one', 'ADDED two', 'ADDED two']);
  });

  test('swaps events of a watch in pairs', async () => {
    const reader = await watch();
    sim.faults.add({ verb: 'watch' }, { kind: 'reorder' });
    for (const name of ['one', 'two', 'three', 'four']) add(name);
    expect(await reader.names(4)).toEqual(['ADDED two', 'ADDED one', 'ADDED four', 'ADDED three']);
  });

  test('an event without a partner comes after the next bookmark', async () => {
    const reader = await watch('&allowWatchBookmarks=true');
    sim.faults.add({ verb: 'watch' }, { kind: 'reorder' });
    add('alone');
    await clock.advance(bookmarkIntervalMs);
    expect(await reader.names(2)).toEqual(['BOOKMARK', 'ADDED alone']);
  });

  test('sends bookmarks by its clock, with the newest version', async () => {
    const reader = await watch('&allowWatchBookmarks=true');
    const { metadata } = sim.applyManifest({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'later' },
    });
    await clock.advance(bookmarkIntervalMs);
    const event = await reader.next();
    expect(event).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { resourceVersion: metadata.resourceVersion },
      },
    });
  });

  test('a watch from an expired version is told so', async () => {
    const from = versionNow();
    add('one');
    sim.expireVersions();
    const reader = await client.watch(`${maps}?watch=true&resourceVersion=${from}`);
    const event = await reader.next();
    expect([event?.type, event?.object.code]).toEqual(['ERROR', 410]);
  });

  test('counts requests by verb, resource and user', async () => {
    await client.get(maps);
    await client.post(maps, configMap('x'));
    await client.merge(`${maps}/x`, { data: { a: '1' } });
    const { requests } = sim;
    expect([requests.count(), requests.writes()]).toEqual([3, 2]);
    expect(requests.count({ verb: 'patch', resource: 'configmaps', user: 'admin' })).toBe(1);
    expect(requests.count({ user: 'somebody' })).toBe(0);
    requests.reset();
    expect(requests.count()).toBe(0);
  });

  test('leaves no timer behind when it is closed', async () => {
    await watch('&allowWatchBookmarks=true');
    sim.faults.add({ verb: 'list' }, { kind: 'delay', ms: 5000 });
    const late = client.get(maps).catch(() => 'closed');
    while (sim.requests.count({ verb: 'list' }) === 0) await client.get('/version');
    expect(clock.pending).toBeGreaterThan(0);
    await sim.close();
    expect(await late).toBe('closed');
    await expect.poll(() => clock.pending).toBe(0);
  });
});
