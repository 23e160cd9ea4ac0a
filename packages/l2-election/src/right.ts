import { undoubtedAtMs } from './doubt.ts';
import type { ElectionState } from './election-state.ts';

/** Until when a node may answer, and what is too old then: our own last frame, the promise of a peer, what we heard of our group, or what a quorum heard of us. */
export interface Right {
  readonly untilMs: number;
  readonly by: 'own' | 'peer' | 'group' | 'quorum';
}

/**
 * The right to answer for what is held (rule 7): it ends when our last frame, or the promise of anyone whom we heard lately, is
 * nearly `deadAfterMs` old. The same for all addresses. Strict (rule 26): also when the newest of our frames that a quorum of others
 * received is as old as that.
 */
export function rightOf(state: ElectionState): Right {
  const { deadAfterMs, marginMs, bindingMs } = state.timings;
  const lengthMs = deadAfterMs - marginMs;
  let untilMs = state.lastSentMs + lengthMs;
  let by: Right['by'] = 'own';
  for (const peer of state.peers.values()) {
    // As of our last look: one that we only could not hear because we were away still binds us.
    if (state.readAllAtMs - peer.heardAtMs < bindingMs && peer.anchorMs + lengthMs < untilMs) {
      untilMs = peer.anchorMs + lengthMs;
      by = 'peer';
    }
  }
  const groupUntilMs = undoubtedAtMs(state) + lengthMs;
  if (groupUntilMs < untilMs) {
    untilMs = groupUntilMs;
    by = 'group';
  }
  const quorumUntilMs = quorumHeardAtMs(state) + lengthMs;
  return quorumUntilMs < untilMs ? { untilMs: quorumUntilMs, by: 'quorum' } : { untilMs, by };
}

/** When we sent the newest frame that as many others received as we need. */
function quorumHeardAtMs({ quorum, peers }: ElectionState): number {
  if (quorum === 0) return Infinity;
  const heardAtMs = Array.from(peers.values(), ({ ackDirectAtMs }) => ackDirectAtMs);
  return heardAtMs.sort((one, other) => other - one)[quorum - 1] ?? -Infinity;
}

/** Whether this node may answer for the address while its right runs. */
export function isAnswerable({ addresses, carrier }: ElectionState, address: string): boolean {
  return carrier && addresses.get(address)?.mode === 'hold';
}

/** Until when this node may answer for the address, as far as it knows now; `-Infinity` where it does not hold it or has no link. */
export function answerableUntilMs(state: ElectionState, address: string): number {
  return isAnswerable(state, address) ? rightOf(state).untilMs : -Infinity;
}

/** Whether this node may answer for the address at this moment. To be asked for every packet. */
export function mayAnswer(state: ElectionState, address: string, nowMs: number): boolean {
  return nowMs < answerableUntilMs(state, address);
}
