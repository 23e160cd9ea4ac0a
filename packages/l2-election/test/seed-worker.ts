import { parentPort, workerData } from 'node:worker_threads';
import { drawSchedule, run } from './schedule.ts';
import type { SeedWork, SeedSums } from './seeds.ts';

// Runs every so many-th seed, and says what came of them all; a failing one ends it.
const { from, to, every, options } = workerData as SeedWork;
const sums: SeedSums = { failed: undefined, turns: 0, moves: 0, doubleMs: 0 };
for (let seed = from; seed <= to && sums.failed === undefined; seed += every) {
  const { violations, turns, moves, doubleMs } = run(drawSchedule(seed, options));
  if (violations.length > 0) sums.failed = seed;
  sums.turns += turns;
  sums.moves += moves;
  sums.doubleMs += doubleMs;
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread has none
parentPort?.postMessage(sums);
