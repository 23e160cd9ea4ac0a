import type { Clock } from './clock.ts';

/** As client-go has it: 25 events at once for an object, then one each five minutes. */
const burst = 25;
const refillMs = 300_000;
const objectsMax = 1024;

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** A token bucket for each object, so that one that flaps does not fill etcd with its events. */
export class EventRate {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Takes one token; false where there is none. */
  allows(object: string): boolean {
    const nowMs = this.#clock.nowMs();
    const before = this.#buckets.get(object) ?? { tokens: burst, atMs: nowMs };
    const tokens = Math.min(burst, before.tokens + (nowMs - before.atMs) / refillMs);
    const allowed = tokens >= 1;
    // Deleting first keeps the map in the order of use, so that the first key is the one to forget.
    this.#buckets.delete(object);
    this.#buckets.set(object, { tokens: allowed ? tokens - 1 : tokens, atMs: nowMs });
    forgetOldest(this.#buckets, objectsMax);
    return allowed;
  }
}

/** Drops the first keys of a map until it has at most `max`. */
export function forgetOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
