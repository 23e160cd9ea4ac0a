/** What a strategy tells the speaker. All calls are synchronous: when they return, the speaker has acted. */
export interface OwnershipListener {
  /**
   * This node may answer for `address` on an interface until `untilMs(address)`, on the speaker's monotonic clock. It moves on while the right is
   * renewed, and may move back: `renewed` tells. `isFresh`: no speaker had it a moment ago, and the strategy did not ask the segment: a machine that
   * is none of ours may have it.
   */
  gained(
    address: string,
    interfaceName: string,
    untilMs: (address: string) => number,
    isFresh?: boolean,
  ): void;
  /** It may no longer; the address may be another node's in a moment. */
  lost(address: string, interfaceName: string): void;
  /**
   * Every `untilMs` of what was gained on this interface, and not lost since, is this now. Strategies whose rights never end earlier than they said need
   * not call it.
   */
  renewed?(interfaceName: string, untilMs: number): void;
  /** Another that answered too has let go: tell the neighbours again whose the address is. */
  announce?(address: string, interfaceName: string): void;
  /** A machine that is no speaker answers for the address. Called for each answer that is heard. */
  conflict?(address: string, interfaceName: string, mac: string): void;
}

/** This node as a candidate for one address. */
export interface Standing {
  /** On these interfaces of this node it would answer. */
  readonly interfaces: readonly string[];
  /** The names of all nodes that may answer, in the order in which they should try. */
  readonly candidates: readonly string[];
  /** Those of them that someone prefers, the most preferred first. */
  readonly preferred: readonly string[];
  /** Another address: whoever holds that should hold this one too. */
  readonly beside?: string;
}

/**
 * Settles which node answers for an address. Strategies differ in where they settle it (a Lease in the API, the segment itself);
 * the speaker only says for which addresses this node is a candidate.
 */
export interface OwnershipStrategy {
  /**
   * This node is a candidate for `address` (canonical text). A later call replaces what was said before; it moves nothing that is held, but for
   * interfaces that are no longer among the address's.
   */
  stand(address: string, standing: Standing): void;
  /** It is no candidate any more: if it holds the address it stops answering at once, and then gives it up. */
  resign(address: string): void;
  /** These interfaces can carry answers now; what was set up for others may go. */
  retain?(interfaceNames: readonly string[]): void;
  /** Resigns from everything; resolves when all is given up. */
  stop(): Promise<void>;
}
