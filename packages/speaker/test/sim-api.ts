import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crdManifests } from '@picluster/api';
import { connect, type KubeClient } from '@picluster/kube';
import { startKubeSim, type KubeSim } from '@picluster/kube-sim';

/** Of MetalLB's objects. */
export const NAMESPACE = 'metallb-system';

/** A simulated API server that knows our kinds, and a client of it. */
export interface SimApi extends AsyncDisposable {
  readonly sim: KubeSim;
  readonly client: KubeClient;
}

export async function startSimApi(crds: readonly object[] = crdManifests): Promise<SimApi> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sim-api-'));
  const sim = await startKubeSim();
  for (const crd of crds) sim.applyManifest(crd);
  sim.applyManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, sim.kubeconfig());
  const client = connect({ kubeconfig, userAgent: 'test' });
  return {
    sim,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await sim[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
