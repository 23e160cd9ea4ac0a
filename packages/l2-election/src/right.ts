import type { ElectionState } from './election-state.ts';
import type { NodeId } from './heartbeat.ts';

/** Until when a node may answer, and whose promise runs out then; without `by` it is our own last frame that grows old. */
export interface Right {
  readonly untilMs: number;
  readonly by: NodeId | undefined;
}

/**
 * The right to answer for what is held (rule 7): it ends when our last frame, or the promise of anyone whom we heard lately, is
 * nearly `deadAfterMs` old. The same for all addresses.
 */
export function rightOf(state: ElectionState): Right {
  const { deadAfterMs, marginMs, bindingMs } = state.timings;
  const lengthMs = deadAfterMs - marginMs;
  let untilMs = state.lastSentMs + lengthMs;
  let by: NodeId | undefined;
  for (const [node, peer] of state.peers) {
    // As of our last look: one that we only could not hear because we were away still binds us.
    if (state.readAllAtMs - peer.heardAtMs < bindingMs && peer.anchorMs + lengthMs < untilMs) {
      untilMs = peer.anchorMs + lengthMs;
      by = node;
    }
  }
  return { untilMs, by };
}

/** Until when this node may answer for the address, as far as it knows now; `-Infinity` where it does not hold it or has no link. */
export function answerableUntilMs(state: ElectionState, address: string): number {
  if (state.addresses.get(address)?.mode !== 'hold' || !state.carrier) return -Infinity;
  return rightOf(state).untilMs;
}

/** Whether this node may answer for the address at this moment. To be asked for every packet. */
export function mayAnswer(state: ElectionState, address: string, nowMs: number): boolean {
  return nowMs < answerableUntilMs(state, address);
}
