import { seededRandom } from '@picluster/testkit';
import type { Step } from '../src/index.ts';
import type { Fault } from './faults.ts';
import { Segment } from './segment.ts';

const addresses = 3;
const filteredAtMs = 5_000;
const watchedMs = 25_000;

export interface FilteredOptions {
  /** So often a process stands still for 50 to 900 ms, at any moment from half a second before to two seconds after. */
  readonly stalls?: number;
  /** What the API takes one way at most; each segment draws its own up to this. */
  readonly apiMostMs: number;
  /** Only the heartbeats of some directions are lost: of each with this chance. Default: of all. */
  readonly chance?: number;
  readonly nodes?: number;
  readonly machine?: Step;
  readonly trace?: (line: string) => void;
}

export interface FilteredRun {
  readonly doubleMs: number;
  readonly silenceMs: number;
  readonly moves: number;
  readonly answerers: readonly number[];
}

/** From some moment on heartbeats do not pass, and all else does; the API is there for all nodes, and takes its time. */
export function filterHeartbeats(seed: number, options: FilteredOptions): FilteredRun {
  const random = seededRandom(seed + 777_000);
  const between = (least: number, most: number): number => least + random() * (most - least);
  const nodes = options.nodes ?? 3 + Math.floor(random() * 3);
  const segment = new Segment(seed, {
    nodes,
    addresses,
    startWithinMs: 500,
    ...(options.machine && { machine: options.machine }),
  });
  segment.trace = options.trace;
  segment.api.unheardMs = 12_000;
  segment.run(filteredAtMs);
  const leastMs = Math.min(5, options.apiMostMs / 2);
  segment.api.delayMs = [leastMs, between(leastMs, options.apiMostMs)];
  segment.oracle.forgetSilence(segment.queue.nowMs);
  const atMs = filteredAtMs + between(0, 300);
  const moves = segment.oracle.moves;
  segment.queue.at(atMs, () => {
    for (const one of segment.nodes) {
      for (const other of segment.nodes) {
        if (one !== other && random() < (options.chance ?? 1)) segment.cut(one, other, true);
      }
    }
  });
  const fault = { side: 0, oneWayMs: 0, address: 0, other: 0 };
  const faults: Fault[] = [];
  for (let stall = 0; stall < (options.stalls ?? 0); stall++) {
    const node = Math.floor(random() * nodes);
    const forMs = between(50, 900);
    faults.push({ ...fault, kind: 'freeze', atMs: atMs + between(-500, 2000), forMs, node });
  }
  segment.schedule(faults);
  segment.run(atMs + watchedMs);
  return {
    doubleMs: segment.oracle.doubleMs,
    silenceMs: segment.oracle.longestSilenceMs(segment.queue.nowMs),
    moves: segment.oracle.moves - moves,
    answerers: segment.oracle.answerers().map(({ length }) => length),
  };
}
