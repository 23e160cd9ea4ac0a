/**
 * On what terms an owner would share its address with others. Absent: it wants the address for itself.
 *
 * Two owners may hold one address when they have the same `key` and the same `backend`, and no port in common.
 */
export interface Sharing {
  /** An opaque text; an empty one is no key, and nothing is shared. */
  readonly key: string;
  /** What the traffic goes to, where that matters (Kubernetes: the selector under `externalTrafficPolicy: Local`); else empty. */
  readonly backend: string;
  /** Protocol and port as one text, such as `TCP/80`. */
  readonly ports: readonly string[];
}

/** The name of the set of owners that may share, or `undefined` for an owner that shares with nobody. */
export function sharingGroup(sharing: Sharing | undefined): string | undefined {
  return sharing === undefined || sharing.key === ''
    ? undefined
    : JSON.stringify([sharing.key, sharing.backend]);
}
