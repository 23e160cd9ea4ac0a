// Files by their digest, in the cache outside the repository: what was downloaded, and layers that are slow to compress.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot, makeCacheFolder } from '../../scripts/cache.mjs';
import { BuildError } from './run.ts';

const folder = path.join(cacheRoot(), 'images');

/** A digest of the form that the source of the file uses. */
export type Checksum =
  | { readonly algorithm: 'sha256'; readonly hex: string }
  | { readonly algorithm: 'sha512'; readonly hex: string };

export function checksumOf(algorithm: Checksum['algorithm'], bytes: Uint8Array): Checksum {
  return { algorithm, hex: createHash(algorithm).update(bytes).digest('hex') };
}

/** npm's `sha512-<base64>` as a checksum. */
export function checksumOfIntegrity(integrity: string): Checksum {
  const [algorithm, base64 = ''] = integrity.split('-', 2);
  if (algorithm !== 'sha512')
    throw new BuildError(`${integrity}: only sha512 is known as npm’s digest`);
  return { algorithm, hex: Buffer.from(base64, 'base64').toString('hex') };
}

/**
 * The path of the file with this digest. It is fetched where the cache lacks it: `fetch` gives the path of the new file. Throws
 * {@link BuildError} where that has another digest.
 */
export async function stored(
  name: string,
  checksum: Checksum,
  fetch: () => Promise<string>,
): Promise<string> {
  const file = path.join(folder, `${checksum.hex.slice(0, 32)}-${name}`);
  if (existsSync(file)) return file;
  const fetched = await fetch();
  const bytes = readFileSync(fetched);
  const { hex } = checksumOf(checksum.algorithm, bytes);
  if (hex !== checksum.hex)
    throw new BuildError(
      `${name} has the ${checksum.algorithm} ${hex}, and not ${checksum.hex} as inputs.json says`,
    );
  keep(file, bytes);
  return file;
}

/** What `make` makes, from the cache where `key` is there. */
export function remembered(key: string, make: () => Uint8Array): Uint8Array {
  const file = path.join(folder, key);
  if (existsSync(file)) return readFileSync(file);
  const bytes = make();
  keep(file, bytes);
  return bytes;
}

/** In one step: another build never sees half a file. */
function keep(file: string, bytes: Uint8Array): void {
  makeCacheFolder(folder);
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, bytes);
  renameSync(partial, file);
}
