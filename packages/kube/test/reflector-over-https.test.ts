import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type KubeClient, Reflector, systemClock } from '@picluster/kube';
import { type FaultAction, type KubeSim, startKubeSim } from '@picluster/kube-sim';
import { seededRandom } from '@picluster/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLog } from './scripted-client.ts';

/** Real TLS, real connections, real time: a server that misbehaves and a reflector that must know everything in the end. */
describe('Reflector over HTTPS', () => {
  let folder: string;
  let sim: KubeSim;
  let client: KubeClient;
  let log: RecordingLog;
  let reflector: Reflector<string>;
  let running: Promise<void>;
  const changes = new EventTarget();
  let stop: AbortController;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kube-reflector-'));
    sim = await startKubeSim({ bookmarkIntervalMs: 50 });
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, sim.kubeconfig());
    client = connect({ kubeconfig, userAgent: 'test', requestTimeoutMs: 300 });
    log = new RecordingLog();
    stop = new AbortController();
    reflector = new Reflector<string>(
      { client, clock: systemClock, random: seededRandom(3), log },
      {
        path: '/api/v1/configmaps',
        pageSize: 2,
        inactivityMs: 300,
        initialInactivityMs: 300,
        backoffBaseMs: 5,
        backoffMaxMs: 100,
        project: (raw) => raw.metadata.resourceVersion ?? '',
      },
    );
    reflector.subscribe(() => void changes.dispatchEvent(new Event('change')));
    running = reflector.run(stop.signal);
    await reflector.whenSynced(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await running;
    await client.close();
    await sim.close();
    await rm(folder, { recursive: true, force: true });
  });

  const apply = (name: string, value: string): void => {
    sim.applyManifest({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } });
  };

  /** `namespace/name=version` of all objects, in order. */
  const truth = (): string[] =>
    sim
      .objects('v1', 'ConfigMap')
      .map(
        ({ metadata: { namespace, name, resourceVersion } }) =>
          `${namespace}/${name}=${resourceVersion}`,
      )
      .toSorted((one, other) => (one < other ? -1 : 1));

  const mirrored = (): string[] =>
    [...reflector.keys()]
      .map((key) => `${key}=${reflector.get(key)}`)
      .toSorted((one, other) => (one < other ? -1 : 1));

  /** Waits for the mirror to say what the server has; the test's time limit is the only one. */
  async function agree(): Promise<void> {
    while (mirrored().join() !== truth().join()) {
      await new Promise((resolve) => changes.addEventListener('change', resolve, { once: true }));
    }
  }

  const faults: [string, 'watch' | 'list', FaultAction][] = [
    ['the connection is reset', 'watch', { kind: 'reset' }],
    ['an event is cut in its middle', 'watch', { kind: 'truncate', afterEvents: 1 }],
    ['the watch falls silent', 'watch', { kind: 'stall' }],
    ['the version is too old', 'watch', { kind: 'status', code: 410 }],
    [
      'the version gets too old while it watches',
      'watch',
      { kind: 'status', code: 410, afterEvents: 1 },
    ],
    ['the server fails while it watches', 'watch', { kind: 'status', code: 500, afterEvents: 1 }],
    ['the server is overloaded', 'watch', { kind: 'status', code: 429, retryAfterSeconds: 0 }],
    ['every event comes twice', 'watch', { kind: 'duplicate' }],
  ];

  it.each(faults)('knows every object in the end, although %s', async (_, verb, action) => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) apply(name, '1');
    await agree();
    sim.faults.add({ verb, times: 3 }, action);
    apply('a', '2');
    sim.deleteObject('v1', 'ConfigMap', 'b', 'default');
    apply('f', '1');
    await agree();
    apply('g', '1');
    await agree();
    expect(mirrored()).toEqual(truth());
    expect(truth()).toHaveLength(6);
  });

  it('reads anew in pages, over failing pages, where streamed lists are refused', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) apply(name, '1');
    await agree();
    const before = sim.requests.count({ verb: 'list' });
    // Ends the watch that is open, then refuses the one that would stream a list.
    sim.faults.add({ verb: 'watch', times: 2 }, { kind: 'status', code: 422 });
    sim.faults.add({ verb: 'list', times: 1 }, { kind: 'truncate' });
    sim.faults.add({ verb: 'list', times: 1 }, { kind: 'status', code: 500 });
    sim.deleteObject('v1', 'ConfigMap', 'c', 'default');
    apply('f', '1');
    await agree();
    expect(mirrored()).toEqual(truth());
    expect(sim.requests.count({ verb: 'list' }) - before).toBeGreaterThanOrEqual(4);
  });
});
