import type { AddressState, ElectionState } from './election-state.ts';
import { toldAtMs } from './api-witness.ts';
import { doubtAfterMs } from './doubt.ts';
import { staggeredMs } from './claiming.ts';
import { isUnchanged, stakeOf } from './knowledge.ts';
import { rightOf } from './right.ts';
import { fastMs, isOverdue } from './speaking.ts';
import type { Timings } from './timings.ts';
import { inVainAtMs } from './striving.ts';
import type { Turn } from './turn.ts';

/** How often an address is probed while it is another machine's. */
const alienProbeMs = 5_000;

/** When we yield to a lower holder that has not heard us since we met; `Infinity` if there is none. */
export function rivalUntilMs(turn: Turn, address: string, own: Readonly<AddressState>): number {
  const { rival } = own;
  if (own.mode !== 'hold' || rival === undefined) return Infinity;
  const peer = turn.state.peers.get(rival.node);
  if (peer === undefined || turn.nowMs - rival.lastMs >= turn.timings.bindingMs) return Infinity;
  const goesOn = stakeOf(peer, address)?.kind === 'hold' && peer.ackDirect < rival.seq;
  return goesOn ? rival.sinceMs + turn.timings.graceMs : Infinity;
}

/** How often the address is to be probed now, if at all. */
export function probeEveryMs(turn: Turn, own: Readonly<AddressState>): number | undefined {
  if (own.candidacy === undefined) return undefined;
  if (own.mode === 'claim' && own.claimLeastMs > 0) return turn.timings.probingMs / 3;
  if (own.mode === 'idle' && turn.nowMs < own.alienUntilMs) return alienProbeMs;
  return undefined;
}

/** After so long without a foreign frame a stranger is asked for one: later than peers that live leave between their frames. */
export function solicitAfterMs({ heartbeatMs, deafAfterMs }: Timings): number {
  return Math.max(deafAfterMs / 4, 1.5 * heartbeatMs);
}

/** When the next frame is due. */
export function frameDueMs(turn: Turn): number {
  const { state, nowMs } = turn;
  let dueMs = state.lastSentMs + turn.timings.heartbeatMs;
  if (state.sendSoon) dueMs = Math.min(dueMs, state.lastSentMs + turn.timings.fastMs / 2);
  if (claimsAny(state) || isOverdue(state, nowMs))
    dueMs = Math.min(dueMs, state.lastSentMs + fastMs(state));
  return dueMs;
}

function claimsAny(state: ElectionState): boolean {
  if (isUnchanged(state)) return false;
  for (const { mode } of state.addresses.values()) if (mode === 'claim') return true;
  return false;
}

/**
 * The next moment at which a rule changes something by time alone. What every frame of a living segment puts off, as that a peer is overdue or that nothing
 * is heard, is found with our own next frame: we would wake for it, mostly in vain, once for each frame.
 */
export function nextTurn(turn: Turn): number {
  const { state, nowMs, timings } = turn;
  let wakeAtMs = state.silent ? nowMs + timings.deadAfterMs : Math.max(frameDueMs(turn), nowMs + 1);
  const at = (ms: number): void => {
    if (ms > nowMs && ms < wakeAtMs) wakeAtMs = ms;
  };
  at(state.listenAtMs + timings.deadAfterMs);
  at(rightOf(state).untilMs);
  at(state.duplicateAtMs + timings.deadAfterMs);
  at(state.asideAtMs + timings.deadAfterMs);
  for (const { evidenceAtMs, heardAtMs } of state.peers.values()) {
    at(evidenceAtMs + timings.deadAfterMs - timings.marginMs);
    at(evidenceAtMs + timings.deadAfterMs);
    at(heardAtMs + timings.bindingMs);
    at(heardAtMs + doubtAfterMs(timings));
  }
  if (!isUnchanged(state)) atAddresses(turn, at);
  if (!state.alone) {
    at(state.foreignAtMs + timings.deafAfterMs);
    at(state.solicitedAtMs + timings.deafAfterMs / 8);
  }
  return wakeAtMs;
}

function atAddresses(turn: Turn, at: (ms: number) => void): void {
  const { state, timings } = turn;
  for (const [address, own] of state.addresses) {
    at(rivalUntilMs(turn, address, own));
    const everyMs = probeEveryMs(turn, own);
    if (everyMs !== undefined) at(own.probedAtMs + everyMs);
    at(own.alienUntilMs);
    at(own.restsUntilMs);
    if (own.mode === 'claim') {
      at(own.claimAtMs + own.claimLeastMs);
      at(own.claimAtMs + timings.deadAfterMs);
      at(toldAtMs(turn, own));
      at(inVainAtMs(turn, own));
    } else if (own.mode === 'idle' && own.freeSinceMs > -Infinity) {
      for (let rank = 1; rank < 6; rank++) at(own.freeSinceMs + staggeredMs(timings, own, rank));
    }
  }
}
