import type { IPAddressPoolStatus } from '@picluster/api';
import type { Clock, Logger, StatusPatch } from '@picluster/kube';
import type { ControllerMetrics } from './controller-metrics.ts';
import type { NamespaceView, PoolView } from './pool-view.ts';
import type { ServiceView } from './service-view.ts';

/** What the controller reads of a mirror of the API; `Reflector` of `@picluster/kube` is one. */
export interface Mirror<P> {
  get(key: string): P | undefined;
  values(): Iterable<P>;
  subscribe(notify: (key: string, now: P | undefined, before: P | undefined) => void): Disposable;
}

/** Writes events; never fails. */
export interface Events {
  service(service: ServiceView, type: 'Normal' | 'Warning', reason: string, message: string): void;
  pool(pool: PoolView, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Writes to the API server, each only onto the version that was read. They throw `KubeError`. */
export interface Writer {
  /** Resolves with what the Service is afterwards, as far as it is of interest. */
  service(
    service: ServiceView,
    patch: StatusPatch,
    signal: AbortSignal,
  ): Promise<ServiceView | undefined>;
  pool(pool: PoolView, status: IPAddressPoolStatus, signal: AbortSignal): Promise<void>;
}

/** What one term of the controller runs on. All mirrors are synced. */
export interface ControllerDeps {
  readonly services: Mirror<ServiceView>;
  readonly pools: Mirror<PoolView>;
  readonly namespaces: Mirror<NamespaceView>;
  /** Asks for `reconcile` of a Service, by `namespace/name`. */
  readonly enqueue: (service: string) => void;
  /** Asks for `reconcilePool`, by name, before long: many changes make one write. */
  readonly enqueuePool: (pool: string) => void;
  /** Told what is wrong with the pools, each with its name, at the start and whenever it changes. */
  readonly onProblems: (problems: readonly string[]) => void;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly write: Writer;
  readonly events: Events;
  /** Whether we may write now: asked directly before each write. */
  readonly entitled: () => boolean;
  readonly metrics: ControllerMetrics;
  readonly log: Logger;
}

/** Which Services and pools are ours. */
export interface ControllerOptions {
  /** Only Services of this class; `undefined`: only those without one. */
  readonly loadBalancerClass: string | undefined;
  /** How long the addresses of a deleted Service are kept for one of the same name; 0: not at all. */
  readonly addressHoldMs: number;
}
