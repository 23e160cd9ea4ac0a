import type { Clock } from './clock.ts';
import { type CredentialOptions, CredentialSource } from './credentials.ts';
import { HttpKubeClient } from './http-kube-client.ts';
import type { KubeClient } from './kube-client.ts';
import { PoolCache } from './pool-cache.ts';
import { systemClock } from './seams/system-clock.ts';

/** Which API server, and how. */
export interface ConnectOptions extends CredentialOptions {
  /** How the server's audit log names us: `picluster-speaker/0.1.0`. */
  readonly userAgent: string;
  /** Of a request that names none; covers credentials, connecting and the whole answer. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Default: {@link systemClock}. */
  readonly clock?: Pick<Clock, 'timer'>;
}

/**
 * A client for the API server that a kubeconfig names or, without one, for the cluster whose pod we are. Nothing is sent yet; throws
 * `config` where the configuration cannot be used.
 */
export function connect(options: ConnectOptions): KubeClient {
  return new HttpKubeClient(
    {
      clock: options.clock ?? systemClock,
      credentials: new CredentialSource(options),
      pools: new PoolCache(),
    },
    { userAgent: options.userAgent, requestTimeoutMs: options.requestTimeoutMs ?? 30_000 },
  );
}
