import type { ElectionState, Peer } from './election-state.ts';
import { isMutual } from './knowledge.ts';

/** Whether a peer can take over at once what we give it: we hear each other well, and it has listened. */
export function isFit(state: ElectionState, peer: Peer, nowMs: number): boolean {
  const { deadAfterMs, heartbeatMs } = state.timings;
  const unheardMs = nowMs - peer.heardAtMs;
  return (
    isMutual(state, peer, nowMs) &&
    !peer.leaving &&
    !peer.passive &&
    unheardMs + peer.ageMs >= deadAfterMs &&
    unheardMs <= 2 * heartbeatMs
  );
}
