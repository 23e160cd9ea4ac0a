// A release without the world: the real command publishes a copy of the repository to a registry on loopback.
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { must, node, root } from '../process.mjs';
import { LoopbackRegistry, type Upload } from './registry.ts';

/** What a rehearsal gives: each upload with the file that its tarball was written to. */
export interface Rehearsed extends Omit<Upload, 'tarball'> {
  readonly tarball: string;
}

/** What `lerna publish` is asked for: all versions that the registry lacks, and no question. */
export const PUBLISH: readonly string[] = ['publish', 'from-package', '--yes'];

/** Lerna's program, in the folder whose packages it is to see. */
export function lernaIn(folder: string): string {
  return path.join(folder, 'node_modules', 'lerna', 'dist', 'cli.js');
}

/**
 * Publishes into `folder`, which must be empty: its `copy` has the repository as it is now, built, as one commit, and `tarballs` what was uploaded. Not in
 * place: Lerna wants no uncommitted change, and writes into package.json files for a moment.
 */
export async function rehearse(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Rehearsed[]> {
  const copy = path.join(folder, 'copy');
  const tarballs = path.join(folder, 'tarballs');
  await using registry = await LoopbackRegistry.start();
  await copyRepository(copy);
  writeFileSync(path.join(copy, '.npmrc'), `//${registry.host}:_authToken=rehearsal\n`);
  await commitAll(copy);
  const words = [lernaIn(copy), ...PUBLISH, `--registry=http://${registry.host}`];
  await must(node, words, { cwd: copy, quiet: true, env });
  mkdirSync(tarballs);
  return registry.uploads.map(({ manifest, access, tags, tarball }) => {
    const name = manifest.name.replaceAll(/[@/]/g, '-').slice(1);
    const file = path.join(tarballs, `${name}-${manifest.version}.tgz`);
    writeFileSync(file, tarball);
    return { manifest, access, tags, tarball: file };
  });
}

/** What git knows or would know, and what was built; `node_modules` is shared. */
async function copyRepository(target: string): Promise<void> {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const known = await must('git', words, { quiet: true });
  const files = known.split('\0').filter((file) => file !== '' && existsSync(at(root, file)));
  const built = [...new Set(files.map((file) => file.split('/').slice(0, 2).join('/')))]
    .flatMap((folder) => [`${folder}/dist`, `${folder}/build`])
    .filter((folder) => folder.startsWith('packages/') && existsSync(at(root, folder)));
  // Times too: a compiled file that is older than its source is compiled again.
  for (const file of [...files, ...built])
    cpSync(at(root, file), at(target, file), { recursive: true, preserveTimestamps: true });
  symlinkSync(at(root, 'node_modules'), at(target, 'node_modules'));
}

async function commitAll(folder: string): Promise<void> {
  const git = (...words: string[]): Promise<string> =>
    must('git', ['-c', 'user.name=rehearsal', '-c', 'user.email=@', ...words], {
      cwd: folder,
      quiet: true,
    });
  await git('init');
  await git('add', '--all');
  await git('commit', '--no-verify', '--message=rehearsal');
}

function at(folder: string, file: string): string {
  return path.join(folder, file);
}
