import type { Peer } from './election-state.ts';
import type { NodeId } from './heartbeat.ts';
import { isAlive, isHeard, isStrict } from './knowledge.ts';
import type { Turn } from './turn.ts';

/** For so long the API may have nothing to say of a node that lives: its sign of life is renewed every 10 s. */
export const apiLifeMs = 15_000;

/**
 * We knew of this peer by others alone, and none of them that gets its frames went on speaking to us after its last one: they died, or went out of
 * earshot, and it lives as before, perhaps. Until the API has had the time to show a sign of its life, nothing on the segment says more of it.
 */
export function isOutOfEarshot(turn: Turn, node: NodeId, peer: Peer): boolean {
  const { state, nowMs, claimsAsOfMs, timings } = turn;
  const { evidenceAtMs, heardAtMs } = peer;
  if (!state.apiReachable || state.alone || isStrict(state)) return false;
  const isHearsay = evidenceAtMs - heardAtMs >= timings.bindingMs;
  if (!isHearsay || peer.leaving || isAlive(state, peer, claimsAsOfMs)) return false;
  if (nowMs - evidenceAtMs >= apiLifeMs) return false;
  const witnessMs = timings.deadAfterMs - timings.heartbeatMs;
  const fewFrames = timings.bindingMs / timings.heartbeatMs;
  for (const other of state.peers.values()) {
    const isWitness = isHeard(state, other, nowMs) && other.heardAtMs - evidenceAtMs >= witnessMs;
    if (!isWitness) continue;
    const ack = other.acknowledgements.find((one) => one.node === node);
    if (ack !== undefined && ack.direct > 0 && ack.evidence - ack.direct < fewFrames) return false;
  }
  return true;
}

/** The segment fell apart at a node that was the only one to hear both parts: whoever is in the other one may hold or claim what we do. */
export function isParted(turn: Turn): boolean {
  for (const [node, peer] of turn.state.peers) if (isOutOfEarshot(turn, node, peer)) return true;
  return false;
}
