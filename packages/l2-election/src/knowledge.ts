import type { ElectionState, Peer } from './election-state.ts';
import type { Entry, NodeId } from './heartbeat.ts';
import { beats } from './placement.ts';

/** Somebody has evidence that this peer lived within the last `deadAfterMs`. */
export function isAlive(state: ElectionState, peer: Peer, nowMs: number): boolean {
  return nowMs - peer.evidenceAtMs < state.timings.deadAfterMs;
}

/** We heard it ourselves within the last `deadAfterMs`. */
export function isHeard(state: ElectionState, peer: Peer, nowMs: number): boolean {
  return nowMs - peer.heardAtMs < state.timings.deadAfterMs;
}

/** We hear each other. */
export function isMutual(state: ElectionState, peer: Peer, nowMs: number): boolean {
  return (
    isHeard(state, peer, nowMs) &&
    nowMs - peer.anchorMs < state.timings.deadAfterMs &&
    peer.ackDirect > 0
  );
}

/** How many we are, of those who hear each other. */
export function groupOf(state: ElectionState, nowMs: number): number {
  let group = 1;
  for (const peer of state.peers.values()) if (isMutual(state, peer, nowMs)) group++;
  return group;
}

/** What the peer's newest frame says of the address: its hold or claim. */
export function stakeOf(peer: Peer, address: string): Entry | undefined {
  return peer.entries
    .get(address)
    ?.find((entry) => entry.kind === 'hold' || entry.kind === 'claim');
}

/** Which of the others count. */
interface Others {
  readonly except?: NodeId;
  /** Not who claims. */
  readonly holdersOnly?: boolean;
  /** Not who is dead so much later if nothing is heard of it. */
  readonly aheadMs?: number;
}

/** The best live holder, or claimant, known besides ourselves. */
export function otherHolder(
  state: ElectionState,
  address: string,
  nowMs: number,
  others: Others = {},
): { readonly node: NodeId; readonly term: number } | undefined {
  // So it is for thousands of addresses of a node that is alone.
  if (state.peers.size === 0) return undefined;
  const { except, holdersOnly = false, aheadMs = 0 } = others;
  let best: { node: NodeId; term: number } | undefined;
  const offer = (node: NodeId, term: number): void => {
    if (best === undefined || beats(address, { node, term }, best)) best = { node, term };
  };
  for (const [node, peer] of state.peers) {
    if (node === except) continue;
    const entries = peer.entries.get(address);
    if (entries === undefined || !isAlive(state, peer, nowMs + aheadMs)) continue;
    for (const entry of entries) {
      if (entry.kind === 'hold' || (entry.kind === 'claim' && !holdersOnly)) {
        offer(node, entry.term);
      } else if (entry.kind === 'give' && mayHaveTaken(state, address, entry.node, except, nowMs)) {
        offer(entry.node, entry.term);
      }
    }
  }
  const hinted = hintedHolder(state, address, nowMs, others);
  if (hinted !== undefined) offer(hinted.node, hinted.term);
  return best;
}

/** A gift counts as held until the frames of the one who got it show that. */
function mayHaveTaken(
  state: ElectionState,
  address: string,
  node: NodeId,
  except: NodeId | undefined,
  nowMs: number,
): boolean {
  const peer = state.peers.get(node);
  if (node === state.node || node === except || peer === undefined) return false;
  return isAlive(state, peer, nowMs) && stakeOf(peer, address)?.kind !== 'hold';
}

function hintedHolder(
  state: ElectionState,
  address: string,
  nowMs: number,
  { except, holdersOnly = false, aheadMs = 0 }: Others,
): { readonly node: NodeId; readonly term: number } | undefined {
  const hint = state.addresses.get(address)?.hint;
  if (hint === undefined || hint.node === except || hint.node === state.node) return undefined;
  // What others only told us must not be told on: rumours would keep each other alive.
  const ownGift = hint.from === state.node;
  if (holdersOnly && !ownGift) return undefined;
  const { deadAfterMs, heartbeatMs } = state.timings;
  const peer = state.peers.get(hint.node);
  const fresh = nowMs - hint.atMs < (ownGift ? deadAfterMs : 2 * heartbeatMs);
  return fresh && peer !== undefined && isAlive(state, peer, nowMs + aheadMs) ? hint : undefined;
}

/** How many addresses this node holds or claims. */
export function heldCount(state: ElectionState): number {
  let held = 0;
  for (const { mode } of state.addresses.values()) if (mode !== 'idle') held++;
  return held;
}

/** More than half of the members must agree to everything: then no other witness is needed, and none may stand in the way. */
export function isStrict({ quorum }: ElectionState): boolean {
  return quorum > 0;
}

/** Whether nothing about addresses changed since all was settled, so that what was said of them last is still to be said. */
export function isUnchanged({ settledAtMs }: ElectionState): boolean {
  return settledAtMs > -Infinity;
}
