import type { Candidacy } from './election-state.ts';
import type { Heartbeat, NodeId } from './heartbeat.ts';

/** What can happen between two turns. */
export type ElectionEvent =
  /** A heartbeat that authenticated; `mac` is who sent it. */
  | {
      readonly kind: 'heartbeat';
      readonly heartbeat: Heartbeat;
      readonly mac: string;
      /** When the link got it, where that is known. Default: just now. */
      readonly heardMs?: number;
    }
  /** A frame that another machine sent, and that is no heartbeat: our receiver works. */
  | { readonly kind: 'foreign-frame' }
  | { readonly kind: 'stand'; readonly address: string; readonly candidacy: Candidacy }
  | { readonly kind: 'resign'; readonly address: string }
  | { readonly kind: 'leave' }
  | { readonly kind: 'link'; readonly up: boolean }
  | { readonly kind: 'alone'; readonly alone: boolean }
  /** Another port of this machine is on the same segment, and comes before this one. */
  | { readonly kind: 'second-port' }
  /** A machine with this hardware address answered for the address. */
  | { readonly kind: 'answer-heard'; readonly address: string; readonly mac: string }
  | { readonly kind: 'api-reachable'; readonly reachable: boolean }
  /** The API names the newest owner. */
  | {
      readonly kind: 'api-record';
      readonly address: string;
      readonly term: number;
      readonly node: NodeId;
    }
  /** The API shows a sign of life of a node, as that its node Lease was renewed; `agoMs`: so old. */
  | { readonly kind: 'api-alive'; readonly node: NodeId; readonly agoMs: number };

/** One turn: everything that happened since the last one. */
export interface ElectionInput {
  /** Monotonic, counting sleep. */
  readonly nowMs: number;
  /** Since the epoch. */
  readonly wallMs: number;
  readonly events: readonly ElectionEvent[];
  /** All frames that had arrived are among the events: later ones cannot have waited since before this turn. */
  readonly readAll: boolean;
}

/** Why an address is no longer ours, or a claim ended. */
export type LossReason =
  /** We were away for so long that others may have taken over. */
  | 'away'
  /** One whom we hear no longer hears us. */
  | 'unheard'
  /** Strict: not more than half of the members heard us lately. */
  | 'minority'
  /** We hear nobody at all. */
  | 'deaf'
  | 'link-down'
  /** A holder with a higher term is on the segment. */
  | 'outranked'
  /** A claimant who does not hear us will not wait for us. */
  | 'claimed-by-deaf'
  /** The lower of two holders does not hear us and goes on. */
  | 'rival-deaf'
  /** We gave it to another, or nobody was there to take it. */
  | 'given'
  /** Another was given it. */
  | 'given-elsewhere'
  /** The API names a newer owner. */
  | 'api-names-other'
  /** The segment fell apart before the API knew that we hold it. */
  | 'unrecorded'
  /** Only for claims: somebody holds it, objects, or claims with more right. */
  | 'held-by-other'
  | 'objection'
  | 'better-claim'
  /** We tried for long, and let others try. */
  | 'in-vain'
  /** Only for claims: we may no longer claim. */
  | 'not-ready'
  /** A machine that is no speaker answers for it. */
  | 'alien'
  /** Another process uses our name. */
  | 'duplicate-identity'
  /** Another interface of this machine is on the same segment, and comes first. */
  | 'second-port'
  /** Another process of this node goes on with it: the node holds it as before. */
  | 'passed-on';

/** What is to be done after a turn, in this order. */
export type ElectionEffect =
  | { readonly kind: 'lost'; readonly address: string; readonly reason: LossReason }
  | { readonly kind: 'claim-ended'; readonly address: string; readonly reason: LossReason }
  | { readonly kind: 'claiming'; readonly address: string; readonly term: number }
  | { readonly kind: 'send'; readonly heartbeat: Heartbeat }
  /** Only after the frame before it was sent. */
  | {
      readonly kind: 'gained';
      readonly address: string;
      readonly term: number;
      readonly how: 'claimed' | 'given';
    }
  /** Tell the neighbours again: another that held it too has let go. */
  | { readonly kind: 'announce'; readonly address: string }
  /** Ask the segment who owns it, with no sender address (RFC 5227 §2.1.1, RFC 4862 §5.4.2). */
  | { readonly kind: 'probe'; readonly address: string }
  /** Ask a machine that is no speaker, as the gateway, for any answer: we hear nothing. */
  | { readonly kind: 'solicit' }
  | { readonly kind: 'conflict'; readonly address: string; readonly mac: string }
  | { readonly kind: 'duplicate-identity'; readonly mac: string }
  /** Write to the API that we own it under this term, unless it names a newer owner. */
  | { readonly kind: 'record'; readonly address: string; readonly term: number };
