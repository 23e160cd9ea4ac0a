import {
  Counter as PromCounter,
  Gauge as PromGauge,
  Registry,
  type CounterConfiguration,
  type GaugeConfiguration,
} from 'prom-client';
import { registerProcessMetrics } from './seams/process-metrics.ts';
import { Series, type Sample } from './series.ts';

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
  /**
   * With `collect`, the value is asked for at each scrape instead of being set: a number, or one for each series where there may be thousands that somebody
   * knows anyway.
   */
  gauge(
    name: string,
    help: string,
    labelNames?: readonly string[],
    collect?: () => number | readonly Sample[],
  ): Gauge;
  /** The text exposition format and its content type. */
  scrape(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Metrics on `prom-client`, with a registry of their own and what the process is like in it. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  registerProcessMetrics(registry);
  return {
    counter: (name, help, labelNames = []) => {
      const series = new Series(labelNames);
      registry.registerMetric(new SeriesCounter({ name, help, registers: [] }, series));
      return {
        inc: (labels = {}, by = 1) => series.add(labels, by),
        remove: (labels) => series.remove(labels),
      };
    },
    gauge: (name, help, labelNames = [], collect) => {
      const series = new Series(labelNames);
      registry.registerMetric(new SeriesGauge({ name, help, registers: [] }, series, collect));
      return {
        set: (value, labels = {}) => series.set(labels, value),
        remove: (labels) => series.remove(labels),
      };
    },
    scrape: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

type PromMetric = Awaited<ReturnType<PromGauge['get']>>;

/** A counter whose values are kept elsewhere: prom-client takes 200 to 400 bytes for a series. */
class SeriesCounter extends PromCounter {
  readonly #series: Series;

  constructor(configuration: CounterConfiguration<string>, series: Series) {
    super(configuration);
    this.#series = series;
  }

  override async get(): Promise<PromMetric> {
    return { ...(await super.get()), values: this.#series.list() };
  }
}

/** The same for a gauge; see {@link Metrics.gauge} for `collect`. */
class SeriesGauge extends PromGauge {
  readonly #series: Series;
  readonly #collect: (() => number | readonly Sample[]) | undefined;

  constructor(
    configuration: GaugeConfiguration<string>,
    series: Series,
    collect: (() => number | readonly Sample[]) | undefined,
  ) {
    super(configuration);
    this.#series = series;
    this.#collect = collect;
  }

  override async get(): Promise<PromMetric> {
    const told = this.#collect?.() ?? this.#series.list();
    const values = typeof told === 'number' ? [{ labels: {}, value: told }] : [...told];
    return { ...(await super.get()), values };
  }
}
