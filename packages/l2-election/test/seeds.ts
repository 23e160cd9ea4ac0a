import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SegmentOptions } from './segment.ts';

/** What one thread does; options must be plain data. */
export interface SeedWork {
  readonly from: number;
  readonly to: number;
  readonly every: number;
  readonly options: Partial<SegmentOptions>;
}

export interface SeedSums {
  /** A seed that breaks a promise. */
  failed: number | undefined;
  turns: number;
  moves: number;
  doubleMs: number;
}

/** Runs the schedules of all seeds from `from` to `to`, on all cores. */
export async function runSeeds(
  from: number,
  to: number,
  options: Partial<SegmentOptions> = {},
): Promise<SeedSums> {
  const every = availableParallelism();
  const parts = Array.from({ length: Math.min(every, to - from + 1) }, (_, index) =>
    runPart({ from: from + index, to, every, options }),
  );
  const sums: SeedSums = { failed: undefined, turns: 0, moves: 0, doubleMs: 0 };
  for (const { failed, turns, moves, doubleMs } of await Promise.all(parts)) {
    sums.failed ??= failed;
    sums.turns += turns;
    sums.moves += moves;
    sums.doubleMs += doubleMs;
  }
  return sums;
}

async function runPart(work: SeedWork): Promise<SeedSums> {
  const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), {
    workerData: work,
    execArgv: ['--conditions=@picluster/source'],
  });
  const [sums] = (await once(worker, 'message')) as [SeedSums];
  return sums;
}
