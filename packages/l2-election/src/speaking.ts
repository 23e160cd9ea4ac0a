import { type AddressState, type ElectionState, sentTimesKept } from './election-state.ts';
import type { Acknowledgement, Entry, Heartbeat, NodeId } from './heartbeat.ts';
import { heldCount, isAlive, isHeard, isUnchanged, otherHolder, stakeOf } from './knowledge.ts';
import { beats } from './placement.ts';
import type { Turn } from './turn.ts';

/** Makes the next heartbeat and counts it as sent now. */
export function speak(turn: Turn): void {
  const { state, nowMs } = turn;
  state.seq++;
  const list = isUnchanged(state) ? state.list : entriesNow(turn);
  if (list !== state.list) {
    state.listSeq = state.seq;
    state.newListAtMs = nowMs;
  }
  state.list = list;
  const isListed = list.length === 0 || mustList(state, nowMs);
  if (isListed) state.listedAtMs = nowMs;
  const heartbeat: Heartbeat = {
    node: state.node,
    boot: state.boot,
    seq: state.seq,
    ageMs: Math.max(
      0,
      Math.min(0xffff, Math.floor(nowMs - Math.max(state.listenAtMs, state.promisedAtMs))),
    ),
    wallS: Math.floor(turn.wallMs / 1000) >>> 0,
    leaving: state.leaving,
    passive: state.passive,
    quiet: isQuiet(state, nowMs),
    held: heldCount(state),
    acknowledgements: acknowledge(state, nowMs),
    listSeq: state.listSeq,
    entries: isListed ? list : undefined,
  };
  const sentAtMs = [...state.sentAtMs];
  sentAtMs[state.seq % sentTimesKept] = nowMs;
  state.sentAtMs = sentAtMs;
  state.lastSentMs = nowMs;
  state.sendSoon = false;
  state.sendNow = false;
  turn.effects.push({ kind: 'send', heartbeat });
}

/** Whether our frame has nothing for which a node at rest must wake: all have had the time to learn what was new last. */
function isQuiet(state: ElectionState, nowMs: number): boolean {
  const { leaving, passive, sendNow, sendSoon, newListAtMs, timings } = state;
  if (leaving || passive || sendNow || sendSoon) return false;
  return nowMs - newListAtMs >= timings.deadAfterMs && isAtRest(state, nowMs);
}

/**
 * Whether what others say without news may wait until our own next heartbeat: nothing about an address is open, and nobody is missed. Such frames are dated
 * when they come, so that it is as if they had been read then.
 */
export function isAtRest(state: ElectionState, nowMs: number): boolean {
  return isUnchanged(state) && !isOverdue(state, nowMs);
}

/**
 * Whether the next frame must bear the list: it is news, some live peer does not say that it has it, or it was not said for a while. The first and the last
 * are for those who hear us and whom we do not hear. A frame without the list means the same to all who have it.
 */
function mustList(state: ElectionState, nowMs: number): boolean {
  const { deadAfterMs } = state.timings;
  if (nowMs - state.newListAtMs < deadAfterMs) return true;
  if (nowMs - state.listedAtMs >= deadAfterMs) return true;
  for (const peer of state.peers.values()) {
    if (!isAlive(state, peer, nowMs)) continue;
    const ack = peer.acknowledgements.find(({ node }) => node === state.node);
    if (ack?.boot !== state.boot || ack.direct < state.listSeq) return true;
  }
  return false;
}

function acknowledge(state: ElectionState, nowMs: number): Acknowledgement[] {
  const { deadAfterMs } = state.timings;
  const known: Acknowledgement[] = [];
  for (const [node, { boot, evidence, evidenceAtMs, direct }] of state.peers) {
    if (nowMs - evidenceAtMs < 4 * deadAfterMs) known.push({ node, boot, evidence, direct });
  }
  for (const [node, { boot, atMs }] of state.strangers) {
    if (nowMs - atMs < deadAfterMs) known.push({ node, boot, evidence: 0, direct: 0 });
    else state.strangers.delete(node);
  }
  return known;
}

/** What is to be said of addresses now; the list that was said last, if that is the same. */
export function entriesNow(turn: Turn): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [address, own] of turn.state.addresses) {
    const stake = ownEntry(turn, address, own);
    if (stake !== undefined) entries.push(stake);
    if (own.mode !== 'hold') objectTo(turn, address, own, entries);
  }
  const { list } = turn.state;
  const same =
    entries.length === list.length && entries.every((entry, at) => isSame(entry, list[at]));
  return same ? list : entries;
}

function isSame(one: Entry, other: Entry | undefined): boolean {
  return (
    one.kind === other?.kind &&
    one.address === other.address &&
    one.term === other.term &&
    nodeOf(one) === nodeOf(other)
  );
}

function nodeOf(entry: Entry): NodeId | undefined {
  return 'node' in entry ? entry.node : undefined;
}

function ownEntry(turn: Turn, address: string, own: Readonly<AddressState>): Entry | undefined {
  const { mode, term, gift } = own;
  if (mode === 'hold') return { kind: 'hold', address, term };
  if (mode === 'claim') {
    if (own.claimSeq === 0) turn.change(address).claimSeq = turn.state.seq;
    return { kind: 'claim', address, term };
  }
  if (gift === undefined) return undefined;
  if (gift.seq === 0) turn.change(address).gift = { ...gift, seq: turn.state.seq };
  return { kind: 'give', address, term: gift.term, node: gift.to };
}

/** For each peer whose stake must not stand (rule 11, and the lower of two holds in rule 14): in every frame, as one may be lost. */
function objectTo(
  { state, nowMs, timings }: Turn,
  address: string,
  own: Readonly<AddressState>,
  entries: Entry[],
): void {
  for (const [node, peer] of state.peers) {
    const stake = peer.entries.size === 0 ? undefined : stakeOf(peer, address);
    if (stake === undefined || !isHeard(state, peer, nowMs)) continue;
    const aheadMs = stake.kind === 'hold' ? 0 : timings.marginMs;
    let better = otherHolder(state, address, nowMs, { except: node, holdersOnly: true, aheadMs });
    if (stake.kind === 'hold') {
      if (better === undefined || !beats(address, better, { node, term: stake.term })) continue;
    } else if (better === undefined && own.consent !== undefined && own.consent !== node) {
      better = { node: own.consent, term: own.maxTerm };
    }
    if (better !== undefined && better.node !== state.node) {
      entries.push({ kind: 'object', address, term: better.term, node: better.node });
    }
  }
}

/** How long to wait between two frames while something is overdue: longer where many would speak. */
export function fastMs(state: ElectionState): number {
  return state.peers.size >= 16 ? 2 * state.timings.fastMs : state.timings.fastMs;
}

/** A live peer was not heard, or one that we hear did not hear us, for longer than a lost frame explains (rule 19). */
export function isOverdue(state: ElectionState, nowMs: number): boolean {
  const { heartbeatMs, bindingMs } = state.timings;
  for (const peer of state.peers.values()) {
    if (isAlive(state, peer, nowMs) && nowMs - peer.evidenceAtMs > 1.5 * heartbeatMs) return true;
    const heard = nowMs - peer.heardAtMs < bindingMs;
    if (heard && nowMs - peer.anchorMs > 2.5 * heartbeatMs) return true;
  }
  return false;
}
