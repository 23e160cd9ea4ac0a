import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Runs a bench in private namespaces, which take everything with them when it ends: starts `program` (a bench's `import.meta.filename`) once
 * more in them, and there does its `work` with a folder that is removed afterwards. The exit code is 1 where `work` gives `false`.
 */
export async function inPrivateNamespaces(
  program: string,
  work: (folder: string) => Promise<boolean>,
): Promise<void> {
  if (process.env['PICLUSTER_LAB'] !== '1') {
    const again = [process.execPath, '--conditions=@picluster/source', program];
    const { status } = spawnSync(
      process.execPath,
      ['scripts/in-lab.mjs', ...again, ...process.argv.slice(2)],
      { cwd: path.resolve(import.meta.dirname, '..'), stdio: 'inherit' },
    );
    process.exitCode = status ?? 1;
    return;
  }
  const name = path.basename(path.dirname(program));
  const folder = mkdtempSync(path.join(tmpdir(), `${name}-`));
  try {
    process.exitCode = (await work(folder)) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
