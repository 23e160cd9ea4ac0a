import { existsSync } from 'node:fs';
import { ensureKubernetes, kubernetesPath } from '../../scripts/kubernetes.mjs';
import { tryRun } from './run.ts';

/** How kubectl is called on this machine: the one on the path, else the one among the lab's programs. Rejects where there is neither. */
export async function kubectlCommand(): Promise<[string, ...string[]]> {
  const found = await tryRun(['sh', '-c', 'command -v kubectl']);
  if (found.code === 0) return [found.stdout.trim()];
  const isBuilt = existsSync(process.env['PICLUSTER_KUBERNETES'] ?? kubernetesPath());
  if (!isBuilt) throw new Error('there is no kubectl on the path');
  return [await ensureKubernetes(), 'kubectl'];
}
