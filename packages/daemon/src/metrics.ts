import { Counter as PromCounter, Gauge as PromGauge, Registry } from 'prom-client';
import { registerProcessMetrics } from './seams/process-metrics.ts';

/** A number that only grows. */
export interface Counter {
  /** Adds `by` (default 1) to the series with these labels. */
  inc(labels?: Record<string, string>, by?: number): void;
  /** Drops the series with these labels. */
  remove(labels: Record<string, string>): void;
}

/** A number that is set. */
export interface Gauge {
  set(value: number, labels?: Record<string, string>): void;
  /** Drops the series with these labels. */
  remove(labels: Record<string, string>): void;
}

/** Makes metrics and prints them for a scraper. One per process, passed to whoever counts. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  /** With `collect`, the value is asked for at each scrape instead of being set. */
  gauge(name: string, help: string, labelNames?: readonly string[], collect?: () => number): Gauge;
  /** The text exposition format and its content type. */
  scrape(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Metrics on `prom-client`, with a registry of their own and what the process is like in it. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  registerProcessMetrics(registry);
  return {
    counter: (name, help, labelNames = []) => {
      const counter = new PromCounter({
        name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
      });
      return {
        inc: (labels = {}, by = 1) => counter.inc(labels, by),
        remove: (labels) => counter.remove(labels),
      };
    },
    gauge: (name, help, labelNames = [], collect) => {
      const gauge: PromGauge = new PromGauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
        ...(collect === undefined ? {} : { collect: (): void => gauge.set(collect()) }),
      });
      return {
        set: (value, labels = {}) => gauge.set(labels, value),
        remove: (labels) => gauge.remove(labels),
      };
    },
    scrape: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
