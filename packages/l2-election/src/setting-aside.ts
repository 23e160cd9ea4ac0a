import type { AnswerWatchDraft, AnswerWatchEffect } from './answer-watch-state.ts';
import type { ElectionState } from './election-state.ts';
import { isFit } from './fitness.ts';
import type { NodeId } from './heartbeat.ts';
import { isMutual } from './knowledge.ts';
import { isCandidate } from './placement.ts';

/** For so long what others said of us counts: they repeat it every second. */
const toldWithinMs = 3000;

/** What the rules for one who is told that it does not answer work on. */
interface Told {
  readonly state: AnswerWatchDraft;
  readonly election: ElectionState;
  readonly nowMs: number;
  readonly effects: AnswerWatchEffect[];
}

/** A node does not answer for an address: nobody gives it that one for a while. */
export function noteSilent({ state, nowMs }: Told, address: string, node: NodeId): void {
  state.silentUntilMs.set(`${address} ${node}`, nowMs + state.rules.asideMs);
}

/**
 * A peer asked us for what we hold, and got no answer. If more than half of the others say so, we give the address to one of whom nobody says the
 * same. Where all are said to be silent it stays: moving it helps nobody.
 */
export function hearOfUs(told: Told, teller: NodeId, address: string, term: number): void {
  const { state, election, nowMs, effects } = told;
  const own = election.addresses.get(address);
  if (own?.mode !== 'hold' || own.term !== term || own.candidacy === undefined) return;
  const tellers = new Map(state.told.get(address));
  tellers.set(teller, nowMs);
  for (const [node, atMs] of tellers) if (nowMs - atMs > toldWithinMs) tellers.delete(node);
  state.told.set(address, tellers);
  const others = [...election.peers].filter(
    ([, peer]) => isMutual(election, peer, nowMs) && !peer.leaving && !peer.passive,
  );
  if (2 * tellers.size <= others.length) return;
  const { candidacy } = own;
  const except = others
    .map(([node]) => node)
    .filter((node) => (state.silentUntilMs.get(`${address} ${node}`) ?? -Infinity) > nowMs);
  const successors = others.filter(
    ([node]) => isCandidate(candidacy, node) && !except.includes(node),
  );
  const said = { address, tellers: tellers.size, others: others.length };
  if (successors.some(([, peer]) => isFit(election, peer, nowMs))) {
    state.told.delete(address);
    state.aside.set(address, { untilMs: nowMs + state.rules.asideMs, candidacy });
    effects.push({ kind: 'set-aside', ...said, except });
  } else if (successors.length === 0 && state.kept.get(address) !== term) {
    state.kept.set(address, term);
    effects.push({ kind: 'kept', ...said });
  }
}

/** Who was set aside stands again after a while, or as soon as no other is there that could answer; and what is old is forgotten. */
export function endAsides({ state, election, nowMs, effects }: Told): void {
  for (const [address, { untilMs, candidacy }] of state.aside) {
    const isNeeded = ![...election.peers].some(
      ([node, peer]) =>
        isCandidate(candidacy, node) &&
        isMutual(election, peer, nowMs) &&
        !peer.leaving &&
        !peer.passive,
    );
    if (!isNeeded && nowMs < untilMs) continue;
    state.aside.delete(address);
    effects.push({ kind: 'back', address });
  }
  for (const [key, untilMs] of state.silentUntilMs) {
    if (nowMs >= untilMs) state.silentUntilMs.delete(key);
  }
  for (const [address, term] of state.kept) {
    const own = election.addresses.get(address);
    if (own?.mode !== 'hold' || own.term !== term) state.kept.delete(address);
  }
}
