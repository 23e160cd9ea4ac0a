import { onApiRecord, withSignOfLife } from './api-witness.ts';
import { promiseAnew, successorFor, tendClaims } from './claiming.ts';
import type { ElectionEffect, ElectionEvent, ElectionInput } from './election-events.ts';
import type { AddressState, ElectionState } from './election-state.ts';
import { doubt } from './doubt.ts';
import { isParted } from './earshot.ts';
import { hear } from './hearing.ts';
import { groupOf, isAlive, isHeard, isUnchanged } from './knowledge.ts';
import type { NodeId } from './heartbeat.ts';
import { rightOf } from './right.ts';
import { isSettled, noteSettled } from './settled.ts';
import { fastMs, speak } from './speaking.ts';
import { endRests } from './striving.ts';
import { gather, leadersFirst } from './together.ts';
import { Turn } from './turn.ts';
import { frameDueMs, nextTurn, probeEveryMs, rivalUntilMs, solicitAfterMs } from './waking.ts';

/** For how long an address is left to a machine that is no speaker after its last answer. */
export const alienMs = 60_000;
/** For how long a peer is remembered that nobody heard of, and an address that nobody named. */
const forgetAfterMs = 600_000;

/** The machine's signature. */
export type Step = (
  state: ElectionState,
  input: ElectionInput,
) => [ElectionState, readonly ElectionEffect[]];

/**
 * One turn of one node on one segment: takes in everything that happened since the last turn, applies the rules, and says what is to
 * be done. Pure: the state that comes in stays as it was.
 *
 * The two rules that keep two nodes from answering at once: *every heartbeat is a promise* (it says which of your frames its sender
 * knows; the sender begins to answer for nothing of yours before `deadAfterMs` has passed since it knew of them, and you answer only
 * while the promises of all whom you hear still run), and *a claim needs the yes of everyone heard*, not their silence.
 *
 * The caller passes all frames that wait in one turn, as frames are dated by the turn before. It calls again at `wakeAtMs` at the
 * latest, and carries effects out in their order, at once.
 */
export const step: Step = (before, input) => {
  const turn = new Turn(before, input);
  for (const event of input.events) take(turn, event);
  guard(turn);
  promiseAnew(turn);
  watchReceiver(turn);
  doubt(turn);
  watchRight(turn);
  if (!isUnchanged(turn.state)) dropRivals(turn);
  watchDeaths(turn);
  if (!isSettled(turn)) tendAddresses(turn);
  if (isFrameDue(turn)) speak(turn);
  if (!isSettled(turn)) {
    forget(turn);
    noteSettled(turn);
  }
  turn.state.wakeAtMs = nextTurn(turn);
  return [turn.state, turn.finish()];
};

function tendAddresses(turn: Turn): void {
  gather(turn, (address, node) => handOver(turn, address, node));
  giveAway(turn);
  tendClaims(turn);
  probe(turn);
  finishLeaving(turn);
}

function take(turn: Turn, event: ElectionEvent): void {
  const { state, nowMs } = turn;
  switch (event.kind) {
    case 'heartbeat':
      hear(turn, event);
      break;
    case 'foreign-frame':
      state.foreignAtMs = nowMs;
      break;
    case 'stand':
      turn.named(event.address);
      turn.change(event.address).candidacy = turn.sharedCandidacy(event.candidacy);
      break;
    case 'resign':
      resign(turn, event.address);
      break;
    case 'leave':
      state.leaving = true;
      break;
    case 'link':
      if (event.up !== state.carrier) turn.listenAnew();
      state.carrier = event.up;
      break;
    case 'alone':
      state.alone = event.alone;
      break;
    case 'second-port':
      state.asideAtMs = nowMs;
      break;
    case 'answer-heard':
      hearAnswer(turn, event.address, event.mac);
      break;
    case 'api-reachable':
      state.apiReachable = event.reachable;
      break;
    case 'api-record':
      onApiRecord(turn, event.address, event.term, event.node);
      break;
    case 'api-alive':
      withSignOfLife(state, event.node, nowMs - event.agoMs);
      break;
  }
}

function resign(turn: Turn, address: string): void {
  turn.named(address);
  const own = turn.change(address);
  own.formerCandidacy = own.candidacy ?? own.formerCandidacy;
  own.candidacy = undefined;
}

/** A machine that is no speaker owns the address: it is left to it. A holder only reports it; whether to yield is not ours to say. */
function hearAnswer(turn: Turn, address: string, mac: string): void {
  const { state, nowMs } = turn;
  const own = state.addresses.get(address);
  if (own === undefined) return;
  // Switches and access points answer in the name of a speaker, also of a dead one: no evidence of anything.
  for (const peer of state.peers.values()) if (peer.mac === mac) return;
  turn.effects.push({ kind: 'conflict', address, mac });
  if (own.mode === 'hold') return;
  turn.change(address).alienUntilMs = nowMs + alienMs;
  turn.drop(address, 'alien');
}

/** Rule 8. A process that was away may have been replaced: nothing it holds or claims counts any more. */
function guard(turn: Turn): void {
  const { state, nowMs } = turn;
  const { deadAfterMs, marginMs } = turn.timings;
  if (state.lastSentMs === -Infinity || nowMs < state.lastSentMs + deadAfterMs - marginMs) return;
  turn.dropAll('away');
  turn.listenAnew();
  state.sendNow = true;
}

/** Rule 18, and a link that is down: one who receives nothing must neither hold nor claim. */
function watchReceiver(turn: Turn): void {
  const { state, nowMs } = turn;
  const { deafAfterMs, deadAfterMs } = turn.timings;
  const was = state.passive;
  const silentMs = nowMs - state.foreignAtMs;
  const deaf = !state.alone && silentMs >= deafAfterMs;
  const duplicate = nowMs - state.duplicateAtMs < deadAfterMs;
  const aside = nowMs - state.asideAtMs < deadAfterMs;
  state.passive = deaf || duplicate || aside || hasLeft(state);
  // Two ports of one machine would speak under one name. The last frame says that this one holds nothing.
  state.silent = aside && was;
  if (aside) turn.dropAll('second-port');
  else if (state.passive) turn.dropAll(duplicate ? 'duplicate-identity' : 'deaf');
  if (state.passive || was) turn.listenAnew();
  if (state.passive && !was) state.sendNow = true;
  if (!state.carrier) {
    turn.dropAll('link-down');
    turn.listenAnew();
  } else if (
    !state.alone &&
    silentMs >= solicitAfterMs(turn.timings) &&
    nowMs - state.solicitedAtMs >= deafAfterMs / 8
  ) {
    state.solicitedAtMs = nowMs;
    turn.effects.push({ kind: 'solicit' });
  }
}

/** Rule 7: one whom we hear does not hear us. */
function watchRight(turn: Turn): void {
  const { state, nowMs } = turn;
  const { untilMs, by } = rightOf(state);
  if (nowMs < untilMs || by === 'own' || by === 'group') return;
  const reason = by === 'quorum' ? 'minority' : 'unheard';
  for (const [address, { mode }] of state.addresses)
    if (mode === 'hold') turn.drop(address, reason);
}

/** Rule 14: the lower of two holders goes on, as it does not hear us. */
function dropRivals(turn: Turn): void {
  for (const [address, own] of turn.state.addresses) {
    if (rivalUntilMs(turn, address, own) <= turn.nowMs) turn.drop(address, 'rival-deaf');
  }
}

/** Rule 17: in a split, the bigger part keeps its addresses afterwards, as the terms of its holders grow. */
function watchDeaths(turn: Turn): void {
  const { state, nowMs } = turn;
  const group = groupOf(state, nowMs);
  let lost = false;
  let anew = false;
  for (const peer of state.peers.values()) {
    if (!peer.dead && !isAlive(state, peer, nowMs)) {
      peer.dead = true;
      anew = true;
      turn.unsettle();
      if (!peer.leaving) lost = true;
    }
  }
  if (anew) askAnew(turn);
  if (lost) endRests(turn);
  if (lost && isParted(turn)) dropUnrecorded(turn);
  if (lost && 2 * group > state.groupSize) {
    for (const [address, { mode }] of state.addresses) {
      if (mode !== 'hold') continue;
      const own = turn.change(address);
      own.term += 2;
      own.maxTerm = Math.max(own.maxTerm, own.term);
    }
    state.sendNow = true;
  }
  if (group >= state.groupSize || nowMs - state.groupAtMs > 2 * turn.timings.deadAfterMs) {
    state.groupSize = group;
    state.groupAtMs = nowMs;
  }
}

/** What others agreed to while it lived, perhaps, counts no more: they may have heard of it since. */
function askAnew(turn: Turn): void {
  for (const [address, { mode }] of turn.state.addresses) {
    if (mode !== 'claim') continue;
    turn.change(address).claimSeq = 0;
    turn.state.sendNow = true;
  }
}

/** Of what is not recorded as ours yet, the other part cannot know that we hold it. Whoever is the first to be recorded has it. */
function dropUnrecorded(turn: Turn): void {
  const { state } = turn;
  for (const [address, { mode, record }] of state.addresses)
    if (mode === 'hold' && record?.node !== state.node) turn.drop(address, 'unrecorded');
}

/** Rule 15: what we may no longer hold goes to a named successor, which starts at once. */
function giveAway(turn: Turn): void {
  const { state } = turn;
  const going: [string, Readonly<AddressState>][] = [];
  for (const [address, own] of state.addresses) {
    const goes = own.mode === 'hold' && (own.candidacy === undefined || state.leaving);
    if (goes) going.push([address, own]);
    else if (own.gift !== undefined) tendGift(turn, address);
  }
  for (const [address] of leadersFirst(going)) {
    handOver(turn, address, successorFor(turn, address));
    tendGift(turn, address);
  }
}

function handOver(turn: Turn, address: string, node: NodeId | undefined): void {
  const { state, nowMs } = turn;
  if (node !== undefined) {
    const own = turn.change(address);
    const term = own.term + 1;
    own.gift = { to: node, term, seq: 0, atMs: nowMs };
    own.hint = { node, term, from: state.node, atMs: nowMs };
    own.maxTerm = Math.max(own.maxTerm, term);
  }
  turn.drop(address, 'given');
}

/** Repeats a gift until it has arrived, or nobody is there to take it. */
function tendGift(turn: Turn, address: string): void {
  const { state, nowMs } = turn;
  const gift = state.addresses.get(address)?.gift;
  if (gift === undefined) return;
  const taker = state.peers.get(gift.to);
  const late = nowMs - gift.atMs > turn.timings.deadAfterMs;
  if (late || taker === undefined || !isHeard(state, taker, nowMs)) {
    turn.change(address).gift = undefined;
  } else if (gift.seq > 0 && taker.ackDirect >= gift.seq) {
    // It answered: its own frame says whether it holds.
    const changed = turn.change(address);
    changed.gift = undefined;
    changed.hint = undefined;
  } else if (nowMs - state.lastSentMs >= fastMs(state)) {
    state.sendSoon = true;
  }
}

/** Rule 23: asks who owns what we claim for the first time, and what another machine had. */
function probe(turn: Turn): void {
  const { state, nowMs } = turn;
  for (const [address, own] of state.addresses) {
    const everyMs = probeEveryMs(turn, own);
    if (everyMs === undefined || nowMs - own.probedAtMs < everyMs) continue;
    if (state.passive || !state.carrier) continue;
    turn.change(address).probedAtMs = nowMs;
    turn.effects.push({ kind: 'probe', address });
  }
}

/** A node that is done says with its last frame that nobody need wait for its consent any more. */
function finishLeaving(turn: Turn): void {
  const { state } = turn;
  if (!hasLeft(state) || state.passive) return;
  state.passive = true;
  state.sendNow = true;
}

/** Whether a node that was told to leave has handed over all that it can: its process may end after the effects of that turn. */
export function hasLeft(state: ElectionState): boolean {
  if (!state.leaving) return false;
  for (const { mode, gift } of state.addresses.values()) {
    if (mode !== 'idle' || gift !== undefined) return false;
  }
  return true;
}

function isFrameDue(turn: Turn): boolean {
  const { state, nowMs } = turn;
  if (state.silent) return false;
  return state.sendNow || nowMs >= frameDueMs(turn);
}

function forget(turn: Turn): void {
  const { state, nowMs } = turn;
  for (const [node, peer] of state.peers) {
    if (nowMs - peer.evidenceAtMs > forgetAfterMs) state.peers.delete(node);
  }
  for (const [address, own] of state.addresses) {
    const used = own.candidacy !== undefined || own.mode !== 'idle' || own.gift !== undefined;
    if (!used && nowMs - own.namedAtMs > forgetAfterMs) turn.forget(address);
  }
}
