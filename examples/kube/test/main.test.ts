import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startKubeSim } from '@picluster/kube-sim';
import { expect, test } from 'vitest';

const command = [
  '--conditions=@picluster/source',
  fileURLToPath(new URL('../src/main.ts', import.meta.url)),
];

const service = (name: string, ip?: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  ...(ip === undefined ? {} : { status: { loadBalancer: { ingress: [{ ip }] } } }),
});

/** Reads the program's lines one at a time. */
function linesOf(child: ChildProcess): () => Promise<unknown> {
  if (child.stdout === null) throw new Error('the program has no output');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => (await lines.next()).value;
}

test('the example prints Services as they come, change and go, across a broken connection', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kube-example-'));
  const sim = await startKubeSim();
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, sim.kubeconfig());
  const child = spawn(process.execPath, [...command, kubeconfig], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const line = linesOf(child);
    expect(await line()).toBe('+ default/kubernetes: ClusterIP');
    sim.applyManifest(service('web'));
    expect(await line()).toBe('+ default/web: LoadBalancer');
    sim.applyManifest(service('web', '192.0.2.10'));
    expect(await line()).toBe('~ default/web: LoadBalancer 192.0.2.10');
    sim.expireVersions();
    sim.faults.add({ verb: 'watch', times: 1 }, { kind: 'reset' });
    sim.deleteObject('v1', 'Service', 'web', 'default');
    expect(await line()).toBe('- default/web');
    child.kill('SIGTERM');
    expect(await line()).toBe('1 Services when I stopped');
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    await sim.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test('the example says what is missing', () => {
  const env = { ...process.env };
  delete env['KUBERNETES_SERVICE_HOST'];
  const bare = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
  expect([bare.status, bare.stderr]).toEqual([
    2,
    'give me a kubeconfig: main.ts <file> (only in a pod of the cluster I need none)\n',
  ]);
  const wrong = spawnSync(process.execPath, [...command, '/no/such/file'], {
    env,
    encoding: 'utf8',
  });
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toContain('cannot read /no/such/file');
});
