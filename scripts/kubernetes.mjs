#!/usr/bin/env node
// Builds the lab's Kubernetes (etcd, kube-apiserver, kube-controller-manager, kube-proxy, kubectl and client-go's elector
// in one program) from their published Go modules, once, and keeps it in the cache. Prints the program's path.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureGoProgram, goProgramPath, requiredVersion } from './go-program.mjs';

const source = fileURLToPath(new URL('../e2e/kubernetes', import.meta.url));

function program() {
  const version = requiredVersion(source, 'k8s.io/kubernetes');
  const [major, minor] = version.slice(1).split('.');
  const variables = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
  };
  const linkFlags = Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return { name: 'kubernetes', version, source, linkFlags, takes: 'about 10 min on 2 cores' };
}

/** Where the program is, or will be, for the sources as they are now. */
export function kubernetesPath() {
  return goProgramPath(program());
}

/**
 * The path of the multi-call program (`kubernetes kube-apiserver …`), which is built first if it is not in the cache.
 *
 * `$PICLUSTER_KUBERNETES` names one that is to be used instead. Rejects with a message for people where Go is missing or
 * too old, or the build fails.
 */
export async function ensureKubernetes(say) {
  return process.env.PICLUSTER_KUBERNETES || (await ensureGoProgram(program(), say));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${await ensureKubernetes()}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
