// Published Go modules as they are, for tests of what we make of them. Nothing of them is in this repository.
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { checkGo } from './go-program.mjs';

/**
 * The folder of a module's source, fetched into Go's module cache where it is not there. `sum` is the line that go.sum would have of it; `what` says in an error what
 * it is for.
 */
export async function ensureGoSource({ module, version, sum, what }) {
  checkGo(what);
  const words = ['mod', 'download', '-json', `${module}@${version}`];
  // Elsewhere than in a module of ours, whose go.mod would have a say.
  const { stdout } = await promisify(execFile)('go', words, { cwd: tmpdir() });
  const { Dir, Sum, Error: problem } = JSON.parse(stdout);
  if (problem) throw new Error(`${module} cannot be fetched: ${problem}`);
  if (Sum !== sum) throw new Error(`${module} ${version} is not what it was: ${Sum}`);
  return Dir;
}
