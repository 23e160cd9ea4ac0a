import type { Metrics } from './metrics.ts';

/** What a daemon counts of its dealings with the API server, by MetalLB's names. */
export interface ClientMetrics {
  /** A Service was looked at. */
  reconciled(): void;
  /** A write failed, other than for a conflict. */
  failed(): void;
  /** What the daemon goes by was read; `isStale`: some of it is not followed. */
  configured(isStale: boolean): void;
}

/** Makes them in the registry of a daemon. `help` says what it goes by, and what it is not to follow some of that. */
export function createClientMetrics(
  metrics: Metrics,
  help: { readonly loaded: string; readonly stale: string },
): ClientMetrics {
  const updates = metrics.counter(
    'metallb_k8s_client_updates_total',
    'Services that were looked at.',
  );
  const errors = metrics.counter(
    'metallb_k8s_client_update_errors_total',
    'Writes to the API server that failed.',
  );
  const loaded = metrics.gauge('metallb_k8s_client_config_loaded_bool', help.loaded);
  const stale = metrics.gauge('metallb_k8s_client_config_stale_bool', help.stale);
  return {
    reconciled: () => updates.inc(),
    failed: () => errors.inc(),
    configured: (isStale) => {
      loaded.set(1);
      stale.set(Number(isStale));
    },
  };
}
