import { KubeError, type KubeErrorCode, type KubeObject, Reflector } from '@picluster/kube';
import { seededRandom, SimClock } from '@picluster/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  added,
  bookmark,
  deleted,
  errorEvent,
  modified,
  RecordingLog,
  ScriptedClient,
  service,
} from './scripted-client.ts';

interface Kept {
  readonly type: string;
}

const path = '/api/v1/services';

describe('Reflector', () => {
  let clock: SimClock;
  let client: ScriptedClient;
  let log: RecordingLog;
  let reflector: Reflector<Kept>;
  let running: Promise<void>;
  let stop: AbortController;
  let seen: string[];
  let failed: string[];
  let listed: string[];
  let project: (raw: KubeObject) => Kept | undefined;

  beforeEach(() => {
    clock = new SimClock();
    client = new ScriptedClient();
    log = new RecordingLog();
    stop = new AbortController();
    seen = [];
    failed = [];
    listed = [];
    project = (raw) => ({ type: (raw as ReturnType<typeof service>).spec.type });
    reflector = new Reflector<Kept>(
      {
        client,
        clock,
        random: seededRandom(1),
        log,
        metrics: {
          listed: (how, objects) => void listed.push(`${how} ${objects}`),
          failed: (code) => void failed.push(code),
        },
      },
      { path, labelSelector: 'app=web', lineBytesMax: 2000, project: (raw) => project(raw) },
    );
    reflector.subscribe((key, now, before) => {
      seen.push(`${key}: ${before?.type ?? 'none'} → ${now?.type ?? 'none'}`);
    });
  });

  afterEach(async () => {
    stop.abort();
    await clock.advance(0);
    await running;
    if (clock.pending > 0) throw new Error('an ended reflector left a timer');
  });

  /** Starts, and has two Services from a streamed list that goes on as a watch. */
  async function startSynced(): Promise<void> {
    running = reflector.run(stop.signal);
    await clock.advance(0);
    client.last.send(added(service('a', 3)), added(service('b', 7)), bookmark(10, true));
    await clock.advance(0);
    seen.length = 0;
  }

  function query(at: number): Record<string, unknown> {
    return { ...client.streams.at(at)?.request.query };
  }

  it('asks for a streamed list, with bookmarks, selectors and a server timeout between 5 and 10 minutes', async () => {
    running = reflector.run(stop.signal);
    await clock.advance(0);
    const { timeoutSeconds, ...rest } = query(0);
    expect(rest).toEqual({
      labelSelector: 'app=web',
      fieldSelector: undefined,
      watch: true,
      allowWatchBookmarks: true,
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
    });
    expect(timeoutSeconds).toBeGreaterThanOrEqual(300);
    expect(timeoutSeconds).toBeLessThanOrEqual(600);
  });

  it('is synced, and tells of every object, only when the streamed list is complete', async () => {
    running = reflector.run(stop.signal);
    const synced = reflector.whenSynced(stop.signal);
    await clock.advance(0);
    client.last.send(added(service('a', 3)), bookmark(9));
    await clock.advance(100);
    expect([reflector.synced, reflector.size, seen.length, reflector.staleMs()]).toEqual([
      false,
      0,
      0,
      Infinity,
    ]);
    client.last.send(added(service('b', 7, 'ClusterIP')), bookmark(10, true));
    await clock.advance(0);
    await synced;
    expect(seen).toEqual(['web/a: none → LoadBalancer', 'web/b: none → ClusterIP']);
    expect([...reflector.keys()]).toEqual(['web/a', 'web/b']);
    expect(reflector.get('web/b')).toEqual({ type: 'ClusterIP' });
    expect(listed).toEqual(['stream 2']);
  });

  it('follows the watch: added, changed, deleted, each told with what was before', async () => {
    await startSynced();
    client.last.send(
      added(service('c', 11)),
      modified(service('a', 12, 'NodePort')),
      deleted(service('b', 13)),
    );
    await clock.advance(0);
    expect(seen).toEqual([
      'web/c: none → LoadBalancer',
      'web/a: LoadBalancer → NodePort',
      'web/b: LoadBalancer → none',
    ]);
    expect([...reflector.values()]).toEqual([{ type: 'NodePort' }, { type: 'LoadBalancer' }]);
  });

  it('tells nothing of an event it has seen: versions are compared for equality', async () => {
    await startSynced();
    client.last.send(modified(service('a', 3)), added(service('b', 7)), deleted(service('x', 9)));
    await clock.advance(0);
    expect(seen).toEqual([]);
  });

  it('takes versions for texts: two that are one number are two versions', async () => {
    const versioned = (resourceVersion: string, type: string): KubeObject => {
      const object = service('a', 1, type);
      return { ...object, metadata: { ...object.metadata, resourceVersion } };
    };
    await startSynced();
    for (const version of ['12', '012', '12.0', '9007199254740993', '9007199254740992']) {
      client.last.send(modified(versioned(version, version)), modified(versioned(version, 'none')));
      await clock.advance(0);
      expect(reflector.get('web/a')).toEqual({ type: version });
    }
  });

  it('keeps nothing but what the projection gives', async () => {
    const kept: unknown[] = [];
    await startSynced();
    kept.push(...reflector.values());
    expect(JSON.stringify(kept)).not.toContain('managedFields');
    expect(kept).toEqual([{ type: 'LoadBalancer' }, { type: 'LoadBalancer' }]);
  });

  it('drops an object that the projection no longer wants', async () => {
    project = (raw) => {
      const { type } = (raw as ReturnType<typeof service>).spec;
      return type === 'LoadBalancer' ? { type } : undefined;
    };
    await startSynced();
    client.last.send(modified(service('a', 11, 'ClusterIP')));
    await clock.advance(0);
    expect(seen).toEqual(['web/a: LoadBalancer → none']);
    expect(reflector.size).toBe(1);
  });

  it('keeps the last good value where the projection throws, and goes on', async () => {
    await startSynced();
    project = () => {
      throw new Error('unexpected shape');
    };
    client.last.send(modified(service('a', 11, 'NodePort')));
    await clock.advance(0);
    expect(reflector.get('web/a')).toEqual({ type: 'LoadBalancer' });
    expect(log.count('projection failed')).toBe(1);
    expect(client.streams).toHaveLength(1);
  });

  it('survives a subscriber that throws, and tells the others', async () => {
    reflector.subscribe(() => {
      throw new Error('a mistake of the subscriber');
    });
    const late: string[] = [];
    reflector.subscribe((key) => void late.push(key));
    await startSynced();
    client.last.send(added(service('c', 11)));
    await clock.advance(0);
    expect(late).toEqual(['web/a', 'web/b', 'web/c']);
    expect(log.count('subscriber failed')).toBe(3);
  });

  it('tells a subscriber nothing more once its subscription is disposed', async () => {
    const told: string[] = [];
    reflector.subscribe((key) => void told.push(key))[Symbol.dispose]();
    await startSynced();
    expect(told).toEqual([]);
  });

  describe('goes on from the last version', () => {
    it('at once when the server ends a watch that lived', async () => {
      await startSynced();
      client.last.send(modified(service('a', 11)));
      await clock.advance(400_000 / 5);
      client.last.send(bookmark(55));
      await clock.advance(1000);
      client.last.end();
      await clock.advance(0);
      expect(client.streams).toHaveLength(2);
      expect(query(1)).toMatchObject({ resourceVersion: '55', watch: true });
      expect(query(1)).not.toHaveProperty('sendInitialEvents');
      expect(failed).toEqual([]);
    });

    const ends: [string, (client: ScriptedClient) => void][] = [
      ['the connection is reset', ({ last }) => last.fail(new KubeError('network', 'ECONNRESET'))],
      ['the stream is cut inside a line', ({ last }) => (last.sendRaw('{"type":"MOD'), last.end())],
      ['the stream ends young', ({ last }) => last.end()],
      ['something unforeseen is thrown', ({ last }) => last.fail(new Error('what?'))],
    ];
    it.each(ends)('after a delay when %s', async (_, end) => {
      await startSynced();
      end(client);
      await clock.advance(100);
      expect(client.streams).toHaveLength(1);
      await clock.advance(200);
      expect(query(1)).toMatchObject({ resourceVersion: '10' });
      client.last.send(deleted(service('a', 12)));
      await clock.advance(0);
      expect(seen).toEqual(['web/a: LoadBalancer → none']);
    });

    const codes: KubeErrorCode[] = [
      'network',
      'timeout',
      'server',
      'unauthorized',
      'forbidden',
      'too-many-requests',
      'config',
      'not-found',
      'bad-request',
    ];
    it.each(codes)(
      'when opening the watch fails with %s, for as long as it takes',
      async (code) => {
        await startSynced();
        for (let i = 0; i < 20; i++)
          client.refuseStream(new KubeError(code, 'no', { status: 400 }));
        client.last.end();
        await clock.until(() => client.streams.length === 22);
        expect(failed).toEqual(Array.from({ length: 20 }, () => code));
        client.last.send(added(service('c', 12)));
        await clock.advance(0);
        expect(reflector.size).toBe(3);
        expect(query(21)).toMatchObject({ resourceVersion: '10' });
      },
    );
  });

  describe('reads anew, and notices what vanished', () => {
    const doubts: [string, string, (client: ScriptedClient) => void][] = [
      ['a 410 in the stream', 'gone', ({ last }) => last.send(errorEvent(410, 'Expired'))],
      [
        'another error in the stream',
        'server',
        ({ last }) => last.send(errorEvent(500, 'InternalError')),
      ],
      [
        'a line that is not JSON',
        'garbage',
        ({ last }) => last.sendRaw('<html>bad gateway</html>\n'),
      ],
      ['an event without an object', 'garbage', ({ last }) => last.sendRaw('{"type":"ADDED"}\n')],
      ['a line that never ends', 'line-too-long', ({ last }) => last.sendRaw('x'.repeat(2001))],
    ];
    it.each(doubts)('after %s', async (_, code, happen) => {
      await startSynced();
      happen(client);
      await clock.until(() => client.streams.length === 2);
      expect(failed).toEqual([code]);
      expect(query(1)).toMatchObject({ sendInitialEvents: true });
      expect(reflector.size, 'the old state stays readable meanwhile').toBe(2);
      client.last.send(
        added(service('b', 20, 'NodePort')),
        added(service('c', 21)),
        bookmark(30, true),
      );
      await clock.advance(0);
      expect(seen).toEqual([
        'web/a: LoadBalancer → none',
        'web/b: LoadBalancer → NodePort',
        'web/c: none → LoadBalancer',
      ]);
    });

    it('after a 410 to the request for the watch', async () => {
      await startSynced();
      client.refuseStream(new KubeError('gone', 'too old', { status: 410 }));
      client.last.end();
      await clock.until(() => client.streams.length === 3);
      expect(query(2)).toMatchObject({ sendInitialEvents: true });
    });

    it('swapping everything before it tells of anything', async () => {
      await startSynced();
      const sizes: number[] = [];
      reflector.subscribe(() => void sizes.push(reflector.size));
      client.last.send(errorEvent(410, 'Gone'));
      await clock.until(() => client.streams.length === 2);
      client.last.send(added(service('x', 20)), bookmark(30, true));
      await clock.advance(0);
      expect(sizes).toEqual([1, 1, 1]);
    });
  });

  describe('uses pages', () => {
    const refusal = new KubeError('invalid', 'sendInitialEvents is forbidden', { status: 422 });
    const page = (next: string | undefined, ...items: unknown[]) => ({
      kind: 'ServiceList',
      metadata: { resourceVersion: '40', ...(next === undefined ? {} : { continue: next }) },
      items,
    });

    it('at once where the server refuses a streamed list, then watches from the list', async () => {
      client.refuseStream(refusal);
      client.answer(page('more', service('a', 3)));
      client.answer(page(undefined, service('b', 7)));
      running = reflector.run(stop.signal);
      await clock.advance(0);
      expect(client.requests.map(({ query: asked }) => asked)).toEqual([
        { labelSelector: 'app=web', fieldSelector: undefined, limit: 200, continue: undefined },
        { labelSelector: 'app=web', fieldSelector: undefined, limit: 200, continue: 'more' },
      ]);
      expect(query(1)).toMatchObject({ resourceVersion: '40' });
      expect([reflector.synced, reflector.size, reflector.connected]).toEqual([true, 2, true]);
      expect(listed).toEqual(['pages 2']);
      expect(failed).toEqual([]);
    });

    it('where the server ignores the wish and never marks the end of the list', async () => {
      client.answer(page(undefined, service('a', 3)));
      running = reflector.run(stop.signal);
      await clock.advance(0);
      client.last.send(added(service('a', 3)));
      await clock.until(() => reflector.synced, 40_000);
      expect(failed).toEqual(['timeout']);
      expect(query(1)).toMatchObject({ resourceVersion: '40' });
    });

    it('where the streamed list breaks off', async () => {
      client.answer(page(undefined, service('a', 3)));
      running = reflector.run(stop.signal);
      await clock.advance(0);
      client.last.send(added(service('a', 3)));
      client.last.end();
      await clock.until(() => reflector.synced);
      expect(failed).toEqual(['network']);
      expect(listed).toEqual(['pages 1']);
    });

    it('and goes on trying while the first list fails, never keeping half of one', async () => {
      client.refuseStream(refusal);
      client.answer(new KubeError('server', 'etcd is away', { status: 500 }));
      client.answer(page('more', service('half', 1)));
      client.answer(new KubeError('gone', 'the token is too old', { status: 410 }));
      client.answer('<html>');
      client.answer({ ...page(undefined), items: [{ metadata: {} }] });
      client.answer(page(undefined, service('a', 3)));
      running = reflector.run(stop.signal);
      await clock.until(() => reflector.synced);
      expect([...reflector.keys()]).toEqual(['web/a']);
      expect(failed).toEqual(['server', 'gone', 'garbage', 'garbage']);
    });

    it('taking an empty collection for what it is', async () => {
      client.refuseStream(refusal);
      client.answer({ metadata: { resourceVersion: '1' }, items: null });
      running = reflector.run(stop.signal);
      await clock.advance(0);
      expect([reflector.synced, reflector.size]).toEqual([true, 0]);
    });

    it('and does not where pages would fail as well', async () => {
      client.refuseStream(new KubeError('forbidden', 'no', { status: 403 }));
      running = reflector.run(stop.signal);
      await clock.until(() => client.streams.length === 2);
      expect(client.requests).toEqual([]);
      expect(query(1)).toMatchObject({ sendInitialEvents: true });
    });
  });

  describe('waits', () => {
    it('longer after each failure, up to the cap, spread by jitter', async () => {
      for (let i = 0; i < 12; i++) client.refuseStream(new KubeError('network', 'refused'));
      running = reflector.run(stop.signal);
      const at: number[] = [];
      for (let n = 1; n <= 12; n++) {
        await clock.until(() => client.streams.length === n);
        at.push(clock.nowMs());
      }
      const gaps = at.slice(1).map((ms, i) => ms - (at[i] ?? 0));
      for (const [i, gap] of gaps.entries()) {
        const fullMs = Math.min(15_000, 250 * 2 ** i);
        expect(gap).toBeGreaterThanOrEqual(fullMs / 2);
        expect(gap).toBeLessThanOrEqual(fullMs);
      }
      expect(new Set(gaps.slice(-4)).size, 'no two clients in step').toBe(4);
    });

    it('as long as the server asks', async () => {
      client.refuseStream(
        new KubeError('too-many-requests', 'later', { status: 429, retryAfterMs: 30_000 }),
      );
      running = reflector.run(stop.signal);
      await clock.advance(29_999);
      expect(client.streams).toHaveLength(1);
      await clock.advance(1);
      expect(client.streams).toHaveLength(2);
    });

    it('longer and longer where a server ends every watch at once', async () => {
      await startSynced();
      for (let n = 1; n <= 8; n++) {
        client.last.end();
        await clock.until(() => client.streams.length === n + 1);
      }
      expect(clock.nowMs(), 'the sum of eight growing delays').toBeGreaterThan(13_000);
    });

    it('but not long for a 410 after an outage, unless 410 follows 410', async () => {
      await startSynced();
      for (let i = 0; i < 9; i++) client.refuseStream(new KubeError('network', 'refused'));
      const gone = new KubeError('gone', 'too old', { status: 410 });
      for (let i = 0; i < 8; i++) client.refuseStream(gone);
      client.last.end();
      const at: number[] = [];
      for (let n = 1; n <= 19; n++) {
        await clock.until(() => client.streams.length === n);
        at.push(clock.nowMs());
      }
      expect((at[11] ?? 0) - (at[10] ?? 0)).toBeLessThanOrEqual(250);
      expect((at[18] ?? 0) - (at[17] ?? 0)).toBeGreaterThan(7500);
    });

    it('from the short delay again after a watch that lived', async () => {
      for (let i = 0; i < 9; i++) client.refuseStream(new KubeError('network', 'refused'));
      running = reflector.run(stop.signal);
      await clock.until(() => client.streams.length === 10);
      client.last.send(bookmark(1, true));
      await clock.advance(6000);
      client.last.fail(new KubeError('network', 'reset'));
      const cutMs = clock.nowMs();
      await clock.until(() => client.streams.length === 11);
      expect(clock.nowMs() - cutMs).toBeLessThanOrEqual(250);
    });
  });

  describe('says how stale it is', () => {
    it('0 while a watch lives, however quiet; the time since the last sign of life when it does not', async () => {
      await startSynced();
      await clock.advance(60_000);
      expect(reflector.staleMs()).toBe(0);
      client.last.send(bookmark(20));
      await clock.advance(60_000);
      for (let i = 0; i < 50; i++) client.refuseStream(new KubeError('network', 'refused'));
      client.last.fail(new KubeError('network', 'reset'));
      await clock.advance(0);
      expect([reflector.connected, reflector.staleMs()]).toEqual([false, 60_000]);
      await clock.advance(30_000);
      expect(reflector.staleMs()).toBe(90_000);
      expect(reflector.synced, 'stale is not unsynced').toBe(true);
    });

    it('and ends a watch without a sign of life for 90 s, bookmarks being one', async () => {
      await startSynced();
      for (let minute = 1; minute <= 10; minute++) {
        await clock.advance(60_000);
        client.last.send(bookmark(10 + minute));
      }
      await clock.advance(89_999);
      expect(client.streams).toHaveLength(1);
      await clock.advance(1);
      expect(failed).toEqual(['timeout']);
      expect(reflector.staleMs()).toBeGreaterThanOrEqual(90_000);
      await clock.until(() => client.streams.length === 2);
      expect(query(1)).toMatchObject({ resourceVersion: '20' });
      expect(reflector.staleMs()).toBe(0);
    });
  });

  it('resolves when it is told to stop, in whatever it is doing', async () => {
    await startSynced();
    stop.abort(new Error('SIGTERM'));
    await clock.advance(0);
    await expect(running).resolves.toBeUndefined();
    expect(failed).toEqual([]);
  });

  it('stops while it waits for its next try', async () => {
    client.refuseStream(new KubeError('network', 'refused'));
    running = reflector.run(stop.signal);
    await clock.advance(10);
    stop.abort();
    await clock.advance(0);
    await expect(running).resolves.toBeUndefined();
  });

  it('lets a wait for the sync end by its signal', async () => {
    running = reflector.run(stop.signal);
    const impatient = new AbortController();
    const waiting = reflector.whenSynced(impatient.signal);
    impatient.abort(new Error('no more time'));
    await expect(waiting).rejects.toThrow('no more time');
  });

  it('refuses to run twice at a time', async () => {
    await startSynced();
    await expect(reflector.run(stop.signal)).rejects.toThrow('runs already');
  });
});
