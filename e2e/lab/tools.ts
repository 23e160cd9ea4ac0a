import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, makeCacheFolder } from '../../scripts/cache.mjs';
import { run } from './run.ts';

const source = fileURLToPath(new URL('asker.c', import.meta.url));

/** Path of the compiled `asker.c`; compiled where the cache lacks it. */
export async function ensureAsker(): Promise<string> {
  const folder = cacheFolder('asker', [source]);
  const output = path.join(folder, 'asker');
  if (existsSync(output)) return output;
  makeCacheFolder(folder);
  const partial = `${output}.${process.pid}.partial`;
  await run(['cc', '-O2', '-o', partial, source]);
  renameSync(partial, output);
  return output;
}
