/**
 * What a lock stores: the `spec` of a Kubernetes Lease, field by field (`coordination.k8s.io/v1`).
 *
 * The two times are for people who look at the Lease. No elector ever compares them with a clock; it only sees *that* they changed.
 */
export interface LeaseRecord {
  /** Who holds the lease; empty where it is free. */
  readonly holderIdentity: string;
  /** How long others wait, from the last change they saw, before they may take the lease. Whole seconds. */
  readonly leaseDurationSeconds: number;
  /** When the holder took the lease: RFC 3339 with microseconds. */
  readonly acquireTime: string;
  /** When the holder last renewed it: RFC 3339 with microseconds. */
  readonly renewTime: string;
  /** How often the lease changed hands: the fencing token. */
  readonly leaseTransitions: number;
}

/** A record together with the version that an update must name. */
export interface VersionedLeaseRecord {
  readonly record: LeaseRecord;
  /** Opaque; for Kubernetes the `resourceVersion`. */
  readonly version: string;
}

/**
 * One record in a store that can compare and swap. Anything that has such a store can back an election.
 *
 * The elector relies on four promises: `get` shows the latest committed record, never a cached one; of several writers that name the same
 * version (or that create) at most one succeeds; a record comes back as it was written, its strings unchanged; and whatever else goes
 * wrong rejects. After a rejection or an abort the elector assumes nothing: the write may still be committed.
 *
 * Each call gets a signal that aborts when its answer is no longer wanted. A lock that ignores it does no harm: the elector does not wait
 * for it.
 */
export interface LeaseLock {
  /** `namespace/name`, for logs. */
  readonly description: string;
  /** Reads the record; `undefined` where there is none. */
  get(signal: AbortSignal): Promise<VersionedLeaseRecord | undefined>;
  /** Writes the first record; `conflict` where there is one already. */
  create(
    record: LeaseRecord,
    signal: AbortSignal,
  ): Promise<{ readonly version: string } | 'conflict'>;
  /** Replaces the record that has this version; `conflict` where it has another one, or is gone. */
  update(
    record: LeaseRecord,
    version: string,
    signal: AbortSignal,
  ): Promise<{ readonly version: string } | 'conflict'>;
}

/** Whether two records say the same. */
export function sameRecord(one: LeaseRecord, other: LeaseRecord): boolean {
  return (
    one.holderIdentity === other.holderIdentity &&
    one.leaseDurationSeconds === other.leaseDurationSeconds &&
    one.acquireTime === other.acquireTime &&
    one.renewTime === other.renewTime &&
    one.leaseTransitions === other.leaseTransitions
  );
}
