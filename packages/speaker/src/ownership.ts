/** What a strategy tells the speaker. All calls are synchronous: when they return, the speaker has acted. */
export interface OwnershipListener {
  /**
   * This node may answer for `address` until `untilMs()`, on the speaker's monotonic clock. It is asked anew for every packet, and
   * moves on while the right is renewed.
   */
  gained(address: string, untilMs: () => number): void;
  /** It may no longer; the address may be another node's in a moment. */
  lost(address: string): void;
}

/**
 * Settles which node answers for an address. Strategies differ in where they settle it (a Lease in the API, the segment itself);
 * the speaker only says for which addresses this node is a candidate.
 */
export interface OwnershipStrategy {
  /**
   * This node is a candidate for `address` (canonical text). `rank` is its place in the order in which candidates try for an
   * address that nobody holds, 0 for the first; a later call with another rank moves nothing that is held.
   */
  stand(address: string, rank: number): void;
  /** It is no candidate any more: if it holds the address it stops answering at once, and then gives it up. */
  resign(address: string): void;
  /** Resigns from everything; resolves when all is given up. */
  stop(): Promise<void>;
}
