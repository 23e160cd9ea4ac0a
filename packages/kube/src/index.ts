/**
 * What a long-running daemon needs of the Kubernetes API server: a client that survives rotated tokens and dead connections, a
 * {@link Reflector} that never stops, a {@link WorkQueue}, events with aggregation, status patches with optimistic concurrency, and a Lease
 * as a lock.
 *
 * Configuration, credentials and TLS are those of `@kubernetes/client-node`; nothing else of it is used. Everything but {@link connect}
 * runs on the two-method {@link KubeClient} and a {@link Clock}, so that tests need neither a server nor real time.
 *
 * @packageDocumentation
 */
export { connect, type ConnectOptions } from './connect.ts';
export {
  type KubeClient,
  type KubeRequest,
  type KubeStreamRequest,
  type Query,
} from './kube-client.ts';
export { KubeError, type KubeErrorCode, type KubeErrorDetails } from './kube-error.ts';
export { type KubeObject, keyOf, type ObjectReference } from './kube-object.ts';
export { type ResourceAddress, resourcePath } from './resource-path.ts';
export { Reflector } from './reflector.ts';
export {
  type ReflectorDeps,
  type ReflectorMetrics,
  type ReflectorOptions,
} from './reflector-options.ts';
export { type Subscriber } from './mirror.ts';
export {
  type Reconcile,
  WorkQueue,
  type WorkQueueDeps,
  type WorkQueueOptions,
} from './work-queue.ts';
export {
  EventRecorder,
  type EventRecorderDeps,
  type EventRecorderOptions,
  type EventType,
} from './event-recorder.ts';
export { createIfAbsent } from './create-if-absent.ts';
export { createMergePatch, type JsonValue } from './merge-patch.ts';
export { patchStatus, type StatusPatch } from './patch-status.ts';
export { KubeLeaseLock, type KubeLeaseLockOptions } from './kube-lease-lock.ts';
export { type Clock, type Random } from './clock.ts';
export { type Logger, silentLogger } from './logger.ts';
export { systemClock } from './seams/system-clock.ts';
export { systemRandom } from './seams/system-random.ts';
export { STALE_LIMIT_MS, staleReflector } from './stale.ts';
export { StatusObject, type StatusObjectDeps, type StatusObjectOptions } from './status-object.ts';
export { formatTimestamp } from './seams/timestamp.ts';
