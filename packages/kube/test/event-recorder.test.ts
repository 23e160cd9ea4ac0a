import { EventRecorder, KubeError, type KubeRequest, type ObjectReference } from '@picluster/kube';
import { SimClock } from '@picluster/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { RecordingLog, ScriptedClient } from './scripted-client.ts';

const web: ObjectReference = {
  apiVersion: 'v1',
  kind: 'Service',
  namespace: 'web',
  name: 'a',
  uid: 'u-1',
};

describe('EventRecorder', () => {
  let clock: SimClock;
  let client: ScriptedClient;
  let log: RecordingLog;
  let recorder: EventRecorder;

  beforeEach(() => {
    clock = new SimClock(1_767_225_600_000 /* 2026-01-01T00:00:00Z */);
    client = new ScriptedClient();
    client.otherwise = () => ({});
    log = new RecordingLog();
    recorder = new EventRecorder(
      { client, clock, log },
      { component: 'metallb-speaker', instance: 'node-1' },
    );
  });

  const bodies = (): unknown[] => client.requests.map(({ body }) => body);
  const warnings = () => log.lines.filter(({ level }) => level !== 'debug');
  const methods = (): string[] => client.requests.map(({ method }) => method);

  it('makes an Event that kubectl describe shows', async () => {
    recorder.record(web, 'Normal', 'nodeAssigned', 'announcing from node "node-1"');
    await clock.advance(0);
    expect(client.requests).toMatchObject([
      { method: 'POST', path: '/api/v1/namespaces/web/events' },
    ]);
    expect(bodies()[0]).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: expect.stringMatching(/^a\.[0-9a-f]+\.0$/), namespace: 'web' },
      involvedObject: web,
      type: 'Normal',
      reason: 'nodeAssigned',
      message: 'announcing from node "node-1"',
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      source: { component: 'metallb-speaker', host: 'node-1' },
      reportingComponent: 'metallb-speaker',
      reportingInstance: 'node-1',
    });
  });

  it('puts the events of a cluster-scoped object into the namespace default', async () => {
    recorder.record({ apiVersion: 'v1', kind: 'Node', name: 'n1' }, 'Warning', 'r', 'm');
    await clock.advance(0);
    expect(client.requests[0]?.path).toBe('/api/v1/namespaces/default/events');
  });

  it('counts the same event up instead of making another', async () => {
    recorder.record(web, 'Warning', 'AllocationFailed', 'no address left');
    await clock.advance(5000);
    recorder.record(web, 'Warning', 'AllocationFailed', 'no address left');
    await clock.advance(5000);
    recorder.record(web, 'Warning', 'AllocationFailed', 'no address left');
    await clock.advance(0);
    expect(methods()).toEqual(['POST', 'PATCH', 'PATCH']);
    expect(bodies().slice(1)).toEqual([
      { count: 2, lastTimestamp: '2026-01-01T00:00:05Z' },
      { count: 3, lastTimestamp: '2026-01-01T00:00:10Z' },
    ]);
    const name = (bodies()[0] as { metadata: { name: string } }).metadata.name;
    expect(client.requests[1]?.path).toBe(`/api/v1/namespaces/web/events/${name}`);
  });

  it('makes one request of equal events recorded in one go', async () => {
    for (let i = 0; i < 10; i++) recorder.record(web, 'Normal', 'r', 'm');
    await clock.advance(0);
    expect(bodies()).toMatchObject([{ count: 10 }]);
  });

  it('keeps events apart that differ in object, type, reason or message', async () => {
    recorder.record(web, 'Normal', 'r', 'm');
    recorder.record({ ...web, uid: 'u-2' }, 'Normal', 'r', 'm');
    recorder.record(web, 'Warning', 'r', 'm');
    recorder.record(web, 'Normal', 'r2', 'm');
    recorder.record(web, 'Normal', 'r', 'm2');
    await clock.advance(0);
    expect(methods()).toEqual(['POST', 'POST', 'POST', 'POST', 'POST']);
    const names = bodies().map((body) => (body as { metadata: { name: string } }).metadata.name);
    expect(new Set(names).size).toBe(5);
  });

  it('makes the event anew, counting on, when the server has forgotten it', async () => {
    recorder.record(web, 'Normal', 'r', 'm');
    await clock.advance(3_700_000);
    client.answer(new KubeError('not-found', 'events are kept for an hour'));
    recorder.record(web, 'Normal', 'r', 'm');
    await clock.advance(0);
    expect(methods()).toEqual(['POST', 'PATCH', 'POST']);
    expect(bodies()[2]).toMatchObject({ count: 2, firstTimestamp: '2026-01-01T00:00:00Z' });
  });

  it('lets an object have 25 events at once, then one each five minutes; others are not held back', async () => {
    for (let i = 0; i < 40; i++) recorder.record(web, 'Normal', 'r', `message ${i}`);
    await clock.advance(1);
    await clock.advance(1);
    await clock.advance(1);
    expect(client.requests).toHaveLength(25);
    recorder.record({ ...web, name: 'b', uid: 'u-9' }, 'Normal', 'r', 'm');
    await clock.advance(0);
    expect(client.requests).toHaveLength(26);
    await clock.advance(300_000);
    for (let i = 0; i < 3; i++) recorder.record(web, 'Normal', 'r', `later ${i}`);
    await clock.advance(0);
    expect(client.requests).toHaveLength(27);
  });

  it.each(['network', 'server', 'too-many-requests', 'already-exists'] as const)(
    'tries again after %s',
    async (code) => {
      client.answer(new KubeError(code, 'no'));
      client.answer(new KubeError(code, 'no'));
      recorder.record(web, 'Normal', 'r', 'm');
      await clock.advance(60_000);
      expect(methods()).toEqual(['POST', 'POST', 'POST']);
      expect(log.lines).toEqual([]);
      const names = bodies().map((body) => (body as { metadata: { name: string } }).metadata.name);
      expect(new Set(names).size, 'each try has its own name').toBe(3);
    },
  );

  it('gives up after five tries, or at once where trying is vain, and sends what comes next', async () => {
    client.answer(new KubeError('forbidden', 'no'));
    recorder.record(web, 'Normal', 'r', 'forbidden');
    for (let i = 0; i < 5; i++) client.answer(new KubeError('network', 'no'));
    recorder.record(web, 'Normal', 'r', 'lost');
    recorder.record(web, 'Normal', 'r', 'sent');
    await clock.advance(60_000);
    expect(bodies().map((body) => (body as { message: string }).message)).toEqual([
      'forbidden',
      'lost',
      'lost',
      'lost',
      'lost',
      'lost',
      'sent',
    ]);
    expect(log.count('event not recorded')).toBe(2);
  });

  it('loses no event of a burst over 10,000 objects', async () => {
    for (let i = 0; i < 10_000; i++) {
      recorder.record({ ...web, uid: `u-${i}` }, 'Normal', 'IPAllocated', 'm');
    }
    await recorder.flush(new AbortController().signal);
    const told = new Set(
      bodies().map((body) => (body as { involvedObject: ObjectReference }).involvedObject.uid),
    );
    expect(told.size).toBe(10_000);
    expect(log.lines).toEqual([]);
  });

  it('holds at most 10,000 events while the server is away, and says once how many were lost', async () => {
    let answer: () => void = () => undefined;
    const hanging = new Promise<unknown>((resolve) => (answer = () => resolve({})));
    client.otherwise = () => hanging;
    const burst = (from: number): void => {
      for (let i = from; i < from + 10_100; i++)
        recorder.record({ ...web, uid: `u-${i}` }, 'Normal', 'r', 'm');
    };
    burst(0);
    expect(log.count('events lost')).toBe(0);
    answer();
    await recorder.flush(new AbortController().signal);
    expect(warnings()).toEqual([{ level: 'warn', message: 'events lost', fields: { lost: 100 } }]);
    burst(20_000);
    await recorder.flush(new AbortController().signal);
    expect(log.count('events lost'), 'once for each burst').toBe(2);
  });

  it('says at its end how many events it gives up', async () => {
    client.otherwise = () => new Promise(() => undefined);
    for (let i = 0; i < 5; i++) recorder.record({ ...web, uid: `u-${i}` }, 'Normal', 'r', 'm');
    recorder[Symbol.dispose]();
    expect(warnings()).toEqual([{ level: 'warn', message: 'events lost', fields: { lost: 5 } }]);
  });

  it('flush waits until all is sent', async () => {
    const answers: (() => void)[] = [];
    client.otherwise = () => new Promise((resolve) => void answers.push(() => resolve({})));
    recorder.record(web, 'Normal', 'r', 'm');
    recorder.record(web, 'Normal', 'r', 'm2');
    let flushed = false;
    const flushing = recorder.flush(new AbortController().signal).then(() => (flushed = true));
    await clock.advance(0);
    answers[0]?.();
    await clock.advance(0);
    expect(flushed).toBe(false);
    answers[1]?.();
    await flushing;
    await recorder.flush(new AbortController().signal);
  });

  it('flush ends by its signal, and disposing gives up the rest', async () => {
    client.otherwise = (): KubeRequest => {
      throw new KubeError('network', 'no');
    };
    recorder.record(web, 'Normal', 'r', 'm');
    const end = new AbortController();
    const flushing = recorder.flush(end.signal);
    await clock.advance(100);
    end.abort();
    await flushing;
    recorder[Symbol.dispose]();
    await clock.advance(0);
    expect(clock.pending, 'no retry is left behind').toBe(0);
    recorder.record(web, 'Normal', 'r', 'after the end');
    await clock.advance(0);
    expect(client.requests).toHaveLength(1);
  });
});
