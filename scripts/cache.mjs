// Where what takes long to build is kept between runs: outside the repository, one folder for each version.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** The folder of all that is cached: `$PICLUSTER_CACHE`, else `$XDG_CACHE_HOME/picluster`, else `~/.cache/picluster`. */
export function cacheRoot() {
  const { PICLUSTER_CACHE: own, XDG_CACHE_HOME: users } = process.env;
  return own || path.join(users || path.join(homedir(), '.cache'), 'picluster');
}

/** The path, not yet made, of the cache folder `<name>-<hash of the files' contents>`. */
export function cacheFolder(name, files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(path.basename(file)).update('\0').update(readFileSync(file)).update('\0');
  return path.join(cacheRoot(), `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/** Makes the folder, with a message that names the way out where that is not allowed. */
export function makeCacheFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(
      `the cache folder ${folder} cannot be made (${error.code}): set PICLUSTER_CACHE to one that can`,
      {
        cause: error,
      },
    );
  }
}
