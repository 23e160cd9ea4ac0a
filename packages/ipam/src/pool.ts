import { AddressSpace } from './address-space.ts';
import { formatAddress, type Address, type Family } from './address.ts';
import { parseRange, type AddressRange, type RangeProblem } from './range.ts';

/** What a pool is made of. */
export interface PoolSpec {
  readonly name: string;
  /** CIDRs and `a-b` ranges, in the order in which they are given away. */
  readonly addresses: readonly string[];
  /** Whether an allocation that names no pool may use this one. Default true. */
  readonly autoAssign?: boolean;
  /** Leaves out IPv4 addresses that end in .0 or .255, which some old equipment takes for broadcasts. Default false. */
  readonly avoidBuggyIPs?: boolean;
  /** A positive one puts the pool before all with a greater number; 0 or absent: after those. */
  readonly priority?: number;
}

/** Why a pool, or a set of pools, is refused. */
export type PoolProblem =
  | { readonly code: 'no-name'; readonly message: string }
  | { readonly code: 'no-addresses'; readonly pool: string; readonly message: string }
  | {
      readonly code: 'bad-range';
      readonly pool: string;
      readonly problem: RangeProblem;
      readonly message: string;
    }
  | { readonly code: 'duplicate-name'; readonly pool: string; readonly message: string }
  | {
      readonly code: 'overlap';
      readonly pool: string;
      /** The entry that is refused. */
      readonly entry: string;
      readonly otherPool: string;
      readonly otherEntry: string;
      readonly message: string;
    };

/** A named, ordered set of addresses. Immutable; made by `createPool`. */
export interface Pool {
  readonly name: string;
  readonly ranges: readonly AddressRange[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  /** 0: none. */
  readonly priority: number;
  /** The usable addresses of each family. */
  readonly spaces: Readonly<Record<Family, AddressSpace>>;
}

/** What `createPool` gives. */
export type PoolResult =
  | { readonly ok: true; readonly pool: Pool }
  | { readonly ok: false; readonly problem: PoolProblem };

/** Makes a pool, or says what is wrong with it: an entry that does not parse, none at all, or two that overlap. */
export function createPool(spec: PoolSpec): PoolResult {
  const { name } = spec;
  if (name === '')
    return {
      ok: false,
      problem: { code: 'no-name', message: 'missing pool name: give the pool a name' },
    };
  if (spec.addresses.length === 0) {
    const message = `pool "${name}" has no addresses: list a CIDR or a range`;
    return { ok: false, problem: { code: 'no-addresses', pool: name, message } };
  }
  const ranges: AddressRange[] = [];
  for (const text of spec.addresses) {
    const parsed = parseRange(text);
    if (!parsed.ok) {
      const message = `pool "${name}": ${parsed.problem.message}`;
      return {
        ok: false,
        problem: { code: 'bad-range', pool: name, problem: parsed.problem, message },
      };
    }
    ranges.push(parsed.range);
  }
  const pool = poolOf(spec, ranges);
  const problem = findOverlap([pool]);
  return problem === undefined ? { ok: true, pool } : { ok: false, problem };
}

function poolOf(spec: PoolSpec, ranges: readonly AddressRange[]): Pool {
  const avoidBuggyIPs = spec.avoidBuggyIPs ?? false;
  const space = (family: Family): AddressSpace =>
    new AddressSpace(
      ranges.filter((range) => range.family === family),
      avoidBuggyIPs && family === 'ipv4',
    );
  return {
    name: spec.name,
    ranges,
    autoAssign: spec.autoAssign ?? true,
    avoidBuggyIPs,
    priority: spec.priority ?? 0,
    spaces: { ipv4: space('ipv4'), ipv6: space('ipv6') },
  };
}

/** Priority first (1 before 2, none last), then name: the one order in which pools are tried. */
export function comparePools(a: Pool, b: Pool): number {
  const rank = (pool: Pool): number =>
    pool.priority > 0 ? pool.priority : Number.POSITIVE_INFINITY;
  if (rank(a) !== rank(b)) return rank(a) < rank(b) ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

interface Entry extends AddressRange {
  readonly pool: string;
  readonly order: number;
}

/**
 * The first pair of entries that share an address, within a pool or across pools. The entry that is refused is the later one in the given order.
 *
 * O(n log n) in the number of entries.
 */
export function findOverlap(pools: readonly Pool[]): PoolProblem | undefined {
  const entries: Entry[] = [];
  for (const pool of pools) {
    for (const range of pool.ranges)
      entries.push({ ...range, pool: pool.name, order: entries.length });
  }
  entries.sort(compareEntries);
  let reaching = entries[0];
  for (const entry of entries.slice(1)) {
    if (
      reaching !== undefined &&
      reaching.family === entry.family &&
      entry.first <= reaching.last
    ) {
      return reaching.order < entry.order ? overlap(entry, reaching) : overlap(reaching, entry);
    }
    reaching = entry;
  }
  return undefined;
}

function compareEntries(a: Entry, b: Entry): number {
  if (a.family !== b.family) return a.family < b.family ? -1 : 1;
  return a.first < b.first ? -1 : a.first > b.first ? 1 : a.order - b.order;
}

function overlap(later: Entry, earlier: Entry): PoolProblem {
  const where = later.pool === earlier.pool ? 'the same pool' : `pool "${earlier.pool}"`;
  const first = later.first > earlier.first ? later.first : earlier.first;
  const shared = formatAddress({ family: later.family, value: first } satisfies Address);
  return {
    code: 'overlap',
    pool: later.pool,
    entry: later.text,
    otherPool: earlier.pool,
    otherEntry: earlier.text,
    message: `"${later.text}" in pool "${later.pool}" overlaps with "${earlier.text}" in ${where}: both have ${shared}; leave it in one of them`,
  };
}
