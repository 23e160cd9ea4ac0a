import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureMetallbSource } from '../../scripts/metallb.mjs';
import { manifestFiles } from '../../scripts/manifests.ts';
import { ensurePromtool } from '../../scripts/promtool.mjs';
import type { KubeObject } from '../lab/kube-api.ts';
import { parseManifests } from '../lab/manifests.ts';
import { run } from '../lab/run.ts';
import { Cluster } from './cluster.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

test('the plain manifests are those of the chart: else run scripts/manifests.ts', async () => {
  for (const [file, text] of await manifestFiles()) expect(read(file), file).toBe(text);
});

describe('the alerts', () => {
  test('pass their unit tests', async () => {
    const promtool = await ensurePromtool();
    const output = await run([
      promtool,
      'test',
      'rules',
      path.join(root, 'deploy/monitoring/alerts.test.yaml'),
    ]);
    expect(output).toContain('SUCCESS');
  });

  test('and the dashboard ask in PromQL', async () => {
    const panels = read('deploy/charts/picluster/files/dashboard.json');
    const rules = [...panels.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)]
      .map((match) => JSON.parse(match[1] ?? '""') as string)
      .map((expr) => expr.replaceAll('$__rate_interval', '5m'))
      .map((expr, index) => ({ record: `panel:${index}`, expr }));
    expect(rules.length).toBeGreaterThan(10);
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'rules-')), 'rules.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const output = await run([await ensurePromtool(), 'check', 'rules', file]);
    expect(output).toContain(`${rules.length} rules found`);
  });
});

describe('on a cluster', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  test('one command applies the kustomization, and doing so again changes nothing', async () => {
    const folder = path.join(root, 'deploy');
    const first = await cluster.kubectl('apply', '--kustomize', folder);
    expect(first).toContain('daemonset.apps/picluster-speaker created');
    const second = await cluster.kubectl('apply', '--kustomize', folder);
    const changed = second.split('\n').filter((line) => line && !line.endsWith('unchanged'));
    expect(changed).toEqual([]);
  });

  // As they are published. Nothing of them is in this repository.
  test('MetalLB’s own sample manifests apply unchanged', async () => {
    const folder = path.join(await ensureMetallbSource(), 'configsamples');
    const applied: string[] = [];
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.yaml'))) {
      const objects = parseManifests(readFileSync(path.join(folder, name), 'utf8'));
      const ours = objects.filter(({ apiVersion }) => apiVersion.startsWith('metallb.io/'));
      await cluster.apply(ours.map(inOurNamespace));
      applied.push(...ours.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    }
    const count = (kind: string): number =>
      applied.filter((name) => name.startsWith(`${kind} `)).length;
    expect(count('IPAddressPool')).toBeGreaterThan(2);
    expect(count('L2Advertisement')).toBeGreaterThan(1);
    expect(count('BGPPeer')).toBeGreaterThan(5);
    expect(count('BGPAdvertisement')).toBeGreaterThan(5);
    expect(count('BFDProfile')).toBeGreaterThan(0);
    expect(count('Community')).toBeGreaterThan(0);
  });
});

/** The samples leave the namespace to kubectl's, or name MetalLB's own. */
function inOurNamespace(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: 'metallb-system' } };
}
