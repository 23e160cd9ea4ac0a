import type { AnswerReport, ReportFault } from './answer-report.ts';
import type { ElectionEffect, LossReason } from './election-events.ts';
import type { ElectionState } from './election-state.ts';
import type { L2Election } from './l2-election.ts';
import type { FrameFault, Hmac } from './heartbeat-codec.ts';
import type { Timings } from './timings.ts';

/** The time an election lives in. */
export interface Clock {
  /** Monotonic milliseconds that go on while the machine sleeps. */
  nowMs(): number;
  /** Milliseconds since the epoch; may be wrong. */
  wallMs(): number;
  /** Runs `fire` once after `ms`; where that is 0, as soon as the calls that are under way have returned. */
  timer(ms: number, fire: () => void): Disposable;
}

/** Where an election reports what happens. Texts are constant; what varies is in the fields. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** One Ethernet interface. It delivers broadcasts of any EtherType among the frames, if it can: each shows that the receiver works. */
export interface ElectionLink {
  /** The hardware address now, 6 bytes. */
  readonly mac: Uint8Array;
  readonly up: boolean;
  listen(listener: {
    /** A whole Ethernet frame; the bytes are read during the call only. */
    onFrame(frame: Uint8Array): void;
    /** The same for one that the link kept for so long; see `rest`. */
    onKept(frame: Uint8Array, waitedMs: number): void;
    /** Gets the delivery of frames that came together, where a link knows that: after all of them the election acts at once. */
    onBatch(deliver: () => void): void;
    onLink(state: 'up' | 'down'): void;
  }): void;
  /**
   * Delivers all frames that had arrived, before it returns: before a node decides by what it heard it must have heard all, also after its process was
   * stopped for a while. A link that never lets frames wait need do nothing.
   */
  readAll(): void;
  /**
   * Where given: as long as the last call said so, the link may keep `QUIET_FRAMES` until `readAll` asks for them, if it knows then how long they waited (`onKept`). A node at
   * rest asks with each heartbeat of its own, and wakes for nothing else. Before the first call, and where the link cannot, it delivers all when it comes.
   */
  rest?(atRest: boolean): void;
  /** Sends a whole Ethernet frame; never throws for what the world does. */
  send(frame: Uint8Array): unknown;
}

/**
 * What an election tells its owner. All calls are synchronous: when they return, the owner has acted. Others wait while they run, as
 * the frame that names a successor leaves after `lost`: what is not about answering (logs, metrics, events) belongs into a later tick.
 */
export interface L2ElectionListener {
  /**
   * This node answers for `address` while the clock is before `untilMs(address)`, which is asked anew for each packet. The function is the same one for all
   * addresses: there may be thousands.
   */
  gained(address: string, untilMs: (address: string) => number): void;
  /** It may no longer. */
  lost(address: string, reason: LossReason): void;
  /**
   * The moment up to which this node may answer was moved, in either direction, or an address was gained or lost: the last call of a
   * turn. Who keeps a table of `untilMs` instead of asking for each packet renews all of it now: it is the same moment for all that was gained and
   * not lost since, here too.
   */
  renewed?(untilMs: number): void;
  /** Another that held it too has let go: tell the neighbours again whose the address is. */
  announce?(address: string): void;
  /** A machine that is no speaker answers for it. Called for each answer that is heard. */
  conflict?(address: string, mac: string): void;
  /** Another process runs under our node's name; neither will hold anything. */
  duplicateIdentity?(mac: string): void;
  /** A turn is over, and all that it did. For who has something to do now and then: at rest the process wakes for turns and for nothing else. */
  turned?(): void;
  /** A node says that a holder, us or another, does not answer. Called as the frame is read; input for `answerWatchStep`. */
  reported?(report: AnswerReport): void;
  /**
   * To be written to the API, if there is one: we own it, or are about to, under this term. Only on change. A record of another with the same or
   * a higher term must stay, and be told through `recordSeen`; so must ours, once it is there. One of another that was not told when this was called
   * is told first and not replaced: a new call says that we stand by it. Without that, two that do not hear each other may both answer.
   */
  record?(address: string, term: number): void;
}

/** What an election counts. */
export interface L2ElectionMetrics {
  frameSent(bytes: number): void;
  frameRefused(fault: FrameFault | ReportFault): void;
  /** Every effect of every turn. */
  effect(effect: ElectionEffect): void;
}

/** What an election runs on. */
export interface L2ElectionDeps {
  readonly link: ElectionLink;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /**
   * In Node: `(key, bytes) => createHmac('sha256', key).update(bytes).digest()`; four times as fast with a `KeyObject` kept for each key,
   * as in this package's `test/frames.ts`: a key is the same object each time.
   */
  readonly hmac: Hmac;
  readonly listener: L2ElectionListener;
  /** Asks a machine that is no speaker, as the gateway, for any answer: nothing was heard for a while. Default: nothing is asked. */
  readonly solicit?: () => void;
  /** Asks the segment who owns the address; answers come back through `answerHeard`. Default: nothing is asked. */
  readonly probe?: (address: string) => void;
  /**
   * Another election of this process on an interface with this hardware address (6 bytes). Two of them that hear each other are on one
   * segment: only the one of the lower `interfaceIndex` takes part then. Default: there is none.
   */
  readonly electionOf?: (mac: Uint8Array) => L2Election | undefined;
  readonly log?: Logger;
  readonly metrics?: L2ElectionMetrics;
}

/** How an election behaves. */
export interface L2ElectionOptions {
  /** The node's name in its cluster. */
  readonly nodeName: string;
  /** A name that only this cluster has, as the UID of its `kube-system` namespace. */
  readonly electorate: string;
  /** The first signs, all are accepted; see `HeartbeatCodec`. */
  readonly keys: readonly Uint8Array[];
  /** Which of two elections of one process on one segment comes first; see `electionOf`. Default: 0. */
  readonly interfaceIndex?: number;
  /** Default: `wiredTimings`. The same on all nodes. */
  readonly timings?: Timings;
  /**
   * Never two that answer, also where the segment falls apart: who holds must have been heard lately by so many that, with itself, they
   * are more than half of all `members`, and a claim needs their consent. A smaller part is silent. At least 3, the number of all nodes
   * that may run with these keys on this segment, and the same on all of them: with more nodes than members, two may answer again.
   * Default: without, each part answers for itself.
   */
  readonly strict?: { readonly members: number };
  /**
   * What {@link L2Election.release} gave in another process of this node, on this segment and by the same clock, which says and answers nothing any
   * more: this one goes on with it, once, as if nothing had happened. `nodeName`, `timings` and `strict` must be those of that process.
   */
  readonly inherited?: ElectionState;
  /**
   * Since when, by the clock, the link has kept every heartbeat for us: so long this node has listened already when it begins, and may claim so much sooner. Not used
   * with `inherited`. Default: from now on.
   */
  readonly heardSinceMs?: number;
}

/** Who else may answer for an address, by node name. What nodes do not agree on costs time, not safety. */
export interface Standing {
  /** Absent: every node of the segment. */
  readonly candidates?: readonly string[];
  /** In this order before the others. Moves nothing that is held. */
  readonly preferred?: readonly string[];
  /**
   * Another address on the segment, in its canonical text: whoever holds that should hold this one too, before all preference. An address that is held
   * elsewhere is given there after 2 s, if that node may answer for it. The other one must be beside none itself.
   */
  readonly beside?: string;
}
