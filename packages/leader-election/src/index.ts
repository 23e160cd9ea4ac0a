/**
 * Elects one leader among processes that share a small compare-and-swap record, by the rules of client-go's `tools/leaderelection`.
 *
 * A {@link LeaderElector} runs on a {@link LeaseLock} (for Kubernetes: `KubeLeaseLock` of `@picluster/kube`), a clock and a source of random
 * numbers, all passed in. While it leads, it hands out a {@link Term}: a signal that aborts before another can lead, a fencing token, and
 * the moment until which one may act. What it promises and where it differs from client-go is written at {@link LeaderElector}.
 *
 * The protocol itself is {@link step}, a pure function, for those who want another shell or a simulation of their own.
 *
 * @packageDocumentation
 */
export { LeaderElector } from './leader-elector.ts';
export {
  type Clock,
  type Lead,
  type LeaderElectionMetrics,
  type LeaderElectorDeps,
  type Logger,
} from './elector-deps.ts';
export { type Term } from './term.ts';
export { type LeaseLock, type LeaseRecord, type VersionedLeaseRecord } from './lease-lock.ts';
export {
  completeOptions,
  driftTolerance,
  type ElectorSettings,
  jitterFactor,
  type LeaderElectorOptions,
  leaseDurationMsDefault,
  renewDeadlineMsDefault,
  retryPeriodMsDefault,
} from './elector-options.ts';
export { LeaderElectionError, type LeaderElectionErrorCode } from './leader-election-error.ts';
export { formatMicroTime } from './seams/micro-time.ts';
export { step, type Step } from './elector-machine.ts';
export {
  type ElectorEffect,
  type ElectorInput,
  type ElectorState,
  initialState,
  type LossReason,
  type Moment,
  type PendingWrite,
  type Seen,
} from './elector-state.ts';
