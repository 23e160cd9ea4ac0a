import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crdManifests } from '@picluster/api';
import { connect, EventRecorder } from '@picluster/kube';
import { startKubeSim, type KubeSim } from '@picluster/kube-sim';
import { createMetrics } from '@picluster/daemon';
import { SimClock } from '@picluster/testkit';
import { expect, test, vi } from 'vitest';
import type { Caches } from '../src/caches.ts';
import { createControllerMetrics } from '../src/controller-metrics.ts';
import { lead } from '../src/lead.ts';

const NAMESPACE = 'metallb-system';
const WAIT = { timeout: 20_000, interval: 20 };

function ingressOf(sim: KubeSim, name: string): unknown {
  return sim.object('v1', 'Service', name, 'default')?.status?.['loadBalancer'];
}

function service(sim: KubeSim, name: string, status: object = {}): void {
  sim.applyManifest({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'LoadBalancer', ports: [{ name: 'http', port: 80 }] },
    status,
  });
}

test('a new leader decides nothing before a write that its predecessor sent as it died can have come', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lead-'));
  await using sim = await startKubeSim();
  for (const crd of crdManifests) sim.applyManifest(crd);
  sim.applyManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  sim.applyManifest({
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata: { name: 'home', namespace: NAMESPACE },
    spec: { addresses: ['10.0.0.1-10.0.0.2'] },
  });
  service(sim, 'a');
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, sim.kubeconfig());

  const clock = new SimClock();
  const client = connect({ kubeconfig, userAgent: 'lead-test' });
  const stop = new AbortController();
  const term = { signal: stop.signal, token: 1, untilMs: () => Infinity, valid: () => true };
  let caches: Caches | undefined;
  const leading = lead(
    term,
    {
      client,
      clock,
      random: () => 0,
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      events: new EventRecorder({ client, clock }, { component: 'test' }),
      metrics: createControllerMetrics(createMetrics()),
      onCaches: (now) => (caches = now),
    },
    { namespace: NAMESPACE, loadBalancerClass: undefined, addressHoldMs: 0 },
  );
  await vi.waitFor(() => expect(caches?.services.synced).toBe(true), WAIT);
  await vi.waitFor(() => expect(caches?.pools.synced).toBe(true), WAIT);
  await vi.waitFor(() => expect(caches?.namespaces.synced).toBe(true), WAIT);

  // The predecessor had given the first address to a Service that nobody has looked at yet.
  service(sim, 'b', { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } });
  await vi.waitFor(() => expect(caches?.services.get('default/b')).toBeDefined(), WAIT);
  expect(ingressOf(sim, 'a')).toEqual({});

  await vi.waitFor(async () => {
    await clock.advance(300);
    expect(ingressOf(sim, 'a')).toMatchObject({ ingress: [{ ip: '10.0.0.2' }] });
  }, WAIT);
  expect(ingressOf(sim, 'b')).toMatchObject({ ingress: [{ ip: '10.0.0.1' }] });
  stop.abort();
  await client.close();
  await leading;
  rmSync(folder, { recursive: true });
}, 60_000);
