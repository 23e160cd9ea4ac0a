import type { Metrics } from './metrics.ts';

/** What knows how long it has heard nothing of the API server. */
export interface Hearer {
  /** In ms; `Infinity` before the first word. */
  staleMs(): number;
}

/** Shows for how long the API server has said nothing: of all that is mirrored, what was not heard of for the longest. Asked anew at each scrape. */
export function showApiSilence(metrics: Metrics, hearers: () => Iterable<Hearer>): void {
  metrics.gauge(
    'picluster_api_silence_seconds',
    'For how long nothing was heard of something that this process mirrors of the API server.',
    [],
    () => Math.max(0, ...Array.from(hearers(), (each) => each.staleMs())) / 1000,
  );
}
