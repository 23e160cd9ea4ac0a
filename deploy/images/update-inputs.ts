// Finds out what inputs.json should say today.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DebianArchive } from './debian.ts';
import { DEBIAN_PACKAGES, NODE_PACKAGE, type DebianInput, type Inputs } from './inputs.ts';
import type { Architecture } from './oci.ts';
import { run } from './run.ts';

/** The Node that the repository is tested with, and Debian's newest libraries. */
export async function newestInputs(
  architectures: readonly Architecture[],
): Promise<Record<Architecture, Inputs>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'picluster-inputs-'));
  try {
    const all = {} as Record<Architecture, Inputs>;
    for (const architecture of architectures) {
      const archive = new DebianArchive(architecture, folder);
      const debian: DebianInput[] = [];
      for (const each of DEBIAN_PACKAGES) {
        const { name, version, sha256 } = await archive.newest(each);
        debian.push({ name, version, sha256 });
      }
      all[architecture] = { node: await nodeInput(NODE_PACKAGE[architecture]), debian };
    }
    return all;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The version of Node that the root package.json names. */
function nodeVersion(): string {
  const file = path.resolve(import.meta.dirname, '../../package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { devDependencies: { node: string } };
  return manifest.devDependencies.node;
}

async function nodeInput(name: string): Promise<Inputs['node']> {
  const version = nodeVersion();
  const integrity = await run('npm', ['view', `${name}@${version}`, 'dist.integrity']);
  return { name, version, integrity: integrity.trim() };
}
