import { seededRandom } from '@picluster/testkit';
import { drawFaults, type Fault } from './faults.ts';
import { Segment, type SegmentOptions } from './segment.ts';

/** How long faults happen, and how long the segment is watched afterwards. */
const faultyMs = 6_000;
const calmMs = 2_500;
/** From the end of all faults, with dead nodes starting again, each address has exactly one answerer after this. */
const settledWithinMs = 1_600;
/** So much later where nobody ever answered for one: it waits for nodes that may not know of it yet. */
const freshWaitsMs = 400;

export interface Schedule {
  readonly seed: number;
  readonly options: SegmentOptions;
  readonly faults: readonly Fault[];
}

export interface ScheduleResult {
  /** Sentences, each a broken promise; empty when all was well. */
  readonly violations: readonly string[];
  readonly turns: number;
  readonly frames: number;
  readonly moves: number;
  readonly doubleMs: number;
  readonly settledAfterMs: number;
}

/** A schedule of all faults at once, drawn from its seed. */
export function drawSchedule(seed: number, broken: Partial<SegmentOptions> = {}): Schedule {
  const random = seededRandom(seed * 2 + 1);
  const pick = <T>(...of: T[]): T => of[Math.floor(random() * of.length)] as T;
  const nodes = broken.strict === true ? pick(3, 4, 5) : pick(2, 3, 4, 5);
  const addresses = pick(1, 2, 3);
  const options: SegmentOptions = {
    nodes,
    addresses,
    loss: pick(0, 0, 0.01, 0.05, 0.2, 0.4),
    duplicates: pick(0, 0, 0.1),
    late: pick(0, 0, 0.01),
    wrongWallClocks: pick(0, 0, 0.3),
    startWithinMs: pick(0, 1500),
    withApi: pick(true, true, false),
    ...broken,
  };
  const faults = drawFaults(random, {
    nodes,
    addresses,
    lengthMs: faultyMs,
    dense: seed % 3 === 0,
  });
  // One direction dead since a start *and* a wrong clock is more than the protocol promises to survive, as the README says.
  const twoWay = (fault: Fault): boolean =>
    !['one-way', 'mute', 'deaf', 'partition'].includes(fault.kind);
  const wrongClocks = (options.wrongWallClocks ?? 0) > 0;
  return { seed, options, faults: wrongClocks ? faults.filter(twoWay) : faults };
}

/** Runs a schedule; the same one always gives the same result. */
export function run(schedule: Schedule, trace?: (line: string) => void): ScheduleResult {
  const segment = new Segment(schedule.seed, schedule.options);
  segment.trace = trace;
  segment.schedule(schedule.faults);
  segment.run(faultyMs);
  const violations = segment.oracle.violations;
  let settledAfterMs = 0;
  if (violations.length === 0) {
    const isAnyFresh = segment.oracle.isAnyUnanswered();
    segment.calmDown();
    for (let ms = 20; ms <= calmMs && violations.length === 0; ms += 20) {
      segment.run(faultyMs + ms);
      if (segment.oracle.answerers().some(({ length }) => length !== 1)) settledAfterMs = ms;
    }
    const limitMs = settledWithinMs + (isAnyFresh ? freshWaitsMs : 0);
    if (violations.length === 0 && settledAfterMs > limitMs) {
      violations.push(`not settled ${settledAfterMs} ms after all faults ended`);
    }
  }
  return {
    violations,
    turns: segment.turns,
    frames: segment.frames,
    moves: segment.oracle.moves,
    doubleMs: segment.oracle.doubleMs,
    settledAfterMs,
  };
}

/** Leaves faults out as long as the schedule still fails: what remains is needed. */
export function shrink(schedule: Schedule): Schedule {
  let smallest = schedule;
  for (let size = Math.ceil(schedule.faults.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.faults.length;) {
      const faults = smallest.faults.filter((_, index) => index < at || index >= at + size);
      const smaller = { ...smallest, faults };
      if (run(smaller).violations.length > 0) smallest = smaller;
      else at += size;
    }
  }
  return smallest;
}
