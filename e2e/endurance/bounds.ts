import type { Vitals } from './vitals.ts';

/** How much more a daemon may take or hold at the end than at the beginning. */
export interface Bounds {
  /** Of the lowest used heap in the last third over that in the first: what is still there after collections. */
  readonly heapFloorMb: number;
  /** Of the median of anonymous memory in the last third over that in the first. */
  readonly anonymousMb: number;
  /** Of the lowest at the rests of the second half over that of the first, in the same part: a controller that leads holds more than one that stands by. */
  readonly descriptors: number;
  readonly sockets: number;
  readonly resources: number;
  readonly series: number;
  /** Log lines a minute, over the whole run. */
  readonly linesPerMinute: number;
  /** The same while nothing is done to it. */
  readonly linesPerMinuteAtRest: number;
}

// Fixed before the first long run, and why so. That run had no warm-up yet, and did not keep all of them: the heap's floor rose by up to 2.3 MB from its first third, which was also the first nine
// minutes of the processes. Snapshots of the heap, taken after each of six rounds, showed no growth (a speaker: 15.3, 15.6, 15.7, 15.9, 16.1, 15.2 MB). What is measured was changed for that, not the bounds.
// - heap: a map entry with its key takes some 100 bytes. What leaves one behind for each of thousands of cut watches, changed Services or renewals shows in a floor that rises by
//   more than 1.5 MB in 20 minutes.
// - anonymous memory: V8 takes and gives back pages of 256 kB and keeps semi-spaces of some MB. What exceeds 6 MB between the thirds of 20 minutes is no such swing.
// - descriptors, sockets, resources: a client keeps a few idle connections, and one request may be under way at the moment of the look.
// - series: one for each address that was ever answered for stays (as in MetalLB), 51 of them in the pools, times three counters.
// - lines: journald keeps at most 10,000 in 30 s, the others are lost; a tenth of that. At rest there is nothing to say: one a second would fill a disk.
export const LONG_RUN: Bounds = {
  heapFloorMb: 1.5,
  anonymousMb: 6,
  descriptors: 4,
  sockets: 4,
  resources: 4,
  series: 160,
  linesPerMinute: 2000,
  linesPerMinuteAtRest: 10,
};

/**
 * For a minute with rests of some seconds, which sees gross leaks only. In that time V8 may not collect the old part of a heap even once, so there is no floor to compare; a process
 * still warms up; and timers and connections of what went on until just before are still there (up to 21 more timers and 5 more connections after 2 s, gone after 25).
 */
export const SHORT_RUN: Bounds = {
  ...LONG_RUN,
  heapFloorMb: Infinity,
  anonymousMb: 16,
  descriptors: 12,
  sockets: 12,
  resources: 50,
  linesPerMinuteAtRest: 600,
};

/** A time in which nothing was done to the daemons, after all had come right. */
export interface Rest {
  readonly begin: Vitals;
  readonly end: Vitals;
}

/** What was seen of one daemon: samples through the run, in order, and its rests. */
export interface Course {
  readonly samples: readonly Vitals[];
  readonly rests: readonly Rest[];
}

/** The figures that the bounds are about. */
export type Growth = Bounds;

/** How much more it was at the end. Throws where there are fewer than two rests, or too few samples. */
export function growthOf({ samples, rests }: Course): Growth {
  const third = Math.floor(samples.length / 3);
  const first = samples.slice(0, third);
  const last = samples.slice(-third);
  const half = Math.floor(rests.length / 2);
  const [begin, end] = [samples[0], samples.at(-1)];
  if (third === 0 || half === 0 || !begin || !end) throw new Error('too little was seen');
  const pairs = inTheSamePart(rests.slice(0, half), rests.slice(-half));
  const atRest = (field: 'descriptors' | 'sockets' | 'resources' | 'series'): number => {
    const lowest = (among: readonly Rest[]): number =>
      Math.min(...among.map((rest) => rest.end[field]));
    return Math.max(...pairs.map(([early, late]) => lowest(late) - lowest(early)));
  };
  return {
    heapFloorMb: floor(last) - floor(first),
    anonymousMb: median(last) - median(first),
    descriptors: atRest('descriptors'),
    sockets: atRest('sockets'),
    resources: atRest('resources'),
    series: atRest('series'),
    linesPerMinute: linesPerMinute([{ begin, end }]),
    linesPerMinuteAtRest: linesPerMinute(rests),
  };
}

/** The early rests with the late ones in which it led, too, and the others with the others; all with all, where it led in one half alone. */
function inTheSamePart(
  early: readonly Rest[],
  late: readonly Rest[],
): readonly (readonly [readonly Rest[], readonly Rest[]])[] {
  const led = (rests: readonly Rest[], leads: boolean): readonly Rest[] =>
    rests.filter(({ end }) => end.leads === leads);
  const pairs = [true, false]
    .map((leads) => [led(early, leads), led(late, leads)] as const)
    .filter((pair) => pair.every((rests) => rests.length > 0));
  return pairs.length > 0 ? pairs : [[early, late]];
}

/** Which bounds do not hold, in words. */
export function exceeded(growth: Growth, bounds: Bounds): readonly string[] {
  return (Object.keys(bounds) as (keyof Bounds)[])
    .filter((name) => !(growth[name] <= bounds[name]))
    .map((name) => `${name}: ${growth[name].toFixed(1)} is more than ${bounds[name]}`);
}

function floor(samples: readonly Vitals[]): number {
  return Math.min(...samples.map(({ heapMb }) => heapMb));
}

/** Of the anonymous memory. */
export function median(samples: readonly Vitals[]): number {
  const sorted = samples.map(({ anonymousMb }) => anonymousMb).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function linesPerMinute(spans: readonly Rest[]): number {
  const minutes = spans.reduce((sum, { begin, end }) => sum + (end.atMs - begin.atMs) / 60_000, 0);
  return spans.reduce((sum, { begin, end }) => sum + end.lines - begin.lines, 0) / minutes;
}
