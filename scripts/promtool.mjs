// promtool, which checks and tests alert rules: the one on the path, else the one in Debian's package of Prometheus. The package is unpacked, not
// installed: that would start a server on this machine.
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot, makeCacheFolder } from './cache.mjs';
import { expected, has, must, run } from './process.mjs';

/** The path of promtool. Rejects with what to install where it can be had in no way. */
export async function ensurePromtool() {
  if (has('promtool')) return 'promtool';
  const program = path.join(cacheRoot(), 'promtool');
  if (existsSync(program)) return program;
  if (!has('apt-get')) throw expected('promtool is missing: install Prometheus, which brings it');
  makeCacheFolder(cacheRoot());
  const partial = mkdtempSync(path.join(cacheRoot(), 'promtool-partial-'));
  try {
    const here = { cwd: partial, quiet: true };
    const download = ['download', '-q', 'prometheus'];
    const { code } = await run('apt-get', download, here);
    // It fails where the lists of packages are missing or old.
    if (code !== 0) {
      await must('apt-get', ['update', '-q'], here);
      await must('apt-get', download, here);
    }
    const file = readdirSync(partial).find((name) => name.endsWith('.deb'));
    await must('dpkg-deb', ['-x', file, 'unpacked'], here);
    renameSync(path.join(partial, 'unpacked', 'usr', 'bin', 'promtool'), program);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return program;
}
