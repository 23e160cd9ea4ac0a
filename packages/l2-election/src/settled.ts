import type { AddressState, ElectionState, Peer } from './election-state.ts';
import { isAlive, isHeard, stakeOf } from './knowledge.ts';
import { rightOf } from './right.ts';
import { entriesNow } from './speaking.ts';
import type { Turn } from './turn.ts';

/** Even where nothing changes, all addresses are looked at so often: some are to be forgotten some day. */
const lookAgainMs = 60_000;

/**
 * Whether no rule would do anything about any address in this turn, so that none need be looked at: nothing about them changed since all was
 * found settled, and all peers that were heard then are heard still. Most turns of a node are such, and would look at each address several times.
 */
export function isSettled(turn: Turn): boolean {
  const { state, nowMs } = turn;
  return nowMs - state.settledAtMs < lookAgainMs && isCalm(turn);
}

/** At the end of a turn that looked at all addresses: finds out whether the next ones need to. */
export function noteSettled(turn: Turn): void {
  const { state, nowMs } = turn;
  const isNow = isCalm(turn) && areListsPlain(state) && areAllSettled(turn);
  state.settledAtMs = isNow && entriesNow(turn) === state.list ? nowMs : -Infinity;
}

/** We may hold and claim, and each peer is either heard and as ready as we are, or dead and mourned. */
function isCalm({ state, nowMs, claimsAsOfMs, timings }: Turn): boolean {
  const { leaving, passive, silent, carrier, listenAtMs, sendNow } = state;
  if (leaving || passive || silent || !carrier || sendNow) return false;
  if (nowMs - listenAtMs < timings.deadAfterMs || nowMs >= rightOf(state).untilMs) return false;
  for (const peer of state.peers.values()) {
    if (peer.dead && !isAlive(state, peer, nowMs)) continue;
    if (!isHeard(state, peer, claimsAsOfMs) || peer.leaving || peer.passive || peer.isListMissing) {
      return false;
    }
  }
  return true;
}

/** Peers hold, and say nothing else of addresses. */
function areListsPlain({ peers }: ElectionState): boolean {
  for (const { dead, list } of peers.values()) {
    if (!dead && list.some(({ kind }) => kind !== 'hold')) return false;
  }
  return true;
}

function areAllSettled({ state, nowMs, timings }: Turn): boolean {
  const living = [...state.peers.values()].filter((peer) => isAlive(state, peer, nowMs));
  for (const [address, own] of state.addresses) {
    const { hint, gift, rival, apart, alienUntilMs } = own;
    if ([gift, rival, apart].some((each) => each !== undefined)) return false;
    if (nowMs < alienUntilMs) return false;
    if (hint !== undefined && nowMs - hint.atMs < timings.deadAfterMs) return false;
    if (!isAtRest(own, countHolders(living, address))) return false;
    const beside = own.mode === 'hold' ? own.candidacy?.beside : undefined;
    if (beside !== undefined && countHolders(living, beside) > 0) return false;
  }
  return true;
}

function countHolders(living: readonly Peer[], address: string): number {
  let holders = 0;
  for (const peer of living) if (stakeOf(peer, address) !== undefined) holders++;
  return holders;
}

/** One holds it, we or another; or we do not stand for it. */
function isAtRest(own: Readonly<AddressState>, others: number): boolean {
  if (own.mode === 'hold') return own.candidacy !== undefined && others === 0;
  if (own.mode === 'claim' || own.freeSinceMs > -Infinity) return false;
  return others === 1 || (others === 0 && own.candidacy === undefined);
}
