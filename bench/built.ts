import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, makeCacheFolder } from '../scripts/cache.mjs';
import { tryRun } from '../e2e/lab/run.ts';

const BUILD_LIMIT_MS = 30 * 60_000;
const METALLB = {
  controller: path.join(import.meta.dirname, 'controller-scale/metallb'),
  speaker: path.join(import.meta.dirname, 'failover/metallb'),
} as const;

/** Path of a program that `build` writes, unless the cache has it: it does as long as the sources stay the same. */
export async function built(
  name: string,
  sources: readonly string[],
  program: string,
  build: (output: string) => Promise<void>,
): Promise<string> {
  const output = path.join(cacheFolder(name, sources), program);
  if (existsSync(output)) return output;
  makeCacheFolder(path.dirname(output));
  const partial = `${output}.${process.pid}.partial`;
  await build(partial);
  renameSync(partial, output);
  return output;
}

/**
 * Path of one of MetalLB's own daemons, v0.15.2, built from its published Go module (about 2 min, once). Rejects with what `go` said where it
 * cannot be built.
 */
export async function ensureMetallb(program: 'controller' | 'speaker'): Promise<string> {
  const source = METALLB[program];
  const files = ['go.mod', 'go.sum'].map((name) => path.join(source, name));
  return await built(`metallb-${program}`, files, program, async (output) => {
    process.stderr.write(`building MetalLB's ${program} from its Go module: some minutes, once\n`);
    const words = ['-C', source, 'build', '-trimpath', '-ldflags', '-s -w', '-o', output] as const;
    const limits = { env: { CGO_ENABLED: '0' }, timeoutMs: BUILD_LIMIT_MS };
    const target = `go.universe.tf/metallb/${program}`;
    const { code, stderr } = await tryRun(['go', ...words, target], limits);
    if (code !== 0) throw new Error(stderr.trim());
  });
}
