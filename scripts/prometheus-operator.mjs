// The kinds of the Prometheus operator as it publishes them, for the tests of what the chart makes of these. Nothing of it is in this repository.
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkGo } from './go-program.mjs';

const MODULE = 'github.com/prometheus-operator/prometheus-operator';
const VERSION = 'v0.85.0';
const SUM = 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=';

/** The folder of the operator's CRDs, fetched into Go's module cache where they are not there. */
export async function ensureOperatorCrds() {
  checkGo('the Prometheus operator, whose kinds the chart makes,');
  const words = ['mod', 'download', '-json', `${MODULE}@${VERSION}`];
  const { stdout } = await promisify(execFile)('go', words, { cwd: tmpdir() });
  const { Dir, Sum, Error: problem } = JSON.parse(stdout);
  if (problem) throw new Error(`${MODULE} cannot be fetched: ${problem}`);
  if (Sum !== SUM) throw new Error(`${MODULE} ${VERSION} is not what it was: ${Sum}`);
  return path.join(Dir, 'example', 'prometheus-operator-crd');
}
