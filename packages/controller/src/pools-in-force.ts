import type { ControllerDeps } from './controller-deps.ts';
import { bookPools, EMPTY_BOOK, type PoolBook, type RefusedPool } from './pool-book.ts';
import { poolPolicy, type PoolPolicy } from './pool-policy.ts';
import { poolVerdict, saysRefusal } from './pool-status.ts';

type Deps = Pick<
  ControllerDeps,
  'pools' | 'namespaces' | 'events' | 'metrics' | 'log' | 'enqueuePool' | 'onProblems'
>;

/** What a reading of the pools brought. */
export interface PoolChange {
  /** Other ranges are in force: what is in use must be moved over. */
  readonly ranges: boolean;
  /** Other Services may use them. */
  readonly policy: boolean;
}

/** The pools that are in force, and those that were refused and why. */
export class PoolsInForce {
  readonly #deps: Deps;
  #book: PoolBook = EMPTY_BOOK;
  #policy: PoolPolicy = poolPolicy(EMPTY_BOOK, []);

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** What is in force, by name; and what was refused. */
  get book(): PoolBook {
    return this.#book;
  }

  /** Which pools a Service may use. */
  get policy(): PoolPolicy {
    return this.#policy;
  }

  /** What is wrong with the pools, each with its name. */
  get problems(): readonly string[] {
    return this.#book.refused.map(
      ({ name, problem }) => `parsing address pool ${name}: ${problem}`,
    );
  }

  /** Reads pools and namespaces anew; says by event, metric, log and callback what is newly wrong with them. */
  read(): PoolChange {
    const { pools, namespaces, metrics, onProblems, enqueuePool } = this.#deps;
    const before = this.#book;
    const oldPolicy = this.#policy;
    this.#book = bookPools(before, pools.values());
    this.#policy = poolPolicy(this.#book, namespaces.values());
    this.#tellRefused(before.refused);
    metrics.configured(this.#book.refused.length > 0);
    if (JSON.stringify(before.refused) !== JSON.stringify(this.#book.refused)) {
      onProblems(this.problems);
      for (const { name } of [...before.refused, ...this.#book.refused]) enqueuePool(name);
    }
    return {
      ranges: !samePools(before, this.#book),
      policy: this.#policy.fingerprint !== oldPolicy.fingerprint,
    };
  }

  #tellRefused(before: readonly RefusedPool[]): void {
    const known = new Set(before.map((each) => JSON.stringify(each)));
    const views = new Map([...this.#deps.pools.values()].map((view) => [view.uid, view]));
    for (const refused of this.#book.refused) {
      const view = views.get(refused.uid);
      if (view === undefined || known.has(JSON.stringify(refused))) continue;
      if (saysRefusal(view, refused)) continue;
      const { name, problem, lastGoodStays } = refused;
      this.#deps.log.warn('pool refused', { pool: name, problem, lastGoodStays });
      this.#deps.events.pool(view, 'Warning', 'PoolRefused', poolVerdict(refused).message);
    }
  }
}

function samePools(one: PoolBook, other: PoolBook): boolean {
  if (one.booked.size !== other.booked.size) return false;
  return [...one.booked].every(([name, { pool }]) => other.booked.get(name)?.pool === pool);
}
