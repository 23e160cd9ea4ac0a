import { seededRandom } from '@picluster/testkit';
import type { Step } from '../src/index.ts';
import type { FaultKind } from './faults.ts';
import { Segment } from './segment.ts';

const settledMs = 3_500;
const watchedMs = 3_000;

export interface OneFaultResult {
  readonly violations: readonly string[];
  /** The longest that an address had no answerer. */
  readonly silenceMs: number;
  readonly doubleMs: number;
  /** Addresses that the faulty node did not hold, and that have another answerer afterwards. */
  readonly strayed: number;
  /** Writes to the API from the time the segment was at rest on. */
  readonly writes: number;
}

export interface OneFaultOptions {
  readonly kind: FaultKind | 'none';
  readonly loss: number;
  readonly nodes?: number;
  readonly addresses?: number;
  /** Default: longer than the run. */
  readonly forMs?: number;
  readonly machine?: Step;
  /** Default: true. */
  readonly withApi?: boolean;
  /** More than half of the nodes must agree. */
  readonly strict?: boolean;
  readonly trace?: (line: string) => void;
}

/** A segment at rest, then one fault to one node that holds something, if any does. */
export function runOneFault(seed: number, options: OneFaultOptions): OneFaultResult {
  const random = seededRandom(seed + 77);
  const drawn = 2 + Math.floor(random() * 4);
  const nodes = options.nodes ?? (options.strict === true ? Math.max(3, drawn) : drawn);
  const addresses = options.addresses ?? 1 + Math.floor(random() * 6);
  const segment = new Segment(seed, {
    nodes,
    addresses,
    loss: options.loss,
    startWithinMs: 500,
    withApi: options.withApi ?? true,
    strict: options.strict ?? false,
    ...(options.machine && { machine: options.machine }),
  });
  segment.trace = options.trace;
  segment.run(settledMs);
  const before = segment.oracle.answerers().map(([only]) => only ?? -1);
  const writesBefore = segment.api.writes;
  segment.oracle.forgetSilence(segment.queue.nowMs);
  const holder = before[Math.floor(random() * before.length)] ?? 0;
  const node = random() < 0.8 ? holder : Math.floor(random() * nodes);
  const atMs = settledMs + random() * 300;
  if (options.kind !== 'none') {
    segment.schedule([
      {
        kind: options.kind,
        atMs,
        forMs: options.forMs ?? 2 * watchedMs,
        node,
        other: (node + 1) % nodes,
        side: 1 << node,
        oneWayMs: 0,
        // With 1, the gateway is on the other side of a partition.
        address: 1,
      },
    ]);
  }
  segment.run(atMs + watchedMs);
  const after = segment.oracle.answerers();
  const strayed = before.filter(
    (owner, index) => owner !== node && after[index]?.join() !== String(owner),
  );
  return {
    violations: segment.oracle.violations,
    silenceMs: segment.oracle.longestSilenceMs(segment.queue.nowMs),
    doubleMs: segment.oracle.doubleMs,
    strayed: strayed.length,
    writes: segment.api.writes - writesBefore,
  };
}
