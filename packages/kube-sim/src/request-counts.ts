import type { RequestFacts, Verb } from './faults.ts';

/** Narrows a count. */
export interface CountFilter {
  readonly verb?: Verb;
  readonly resource?: string;
  readonly user?: string;
}

const writes: ReadonlySet<Verb> = new Set([
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
]);

/** How many requests arrived, faults included, by verb, resource and user. */
export class RequestCounts {
  readonly #counts = new Map<string, { facts: Required<CountFilter>; count: number }>();

  /** Counts one request. */
  record(facts: RequestFacts): void {
    const { verb, resource, user } = facts;
    const key = `${verb} ${resource} ${user}`;
    const entry = this.#counts.get(key);
    if (entry === undefined) this.#counts.set(key, { facts: { verb, resource, user }, count: 1 });
    else entry.count += 1;
  }

  /** How many match; all without a filter. */
  count(filter: CountFilter = {}): number {
    let sum = 0;
    for (const { facts, count } of this.#counts.values()) {
      const { verb = facts.verb, resource = facts.resource, user = facts.user } = filter;
      if (verb === facts.verb && resource === facts.resource && user === facts.user) sum += count;
    }
    return sum;
  }

  /** How many were writes: create, update, patch, delete, deletecollection. */
  writes(filter: Omit<CountFilter, 'verb'> = {}): number {
    return [...writes].reduce((sum, verb) => sum + this.count({ ...filter, verb }), 0);
  }

  /** Starts again from nothing. */
  reset(): void {
    this.#counts.clear();
  }
}
