import type { AddressState, Peer } from './election-state.ts';
import {
  arePeersUnheard,
  isDeafToUs,
  isHeldRemotely,
  mayBeHeldUnheard,
  mustRecordFirst,
  toldAtMs,
} from './api-witness.ts';
import { isParted } from './earshot.ts';
import type { NodeId } from './heartbeat.ts';
import { heldCount, isAlive, isHeard, isMutual, isStrict, otherHolder } from './knowledge.ts';
import { isFit } from './fitness.ts';
import { isBetterPlace, isCandidate, type Place } from './placement.ts';
import { rightOf } from './right.ts';
import { hasStrivenInVain, rest, strive } from './striving.ts';
import { besideNode, candidacyOf, leadersFirst, type AddressEntry } from './together.ts';
import type { Timings } from './timings.ts';
import type { Turn } from './turn.ts';

/**
 * So many claims are completed in one turn, the rest in those that follow, each with a frame of its own: who works longer on what it was given than a promise lasts
 * loses all of it, and would be given it again.
 */
export const gainsInATurn = 1000;

/**
 * So many claims on addresses that nobody is known to have held begin in one turn, and so many on others as can be completed in one; the rest in those that follow. For
 * a fresh one the segment is asked, and nothing else has a turn of the process meanwhile.
 */
export const freshClaimsInATurn = 250;

/** Completes or ends claims, and begins those that are due (rules 10, 12, 16). */
export function tendClaims(turn: Turn): void {
  const { state, nowMs } = turn;
  const ready =
    nowMs - state.listenAtMs >= turn.timings.deadAfterMs &&
    !state.leaving &&
    !state.passive &&
    state.carrier &&
    !hearsStrangersOnly(turn);
  const free: AddressEntry[] = [];
  for (const [address, own] of state.addresses) {
    if (own.mode === 'claim') tendClaim(turn, address, own, ready);
    else if (ready && isFree(turn, address, own)) {
      free.push([address, state.addresses.get(address) ?? own]);
    }
  }
  if (free.length > 0) placeFree(turn, free);
}

/** Others speak, and none of them has ever heard us: perhaps our clock is wrong, and our transmitter dead. */
function hearsStrangersOnly({ state, nowMs }: Turn): boolean {
  for (const { proven } of state.peers.values()) if (proven) return false;
  for (const { atMs } of state.strangers.values()) {
    if (nowMs - atMs < state.timings.deadAfterMs) return true;
  }
  return false;
}

function tendClaim(turn: Turn, address: string, own: Readonly<AddressState>, ready: boolean): void {
  if (!ready || own.candidacy === undefined) {
    turn.drop(address, 'not-ready');
    return;
  }
  // Who is not to have it must not stand in the way of the one that the API names.
  if (isHeldRemotely(turn, address)) {
    turn.drop(address, 'api-names-other');
    return;
  }
  const { marginMs } = turn.timings;
  const other = otherHolder(turn.state, address, turn.nowMs, { aheadMs: marginMs });
  if (other !== undefined) {
    const peer = turn.state.peers.get(other.node);
    const holds = peer?.entries.get(address)?.some(({ kind }) => kind === 'hold') === true;
    if (holds || own.hint?.node === other.node) turn.drop(address, 'held-by-other');
    else if (hasStrivenInVain(turn, own)) rest(turn, address);
  } else if (mayComplete(turn, address, own)) turn.hold(address, own.term, 'claimed');
  // What waits for the API alone goes on to wait.
  else if (hasStrivenInVain(turn, own) && !hasEveryConsent(turn, own, turn.nowMs))
    rest(turn, address);
}

// --- consent -----------------------------------------------------------------------------------------------------------------------

function mayComplete(turn: Turn, address: string, own: Readonly<AddressState>): boolean {
  const { state, nowMs } = turn;
  return (
    turn.gains < gainsInATurn &&
    own.claimSeq !== 0 &&
    nowMs - own.claimAtMs >= own.claimLeastMs &&
    hasEveryConsent(turn, own, turn.claimsAsOfMs) &&
    nowMs < rightOf(state).untilMs &&
    isRecordedIfItMust(turn, address, own) &&
    // Until here as of later: nobody who may still answer, or would have to agree, is passed over.
    otherHolder(state, address, nowMs) === undefined &&
    hasEveryConsent(turn, own, nowMs)
  );
}

/**
 * Silence is no consent: each node heard must have received the claim, and its newest frame does not object. Strict: a quorum must
 * have said so, of nodes that have listened for long enough to know all others. `atMs`: as of when a node counts as dead that is not heard meanwhile.
 */
function hasEveryConsent(turn: Turn, own: Readonly<AddressState>, atMs: number): boolean {
  const { state } = turn;
  let consents = 0;
  for (const [node, peer] of state.peers) {
    if (isHeard(state, peer, atMs)) {
      if (peer.isListMissing) return false;
      const got = peer.ackDirect >= own.claimSeq;
      if (got && !peer.passive && peer.ageMs >= turn.timings.deadAfterMs) consents++;
      if (got || peer.passive) continue;
      const isExcused = state.apiReachable && !isStrict(state) && isDeafToUs(turn, node);
      // Not one that may hold it as far as we know.
      if (isExcused && !peer.isListMissing) continue;
      return false;
    }
    if (isAlive(state, peer, atMs) && !isVouchedFor(turn, node, peer, own)) return false;
  }
  return consents >= state.quorum;
}

/** A node known by hearsay alone cannot answer us; one who hears it directly and consented would have objected for it. */
function isVouchedFor(turn: Turn, node: NodeId, peer: Peer, own: Readonly<AddressState>): boolean {
  const { state, nowMs } = turn;
  for (const [voucher, other] of state.peers) {
    if (voucher === node || !isHeard(state, other, nowMs) || other.passive) continue;
    if (other.ackDirect < own.claimSeq) continue;
    const hears = other.acknowledgements.some(
      (ack) =>
        ack.node === node &&
        ack.boot === peer.boot &&
        ack.evidence > 0 &&
        ack.direct === ack.evidence,
    );
    if (hears) return true;
  }
  return false;
}

/** Where the segment cannot be trusted to show everybody, the API is told first (rule 22). */
function isRecordedIfItMust(turn: Turn, address: string, own: Readonly<AddressState>): boolean {
  const { state, nowMs } = turn;
  const { deadAfterMs, marginMs } = turn.timings;
  const must = mustRecordFirst(turn) || nowMs - state.promisedAtMs < deadAfterMs;
  const parted = isParted(turn);
  if (!must && !parted && !mayBeHeldUnheard(turn, address, own)) return true;
  if (!own.recordAsked) {
    const asked = turn.change(address);
    asked.recordAsked = true;
    // Consents may have come late: the API is given its time from the last frame on.
    const { fastMs } = turn.timings;
    if (!must && !parted) asked.claimAtMs = Math.max(own.claimAtMs, nowMs - fastMs);
    turn.effects.push({ kind: 'record', address, term: own.term });
  }
  const recorded = own.recordedTerm === own.term;
  if (must) return recorded && nowMs - own.claimAtMs >= deadAfterMs;
  // One in the other part that holds it and is not recorded has let go by then.
  if (parted) return recorded && nowMs - own.claimAtMs >= deadAfterMs / 2 + marginMs;
  return nowMs >= toldAtMs(turn, state.addresses.get(address) ?? own);
}

// --- beginning a claim -------------------------------------------------------------------------------------------------------------

function isFree(turn: Turn, address: string, own: Readonly<AddressState>): boolean {
  const { state, nowMs } = turn;
  if (own.mode !== 'idle' || own.candidacy === undefined || own.gift !== undefined) return false;
  const { marginMs } = turn.timings;
  if (otherHolder(state, address, nowMs, { aheadMs: marginMs }) !== undefined) {
    if (own.freeSinceMs > -Infinity) turn.change(address).freeSinceMs = -Infinity;
    return false;
  }
  if (nowMs < own.alienUntilMs || isHeldRemotely(turn, address)) return false;
  if (hasStrivenInVain(turn, own)) rest(turn, address);
  if (nowMs < (state.addresses.get(address)?.restsUntilMs ?? 0)) return false;
  if (own.freeSinceMs === -Infinity) turn.change(address).freeSinceMs = nowMs;
  return true;
}

/** Places all free addresses in one pass, as every other node does; claims what falls to us, and the rest if nobody does. Where nobody else is, all fall to us. */
function placeFree(turn: Turn, free: readonly AddressEntry[]): void {
  const { state, nowMs, claimsAsOfMs } = turn;
  const { marginMs } = turn.timings;
  const load = new Map<NodeId, number>([[state.node, heldCount(state)]]);
  const peers = [...state.peers].filter(
    ([, peer]) => isMutual(state, peer, claimsAsOfMs) && !peer.leaving && !peer.passive,
  );
  const begun = { fresh: 0, known: 0 };
  const begin = (address: string, { maxTerm }: Readonly<AddressState>): void => {
    const isDue = maxTerm === 0 ? begun.fresh++ < freshClaimsInATurn : begun.known++ < gainsInATurn;
    if (isDue) beginClaim(turn, address);
  };
  if (peers.length === 0) {
    for (const [address, own] of free) begin(address, own);
    return;
  }
  for (const [node, { held }] of peers) load.set(node, held);
  const planned = new Map<string, NodeId>();
  // Nodes must plan in one order to come to one plan.
  for (const [address, own] of leadersFirst(free)) {
    const candidacy = own.candidacy ?? {};
    const beside =
      planned.get(candidacy.beside ?? '') ?? besideNode(state, candidacy, nowMs, marginMs);
    const place = (node: NodeId): Place => ({
      node,
      load: load.get(node) ?? 0,
      isBeside: beside === node,
      isFirst: own.record?.node === node,
    });
    const us = place(state.node);
    let best = us;
    let rank = 0;
    let baseMs = own.freeSinceMs;
    for (const [node, peer] of peers) {
      if (!isCandidate(candidacy, node)) continue;
      // Nobody misses a fresh address yet: wait for those that still listen.
      const readyAtMs = peer.heardAtMs - peer.ageMs + turn.timings.deadAfterMs;
      if (own.maxTerm === 0) baseMs = Math.max(baseMs, readyAtMs);
      const there = place(node);
      if (isBetterPlace(address, candidacy, there, us)) rank++;
      if (isBetterPlace(address, candidacy, there, best)) best = there;
    }
    load.set(best.node, best.load + 1);
    planned.set(address, best.node);
    if (nowMs - baseMs >= staggeredMs(turn.timings, own, rank)) begin(address, own);
  }
}

/**
 * For how long a node leaves a free address to as many better places as `rank`. A fresh one for longer: they may not have been told of it yet, as an API server tells
 * one node after the other, and nobody misses it.
 */
export function staggeredMs(
  { staggerMs, deadAfterMs }: Timings,
  { maxTerm, record }: Readonly<AddressState>,
  rank: number,
): number {
  if (rank === 0) return 0;
  const isFresh = maxTerm === 0 && record === undefined;
  return rank * staggerMs + (isFresh ? deadAfterMs / 2 : 0);
}

export function beginClaim(turn: Turn, address: string): void {
  const { state, nowMs } = turn;
  const own = turn.change(address);
  const { record } = own;
  const recordTerm = record?.term ?? 0;
  const oursIsNewest =
    own.lastHold > own.maxOther &&
    (own.lastHold > recordTerm || (own.lastHold === recordTerm && record?.node === state.node));
  own.mode = 'claim';
  own.term = oursIsNewest ? own.lastHold : Math.max(own.maxTerm, recordTerm) + 1;
  own.claimLeastMs = own.maxTerm === 0 ? turn.timings.probingMs : 0;
  strive(turn, own);
  own.claimAtMs = nowMs;
  own.claimSeq = 0;
  own.probedAtMs = -Infinity;
  own.recordAsked = false;
  state.sendNow = true;
  turn.effects.push({ kind: 'claiming', address, term: own.term });
}

/** Who has listened for at least so long does not say for how long. */
const youngMs = 0xffff;

/** Where the API shows peers that the segment does not, promises count from now (rule 22). */
export function promiseAnew(turn: Turn): void {
  if (arePeersUnheard(turn)) turn.state.promisedAtMs = turn.nowMs;
}

/**
 * The peer that best takes over what we hold: it hears us well, has listened, and has the least to do. Those that started within the
 * last minute come first: where all nodes are restarted one after the other, what they get is not moved a third time.
 */
export function successorFor(turn: Turn, address: string): NodeId | undefined {
  const { state, nowMs } = turn;
  const candidacy = candidacyOf(state.addresses.get(address));
  const beside = besideNode(state, candidacy, nowMs);
  let best: Place | undefined;
  for (const [node, peer] of state.peers) {
    if (!isCandidate(candidacy, node) || !isFit(state, peer, nowMs)) continue;
    const there: Place = {
      node,
      load: peer.held,
      isBeside: beside === node,
      isFirst: peer.ageMs < youngMs,
    };
    if (best === undefined || isBetterPlace(address, candidacy, there, best)) best = there;
  }
  const peer = best === undefined ? undefined : state.peers.get(best.node);
  // Its next frames say so themselves; until then several gifts must not all go to one.
  if (peer !== undefined) peer.held++;
  return best?.node;
}
