import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startControlPlane } from '../../../e2e/lab/control-plane.ts';
import { kubernetesContract } from './contract.ts';

interface Kubeconfig {
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

kubernetesContract('kube-apiserver', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'kube-contract-'));
  // Without the controllers: what they do is not the API server's contract.
  const plane = await startControlPlane({ dir, controllerManager: false });
  const { users } = JSON.parse(readFileSync(plane.kubeconfig, 'utf8')) as Kubeconfig;
  return {
    url: plane.url,
    ca: plane.ca,
    token: users[0].user.token,
    close: () => plane.stop(),
  };
});
