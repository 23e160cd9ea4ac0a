// The demo runs in private namespaces; what it needs of Kubernetes is built first, because inside there is no way out.
import { ensureKubernetes } from './kubernetes.mjs';
import { node, root, run } from './process.mjs';

export async function runDemo(words) {
  const env = words.includes('--real') ? { PICLUSTER_KUBERNETES: await ensureKubernetes() } : {};
  const { code } = await run(
    node,
    ['scripts/in-lab.mjs', node, '--conditions=@picluster/source', 'e2e/demo/main.ts', ...words],
    { env, cwd: root },
  );
  process.exitCode = code;
}
