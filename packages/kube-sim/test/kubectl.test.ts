import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { crdManifests } from '@picluster/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startKubeSim, type KubeSim } from '../src/index.ts';

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const run = promisify(execFile);
const reason = hasKubectl() ? '' : ' (skipped: kubectl is not on PATH)';

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { type: 'LoadBalancer', ports: [{ name: 'http', port: 80 }], selector: { app: 'web' } },
};

const pool = {
  apiVersion: 'metallb.io/v1beta1',
  kind: 'IPAddressPool',
  metadata: { name: 'home', namespace: 'default' },
  spec: { addresses: ['192.0.2.10-192.0.2.20'] },
};

describe.skipIf(reason !== '')(`kubectl on kube-sim${reason}`, () => {
  let sim: KubeSim;
  let dir: string;

  beforeAll(async () => {
    sim = await startKubeSim();
    dir = mkdtempSync(path.join(tmpdir(), 'kube-sim-'));
    writeFileSync(path.join(dir, 'kubeconfig'), sim.kubeconfig());
    for (const definition of crdManifests) sim.applyManifest(definition);
  });

  afterAll(async () => {
    await sim.close();
    rmSync(dir, { recursive: true });
  });

  const kubectl = async (...words: readonly string[]): Promise<string> => {
    const files = [
      '--kubeconfig',
      path.join(dir, 'kubeconfig'),
      '--cache-dir',
      path.join(dir, 'cache'),
    ];
    const { stdout } = await run('kubectl', [...files, ...words]);
    return stdout;
  };

  const apply = (manifest: object, ...words: readonly string[]): Promise<string> => {
    const file = path.join(dir, 'manifest.json');
    writeFileSync(file, JSON.stringify(manifest));
    return kubectl('apply', '-f', file, ...words);
  };

  /** The cells of the line that begins with a name. */
  const row = (table: string, name: string): string[] =>
    table
      .split('\n')
      .map((line) => line.split(/\s{2,}/))
      .find(([first]) => first === name) ?? [];

  test('apply creates, changes and recognises what is unchanged, with no flag', async () => {
    expect(await apply(service)).toBe('service/web created\n');
    expect(await apply(service)).toBe('service/web unchanged\n');
    const changed = {
      ...service,
      spec: { ...service.spec, ports: [{ name: 'http', port: 8080 }] },
    };
    expect(await apply(changed)).toBe('service/web configured\n');
    const ports = sim.object('v1', 'Service', 'web', 'default')?.spec?.['ports'];
    expect(ports).toMatchObject([{ name: 'http', port: 8080 }]);
    await apply(service);
  });

  test('get shows a Service that waits, and its address once there is one', async () => {
    expect(row(await kubectl('get', 'svc'), 'web')[3]).toBe('<pending>');
    const address = '{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.10"}]}}}';
    const status = ['--subresource=status', '--type=merge', '-p', address];
    await kubectl('patch', 'svc', 'web', ...status);
    expect(row(await kubectl('get', 'svc'), 'web')[3]).toBe('192.0.2.10');
  });

  test('describe shows the address and the events', async () => {
    const uid = sim.object('v1', 'Service', 'web', 'default')?.metadata.uid;
    sim.applyManifest({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.1', namespace: 'default' },
      // kubectl describe asks for Events with the object's uid.
      involvedObject: { apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'web', uid },
      type: 'Warning',
      reason: 'AllocationFailed',
      message: 'no address is free',
      source: { component: 'metallb-controller' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
    });
    const text = await kubectl('describe', 'svc', 'web');
    expect(text).toMatch(/LoadBalancer Ingress:\s+192\.0\.2\.10/);
    expect(text).toMatch(/Warning\s+AllocationFailed\s.*metallb-controller\s+no address is free/);
    expect(await kubectl('get', 'events')).toMatch(/Warning\s+AllocationFailed\s+service\/web/);
  });

  test.each([
    [['--type=strategic'], '{"spec":{"loadBalancerIP":"192.0.2.11"}}', '192.0.2.11'],
    [['--type=merge'], '{"spec":{"loadBalancerIP":"192.0.2.12"}}', '192.0.2.12'],
    [
      ['--type=json'],
      '[{"op":"replace","path":"/spec/loadBalancerIP","value":"192.0.2.13"}]',
      '192.0.2.13',
    ],
  ])('patch %s', async (flags, patch, expected) => {
    expect(await kubectl('patch', 'svc', 'web', ...flags, '-p', patch)).toBe(
      'service/web patched\n',
    );
    expect(sim.object('v1', 'Service', 'web', 'default')?.spec?.['loadBalancerIP']).toBe(expected);
  });

  test('custom resources have their columns, and are told what is wrong with them', async () => {
    expect(await apply(pool)).toBe('ipaddresspool.metallb.io/home created\n');
    const table = await kubectl('get', 'ipaddresspools');
    expect(table).toMatch(/^NAME\s+AUTO ASSIGN\s+AVOID BUGGY IPS\s+ADDRESSES/);
    expect(row(table, 'home').slice(1)).toEqual(['true', 'false', '["192.0.2.10-192.0.2.20"]']);
    const wrong = { ...pool, spec: { addresses: ['nonsense'] } };
    await expect(apply(wrong)).rejects.toThrow(/spec\.addresses\[0\].*nonsense/);
  });

  test('apply refuses a field that the schema does not know', async () => {
    const wrong = { ...pool, spec: { ...pool.spec, adresses: [] } };
    await expect(apply(wrong)).rejects.toThrow('unknown field "spec.adresses"');
  });

  test('server-side apply works too', async () => {
    expect(await apply(pool, '--server-side', '--force-conflicts')).toBe(
      'ipaddresspool.metallb.io/home serverside-applied\n',
    );
  });

  test('delete waits until the object is gone', async () => {
    expect(await kubectl('delete', 'svc', 'web')).toMatch(/^service "web" deleted/);
    expect(sim.object('v1', 'Service', 'web', 'default')).toBeUndefined();
    await expect(kubectl('get', 'svc', 'web')).rejects.toThrow('services "web" not found');
  });

  test('a namespace takes what lies in it along', async () => {
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short' } });
    await apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'in', namespace: 'short' },
    });
    await kubectl('delete', 'namespace', 'short');
    expect(sim.objects('v1', 'ConfigMap')).toEqual([]);
  });
});
