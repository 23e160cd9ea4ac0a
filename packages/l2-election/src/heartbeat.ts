/** A node on the wire: 16 hex digits, see `nodeIdOf`. */
export type NodeId = string;

/**
 * What a node knows of a peer's frames: the newest that exists as far as it can tell, and the newest it received itself.
 * Both 0: it has heard of that boot and takes nothing from it yet, but its own frame is thereby proven newer than that boot.
 */
export interface Acknowledgement {
  readonly node: NodeId;
  /** Which start of that node. */
  readonly boot: number;
  /** The highest sequence number known, also from what others acknowledge. */
  readonly evidence: number;
  /** The highest sequence number received directly; at most `evidence`. */
  readonly direct: number;
}

/**
 * What a frame says of one address:
 * - `hold`: the sender answers for it. `claim`: it asks everybody whether it may.
 * - `give`: the sender stopped answering in favour of `node`.
 * - `object`: the sender knows that `node` holds or claims it.
 */
export type Entry =
  | { readonly kind: 'hold'; readonly address: string; readonly term: number }
  | { readonly kind: 'claim'; readonly address: string; readonly term: number }
  | {
      readonly kind: 'give';
      readonly address: string;
      readonly term: number;
      readonly node: NodeId;
    }
  | {
      readonly kind: 'object';
      readonly address: string;
      readonly term: number;
      readonly node: NodeId;
    };

/** One heartbeat: what a node says of itself, of the peers it knows and of addresses. Every one is a promise, see `step`. */
export interface Heartbeat {
  readonly node: NodeId;
  /** Random at each start of the process, never 0. */
  readonly boot: number;
  /** Grows by one with each heartbeat of a boot, from 1. */
  readonly seq: number;
  /** For how long the sender has been listening and promising, capped at 65,535. */
  readonly ageMs: number;
  /** The sender's wall clock in whole seconds; only looked at while its boot is unproven. */
  readonly wallS: number;
  /** It is about to end. */
  readonly leaving: boolean;
  /** It holds and claims nothing and is asked for no consent: it is deaf, without a link, or done. */
  readonly passive: boolean;
  /** Nothing is new, and nothing open: a node at rest need not read this before its own next heartbeat. */
  readonly quiet: boolean;
  /** How many addresses it holds or claims. */
  readonly held: number;
  readonly acknowledgements: readonly Acknowledgement[];
  /** The frame of this boot that first said of addresses what holds now; 0: nothing was ever said. */
  readonly listSeq: number;
  /** What it says of addresses. `undefined`: what the frame `listSeq` said, which the sender takes all to have. */
  readonly entries: readonly Entry[] | undefined;
}
