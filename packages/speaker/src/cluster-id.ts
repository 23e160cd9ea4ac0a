import { resourcePath, type Clock, type KubeClient } from '@picluster/kube';

/** What is needed to ask for it. */
export interface ClusterIdDeps {
  readonly client: Pick<KubeClient, 'request'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: { warn(message: string, fields?: Record<string, unknown>): void };
}

const RETRY_MS = 2000;

/**
 * A name that only this cluster has, and has for good: the UID of its namespace `kube-system`. Asks until it is known; rejects only with the
 * signal's reason.
 *
 * Two clusters on one LAN may have nodes of the same names, and even the same key where a Secret was copied. They must not take each other's
 * heartbeats for their own.
 */
export async function readClusterId(
  { client, clock, log }: ClusterIdDeps,
  signal: AbortSignal,
): Promise<string> {
  const path = resourcePath({ version: 'v1', plural: 'namespaces', name: 'kube-system' });
  for (;;) {
    signal.throwIfAborted();
    try {
      const namespace = await client.request<{ readonly metadata?: { readonly uid?: string } }>({
        method: 'GET',
        path,
        signal,
      });
      const uid = namespace.metadata?.uid;
      if (uid !== undefined && uid !== '') return uid;
      log.warn('namespace kube-system has no UID', { retryMs: RETRY_MS });
    } catch (error) {
      signal.throwIfAborted();
      log.warn('namespace kube-system not readable', { error, retryMs: RETRY_MS });
    }
    await clock.sleep(RETRY_MS, signal);
  }
}
