import { createPool, findOverlap, type Pool } from '@picluster/ipam';
import type { PoolSpecView, PoolView } from './pool-view.ts';

/** A pool in force: its addresses, and who may have them. */
interface BookedPool {
  readonly uid: string;
  readonly spec: PoolSpecView;
  readonly pool: Pool;
}

/** A pool object that is not in force as it is written. */
export interface RefusedPool {
  readonly name: string;
  readonly uid: string;
  readonly problem: string;
  /** Whether an earlier version of it stays in force. */
  readonly lastGoodStays: boolean;
}

/** The pools in force, by name, and those that are refused. */
export interface PoolBook {
  readonly booked: ReadonlyMap<string, BookedPool>;
  readonly refused: readonly RefusedPool[];
}

/** No pools at all. */
export const EMPTY_BOOK: PoolBook = { booked: new Map(), refused: [] };

interface Candidate {
  readonly view: PoolView;
  readonly made: BookedPool | undefined;
  readonly problem: string;
  /** What is in force of the same object now. */
  readonly before: BookedPool | undefined;
}

/**
 * The next book for these pool objects. An object that is wrong, or overlaps with another, is refused alone; where an earlier version of it
 * was good, that one stays in force. Whoever changed is the one at fault: pools that did not change go first, then the older object, then by name.
 */
export function bookPools(before: PoolBook, views: Iterable<PoolView>): PoolBook {
  const candidates = [...views].map((view) => candidateOf(view, before)).sort(compareCandidates);
  const booked = new Map<string, BookedPool>();
  const refused: RefusedPool[] = [];
  for (const { view, made, problem, before: last } of candidates) {
    const objection = made === undefined ? problem : overlapOf(booked, made);
    if (made !== undefined && objection === undefined) {
      booked.set(view.name, made);
      continue;
    }
    const lastGoodStays = last !== undefined && overlapOf(booked, last) === undefined;
    if (lastGoodStays) booked.set(view.name, last);
    refused.push({ name: view.name, uid: view.uid, problem: objection ?? problem, lastGoodStays });
  }
  return { booked, refused };
}

function candidateOf(view: PoolView, book: PoolBook): Candidate {
  const inForce = book.booked.get(view.name);
  const before = inForce?.uid === view.uid ? inForce : undefined;
  if (view.spec === undefined) {
    const problem = view.problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
    return { view, made: undefined, problem, before };
  }
  if (before !== undefined && JSON.stringify(before.spec) === JSON.stringify(view.spec)) {
    return { view, made: before, problem: '', before };
  }
  const { addresses, autoAssign, avoidBuggyIPs, priority } = view.spec;
  const result = createPool({ name: view.name, addresses, autoAssign, avoidBuggyIPs, priority });
  return result.ok
    ? { view, made: { uid: view.uid, spec: view.spec, pool: result.pool }, problem: '', before }
    : { view, made: undefined, problem: result.problem.message, before };
}

function compareCandidates(a: Candidate, b: Candidate): number {
  const rank = ({ made, before, view }: Candidate): string =>
    `${made !== undefined && made === before ? 0 : 1} ${view.createdAt} ${view.name}`;
  return rank(a) < rank(b) ? -1 : 1;
}

function overlapOf(booked: ReadonlyMap<string, BookedPool>, next: BookedPool): string | undefined {
  return findOverlap([...[...booked.values()].map(({ pool }) => pool), next.pool])?.message;
}
