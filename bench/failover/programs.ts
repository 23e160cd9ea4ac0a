import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, makeCacheFolder } from '../../scripts/cache.mjs';
import { run, tryRun } from '../../e2e/lab/run.ts';

const here = import.meta.dirname;
const METALLB_SPEAKER = 'go.universe.tf/metallb/speaker';
const BUILD_LIMIT_MS = 30 * 60_000;

const SOURCES = {
  prober: path.join(here, 'prober.c'),
  noise: path.join(here, 'noise.c'),
  latency: path.join(here, '../arp-latency/prober.c'),
} as const;

const done = new Map<keyof typeof SOURCES, Promise<string>>();

/** Path of a C program, compiled where the cache lacks it; the same one until this process ends. */
export async function compiled(name: keyof typeof SOURCES): Promise<string> {
  const source = SOURCES[name];
  const before = done.get(name);
  if (before !== undefined) return await before;
  const result = built(`bench-${name}`, [source], name, async (output) => {
    await run(['cc', '-O2', '-Wall', '-o', output, source]);
  });
  done.set(name, result);
  return await result;
}

/**
 * Path of MetalLB's own speaker, built from its published Go module (about 2 min, once). Rejects with what `go` said where it cannot
 * be built.
 */
export async function ensureMetallbSpeaker(): Promise<string> {
  const source = path.join(here, 'metallb');
  const files = ['go.mod', 'go.sum'].map((name) => path.join(source, name));
  return await built('metallb-speaker', files, 'speaker', async (output) => {
    process.stderr.write("building MetalLB's speaker from its Go module: some minutes, once\n");
    const words = ['-C', source, 'build', '-trimpath', '-ldflags', '-s -w', '-o', output] as const;
    const limits = { env: { CGO_ENABLED: '0' }, timeoutMs: BUILD_LIMIT_MS };
    const { code, stderr } = await tryRun(['go', ...words, METALLB_SPEAKER], limits);
    if (code !== 0) throw new Error(stderr.trim());
  });
}

async function built(
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
