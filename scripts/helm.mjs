#!/usr/bin/env node
// Builds helm from its Go module, once, and keeps it in the cache. Prints the program's path.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureGoProgram, requiredVersion } from './go-program.mjs';

const source = fileURLToPath(new URL('../e2e/install/helm', import.meta.url));

/** The path of helm, which is built first if it is not in the cache. `$PICLUSTER_HELM` names one that is to be used instead. */
export async function ensureHelm(say) {
  const given = process.env.PICLUSTER_HELM;
  if (given) return given;
  const version = requiredVersion(source, 'helm.sh/helm/v4');
  return await ensureGoProgram(
    {
      name: 'helm',
      version,
      source,
      package: 'helm.sh/helm/v4/cmd/helm',
      linkFlags: [`-X helm.sh/helm/v4/internal/version.version=${version}`],
      takes: 'about 3 min on 2 cores',
    },
    say,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${await ensureHelm()}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
