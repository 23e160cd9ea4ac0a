// MetalLB as it is published: its chart, its CRDs and its sample manifests, for the tests of moving from it. Nothing of it is in this repository.
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkGo } from './go-program.mjs';

// Its go.mod and go.sum say which version, and what must be in it.
const versionsFolder = fileURLToPath(new URL('../bench/controller-scale/metallb', import.meta.url));
const MODULE = 'go.universe.tf/metallb';

/** The folder of MetalLB's source, fetched into Go's module cache where it is not there. `$PICLUSTER_METALLB` names another. */
export async function ensureMetallbSource() {
  const given = process.env.PICLUSTER_METALLB;
  if (given) return given;
  checkGo('MetalLB, which the tests move from,');
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', MODULE], {
    cwd: versionsFolder,
  });
  const { Dir, Error: problem } = JSON.parse(stdout);
  if (problem) throw new Error(`${MODULE} cannot be fetched: ${problem}`);
  return Dir;
}
