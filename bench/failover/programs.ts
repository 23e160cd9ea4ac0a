import path from 'node:path';
import { built } from '../built.ts';
import { run } from '../../e2e/lab/run.ts';

const here = import.meta.dirname;

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
