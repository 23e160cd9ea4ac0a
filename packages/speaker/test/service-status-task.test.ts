import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crdManifests } from '@picluster/api';
import { connect, systemClock as clock, systemRandom as random } from '@picluster/kube';
import { startKubeSim } from '@picluster/kube-sim';
import { expect, test, vi } from 'vitest';
import { L2_STATUS } from '../src/service-status.ts';
import { ServiceStatusTask } from '../src/service-status-task.ts';

const NAMESPACE = 'metallb-system';
const WAIT = { timeout: 20_000, interval: 20 };

test('a write that the API server fails is told of, and made again', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'status-'));
  await using sim = await startKubeSim();
  for (const crd of crdManifests) sim.applyManifest(crd);
  sim.applyManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, sim.kubeconfig());
  const client = connect({ kubeconfig, userAgent: 'test' });
  sim.faults.add(
    { verb: 'create', resource: 'servicel2statuses', times: 1 },
    { kind: 'status', code: 500 },
  );
  let failed = 0;
  const task = new ServiceStatusTask(
    { client, clock, random, whereIs: () => ['eth0'], failed: () => void failed++ },
    { kind: L2_STATUS, namespace: NAMESPACE, node: 'n1' },
  );
  const end = new AbortController();
  const running = task.run(end.signal);
  task.changed('default/web', true);
  const written = (): unknown[] => sim.objects('metallb.io/v1beta1', 'ServiceL2Status');
  await vi.waitFor(() => expect(written()).toHaveLength(1), WAIT);
  expect(failed).toBe(1);
  end.abort(new Error('the test is over'));
  await running;
  await client.close();
  rmSync(folder, { recursive: true });
});
