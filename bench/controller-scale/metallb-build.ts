import { execFile } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, makeCacheFolder } from '../../scripts/cache.mjs';

const source = path.join(import.meta.dirname, 'metallb');
const PROGRAM = 'go.universe.tf/metallb/controller';
const BUILD_LIMIT_MS = 30 * 60_000;

/**
 * The path of MetalLB's own controller, built from its published Go module (about 2 min, once). Rejects with what `go` said where it
 * cannot be built.
 */
export async function ensureMetallb(): Promise<string> {
  const files = ['go.mod', 'go.sum'].map((name) => path.join(source, name));
  const output = path.join(cacheFolder('metallb-controller', files), 'controller');
  if (existsSync(output)) return output;
  makeCacheFolder(path.dirname(output));
  process.stderr.write("building MetalLB's controller from its Go module: some minutes, once\n");
  const partial = `${output}.${process.pid}.partial`;
  await promisify(execFile)(
    'go',
    ['build', '-trimpath', '-ldflags', '-s -w', '-o', partial, PROGRAM],
    { cwd: source, env: { ...process.env, CGO_ENABLED: '0' }, timeout: BUILD_LIMIT_MS },
  );
  renameSync(partial, output);
  return output;
}
