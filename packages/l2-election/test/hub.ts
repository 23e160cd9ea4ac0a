import { seededRandom } from '@picluster/testkit';
import type { Step } from '../src/index.ts';
import type { Fault } from './faults.ts';
import { Segment } from './segment.ts';

const apartMs = 4_000;
const deadAtMs = 9_000;
/** One that stood still while it tried may let others try first. */
const watchedMs = 20_000;
const apiLeastMs = 1;
const addresses = 3;

export interface HubOptions {
  /** Processes of the others stand still for up to 500 ms each, at any moment. */
  readonly stalls?: boolean;
  /** Addresses are new, or given to another node, in the last second before. */
  readonly moves?: boolean;
  /** Each segment has an API that takes up to some time of at most this, one way. Default: 300. */
  readonly apiMostMs?: number;
  readonly machine?: Step;
  /** Default: true. Else a record that a node was not told of is replaced. */
  readonly tellsFirst?: boolean;
  readonly trace?: (line: string) => void;
}

export interface HubRun {
  readonly doubleMs: number;
  readonly silenceMs: number;
  readonly answerers: readonly number[];
}

/** One node hears two parts that hear nothing of each other, and dies; the API is there for all, and takes its time. */
export function killHub(seed: number, options: HubOptions = {}): HubRun {
  const random = seededRandom(seed + 4242);
  const between = (least: number, most: number): number => least + random() * (most - least);
  const nodes = 3 + Math.floor(random() * 3);
  const segment = new Segment(seed, {
    nodes,
    addresses,
    newAddresses: options.moves === true ? 1 : 0,
    startWithinMs: 500,
    ...(options.machine && { machine: options.machine }),
  });
  segment.trace = options.trace;
  segment.api.unheardMs = 12_000;
  segment.api.delayMs = [apiLeastMs, between(2 * apiLeastMs, options.apiMostMs ?? 300)];
  segment.api.tellsFirst = options.tellsFirst ?? true;
  segment.run(apartMs);
  part(segment);
  segment.run(deadAtMs);
  segment.oracle.forgetSilence(segment.queue.nowMs);
  const fault = { side: 0, oneWayMs: 0, address: 0, other: 0, node: 0 };
  const atMs = deadAtMs + between(0, 300) + (options.moves === true ? 1_000 : 0);
  const faults: Fault[] = [{ ...fault, kind: 'crash', atMs, forMs: 2 * watchedMs }];
  for (let stall = 0; options.stalls === true && stall < 3; stall++) {
    const node = 1 + Math.floor(random() * (nodes - 1));
    const forMs = between(1, 500);
    faults.push({ ...fault, kind: 'freeze', atMs: atMs + between(-500, 3000), forMs, node });
  }
  if (options.moves === true) {
    faults.push(...moves(segment, atMs, between));
  }
  segment.schedule(faults);
  segment.run(atMs + watchedMs);
  return {
    doubleMs: segment.oracle.doubleMs,
    silenceMs: segment.oracle.longestSilenceMs(segment.queue.nowMs),
    answerers: segment.oracle.answerers().map(({ length }) => length),
  };
}

/** In the second before, one address is new, and the holder of each of the others gives it away. */
function moves(
  segment: Segment,
  atMs: number,
  between: (least: number, most: number) => number,
): Fault[] {
  const [fresh = ''] = segment.addresses.slice(addresses);
  segment.queue.at(atMs - between(0, 1_000), () => segment.api.introduce(fresh));
  return segment.oracle
    .answerers()
    .slice(0, addresses)
    .map(([node = 0], address) => ({
      kind: 'resign',
      atMs: atMs - between(0, 1_000),
      forMs: 5_000,
      node,
      address,
      side: 0,
      oneWayMs: 0,
      other: 0,
    }));
}

/** Only the first node hears all others, and all hear it. */
function part(segment: Segment): void {
  const [, ...others] = segment.nodes;
  for (const one of others) {
    for (const other of others) {
      if (one.index % 2 !== other.index % 2) segment.cut(one, other, true);
    }
  }
}
