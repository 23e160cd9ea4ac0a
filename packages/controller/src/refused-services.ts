import type { ControllerMetrics } from './controller-metrics.ts';

/** How many Services do not have what they ask for, by the reason of their condition, for the metrics. */
export class RefusedServices implements Disposable {
  readonly #metrics: Pick<ControllerMetrics, 'refused'>;
  readonly #reasons = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(metrics: Pick<ControllerMetrics, 'refused'>) {
    this.#metrics = metrics;
  }

  /** What was decided last of a Service; `undefined`: nothing is refused to it, or it is gone. */
  set(key: string, reason: string | undefined): void {
    const before = this.#reasons.get(key);
    if (before === reason) return;
    if (reason === undefined) this.#reasons.delete(key);
    else this.#reasons.set(key, reason);
    this.#add(before, -1);
    this.#add(reason, 1);
  }

  /** Counts none any more: what is refused, another leader says. */
  [Symbol.dispose](): void {
    for (const key of this.#reasons.keys()) this.set(key, undefined);
  }

  #add(reason: string | undefined, by: number): void {
    if (reason === undefined) return;
    const count = (this.#counts.get(reason) ?? 0) + by;
    if (count === 0) this.#counts.delete(reason);
    else this.#counts.set(reason, count);
    this.#metrics.refused(reason, count);
  }
}
