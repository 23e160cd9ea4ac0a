// Brings in what a fresh machine lacks: npm packages from the lock file, and Debian packages by the program that proves they are there.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expected, has, must, node, root, step } from './process.mjs';

/**
 * Installs what the lock file says, unless `node_modules` was made from this very one. Not `npm ci`: it refuses a lock file that lacks optional packages of other
 * systems, which a registry need not have.
 */
export async function installNpmPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(root, 'node_modules', '.picluster-lock');
  if (existsSync(stamp) && existsSync(node) && readFileSync(stamp, 'utf8') === lock) return;
  if (!has('npm')) throw expected('npm is missing: install Node.js 20 or later, which brings it');
  await step('npm packages', () =>
    must('npm', ['install', '--no-save', '--no-progress', '--loglevel=error', '--prefer-offline'], {
      quiet: true,
    }),
  );
  writeFileSync(stamp, lock);
}

/**
 * Installs the Debian packages of the named groups in `packages.json` whose program is missing. On a machine without apt or root it says what to install.
 */
export async function installSystemPackages(groups) {
  const list = JSON.parse(readFileSync(path.join(root, 'scripts', 'packages.json'), 'utf8'));
  const missing = groups
    .flatMap((group) => Object.entries(list[group] ?? {}))
    .filter(([, program]) => !has(program))
    .map(([name]) => name);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!has('apt-get') || process.getuid?.() !== 0) {
    throw expected(`missing: ${missing.join(', ')}. As root: ${command}`);
  }
  await step(`Debian packages: ${missing.join(' ')}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await must('apt-get', ['update', '-q'], { quiet: true, env });
    await must('apt-get', command.split(' ').slice(1), { quiet: true, env });
  });
}
