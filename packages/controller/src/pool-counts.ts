import type { Allocation, Ipam } from '@picluster/ipam';
import type { ControllerDeps } from './controller-deps.ts';

/** How many Services each pool serves, for its metrics and its status. */
export class PoolCounts implements Disposable {
  readonly #deps: Pick<ControllerDeps, 'metrics' | 'enqueuePool'>;
  readonly #services = new Map<string, number>();
  /** The pools that the metrics show. */
  readonly #shown = new Set<string>();

  constructor(deps: Pick<ControllerDeps, 'metrics' | 'enqueuePool'>) {
    this.#deps = deps;
  }

  /** A Service has other addresses than before; `ipam` is what is in use now. */
  moved(ipam: Ipam, before: Allocation | undefined, after: Allocation | undefined): void {
    this.#add(ipam, before, -1);
    this.#add(ipam, after, 1);
  }

  /** Counts anew, after the pools changed. */
  recount(ipam: Ipam): void {
    this.#services.clear();
    for (const [, { pool }] of ipam.allocations()) {
      this.#services.set(pool, (this.#services.get(pool) ?? 0) + 1);
    }
    const pools = new Set([...this.#shown, ...ipam.pools.map(({ name }) => name)]);
    for (const pool of pools) this.#report(ipam, pool);
  }

  /** Shows no pool any more: what they are like, another leader says. */
  [Symbol.dispose](): void {
    for (const pool of this.#shown) this.#deps.metrics.pool(pool, undefined, 0);
    this.#shown.clear();
  }

  #add(ipam: Ipam, allocation: Allocation | undefined, by: number): void {
    if (allocation === undefined) return;
    const { pool } = allocation;
    this.#services.set(pool, (this.#services.get(pool) ?? 0) + by);
    this.#report(ipam, pool);
  }

  #report(ipam: Ipam, pool: string): void {
    const usage = ipam.usage(pool);
    this.#deps.metrics.pool(pool, usage, this.#services.get(pool) ?? 0);
    if (usage === undefined) {
      this.#shown.delete(pool);
      return;
    }
    this.#shown.add(pool);
    this.#deps.enqueuePool(pool);
  }
}
