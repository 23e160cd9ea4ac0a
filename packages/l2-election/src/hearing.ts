import type { ElectionEvent } from './election-events.ts';
import { type ElectionState, newPeer, type Peer, sentTimesKept } from './election-state.ts';
import type { Acknowledgement, Entry, Heartbeat } from './heartbeat.ts';
import { hearEntries } from './hearing-entries.ts';
import { isAlive, isUnchanged } from './knowledge.ts';
import { endRests } from './striving.ts';
import type { Turn } from './turn.ts';

/** By how much the wall clock of an unproven boot may be off. */
const recordingAfterMs = 30_000;

/**
 * Takes in one authenticated heartbeat (rules 2 to 6 and all that a frame can change at once).
 *
 * One that refers to a list which we lack is a promise and a sign of life like any other. It is no consent, as it may object or hold what is
 * claimed; and we do not acknowledge it, so that its sender lists again.
 */
export function hear(turn: Turn, event: ElectionEvent & { readonly kind: 'heartbeat' }): void {
  const { state } = turn;
  const { heartbeat: beat, mac } = event;
  if (beat.node === state.node) {
    hearOurName(turn, beat, mac);
    return;
  }
  const heardMs = heardAt(turn, event.heardMs);
  state.foreignAtMs = Math.max(state.foreignAtMs, heardMs);
  const named = beat.acknowledgements.find(
    ({ node, boot }) => node === state.node && boot === state.boot,
  );
  const peer = accept(turn, beat, named);
  if (peer === undefined) return;
  // Not if it was we who were away: its frames may have waited since we last read.
  const back = turn.datedMs - peer.heardAtMs >= turn.timings.bindingMs;
  if (back) {
    peer.backAtMs = turn.nowMs;
    endRests(turn);
  }
  peer.mac = mac;
  peer.newest = beat.seq;
  peer.heardAtMs = heardMs;
  if (beat.seq > peer.evidence) {
    peer.evidence = beat.seq;
    peer.evidenceAtMs = heardMs;
  }
  peer.dead = false;
  const entries = beat.entries ?? (peer.listSeq === beat.listSeq ? peer.list : undefined);
  const ackedAgoMs = heardMs - noteOwn(turn, peer, named, entries !== undefined);
  anchor(peer, turn.datedMs - turn.timings.delayMs - beat.ageMs);
  // One that returns did not know of us; it is given a moment to learn, in which its silence is no broken promise.
  if (back) {
    const { deadAfterMs, marginMs, graceMs, heartbeatMs } = turn.timings;
    const cameMs = Math.min(heardMs, turn.datedMs + heartbeatMs);
    anchor(peer, cameMs - (deadAfterMs - marginMs) + graceMs);
  }
  for (const ack of beat.acknowledgements) {
    if (ack.node !== state.node) hearSay(state, heardMs, ack, beat.acknowledgements);
  }
  peer.leaving = beat.leaving;
  peer.passive = beat.passive;
  peer.held = beat.held;
  peer.ageMs = beat.ageMs;
  peer.acknowledgements = beat.acknowledgements;
  peer.isListMissing = entries === undefined;
  if (entries !== undefined) {
    peer.direct = beat.seq;
    // What changed nothing as all was settled changes nothing when it is said again.
    const isKnown = entries === peer.list && isUnchanged(state) && !back;
    if (!isKnown) turn.unsettle();
    announceAgain(turn, entries, peer);
    if (entries !== peer.list) peer.entries = byAddress(entries);
    peer.list = entries;
    peer.listSeq = beat.listSeq;
    if (!isKnown) {
      const standing = { node: beat.node, ackedAgoMs, namesUs: named !== undefined };
      hearEntries(turn, entries, standing);
    }
  }
  // It may not know that we live: tell it before it has reason to worry.
  if (back || ackedAgoMs > 1.5 * turn.timings.heartbeatMs) state.sendSoon = true;
}

/**
 * When it came, as long as we read as often as we speak. Of what waited for a process that was stopped, only the order is believed: all of it came just
 * now, which is the safe side, as others may answer for what is ours only so long after we last heard of them.
 */
function heardAt({ nowMs, datedMs, timings }: Turn, heardMs: number = nowMs): number {
  if (nowMs - datedMs >= 2 * timings.heartbeatMs) return nowMs;
  return Math.min(nowMs, Math.max(datedMs, heardMs));
}

/** Only a frame that names our boot under our own name proves that a second process lives; others are echoes of an earlier one. */
function hearOurName(turn: Turn, beat: Heartbeat, mac: string): void {
  const { state, nowMs } = turn;
  if (beat.boot === state.boot) return;
  const namesUs = beat.acknowledgements.some(
    ({ node, boot }) => node === state.node && boot === state.boot,
  );
  state.strangers.set(beat.node, { boot: beat.boot, atMs: nowMs });
  if (!namesUs) return;
  if (nowMs - state.duplicateAtMs >= turn.timings.deadAfterMs) {
    turn.effects.push({ kind: 'duplicate-identity', mac });
  }
  state.duplicateAtMs = nowMs;
}

/** The peer's record, if the frame counts: a new frame, of the newest boot, that is no recording. */
function accept(turn: Turn, beat: Heartbeat, named: Acknowledgement | undefined): Peer | undefined {
  const { state, nowMs } = turn;
  const known = state.peers.get(beat.node);
  if (known !== undefined && known.boot !== beat.boot && isAlive(state, known, nowMs)) {
    // While the boot we know lives, another must show that it is newer: by knowing more of our frames than that one ever did, and of one that
    // we sent since that one is known. A recording of an earlier boot may show the first.
    if ((named?.evidence ?? 0) <= Math.max(known.ackMax, known.sinceSeq)) {
      state.strangers.set(beat.node, { boot: beat.boot, atMs: nowMs });
      state.sendSoon = true;
      return undefined;
    }
  }
  const same = known?.boot === beat.boot ? known : undefined;
  const late = Math.abs(turn.wallMs - beat.wallS * 1000) > recordingAfterMs;
  if (late && named === undefined && same?.proven !== true) {
    // Perhaps its clock is wrong. We name its boot in our frames; once it names ours, it lives now.
    state.strangers.set(beat.node, { boot: beat.boot, atMs: nowMs });
    state.sendSoon = true;
    return undefined;
  }
  if (same !== undefined && beat.seq <= same.newest) return undefined;
  const peer = same ?? newPeer(beat.boot, known?.ackMax ?? 0, state.seq);
  peer.proven ||= named !== undefined;
  state.peers.set(beat.node, peer);
  state.strangers.delete(beat.node);
  return peer;
}

/** What the frame acknowledges of ours; when the newest frame that it knows of was sent. Consent is only what `mayConsent`. */
function noteOwn(
  turn: Turn,
  peer: Peer,
  named: Acknowledgement | undefined,
  mayConsent: boolean,
): number {
  if (named === undefined) return -Infinity;
  const sentAtMs = sentAt(turn.state, named.evidence);
  if (sentAtMs === undefined) return -Infinity;
  anchor(peer, sentAtMs);
  peer.ackMax = Math.max(peer.ackMax, named.evidence);
  const gotAtMs = sentAt(turn.state, named.direct) ?? -Infinity;
  if (gotAtMs > peer.gotAtMs) {
    if (turn.nowMs - peer.gotAtMs >= turn.timings.deadAfterMs) endRests(turn);
    peer.gotAtMs = gotAtMs;
  }
  if (mayConsent && named.direct > peer.ackDirect) {
    peer.ackDirect = named.direct;
    peer.ackDirectAtMs = sentAt(turn.state, named.direct) ?? peer.ackDirectAtMs;
  }
  return sentAtMs;
}

function sentAt({ seq, sentAtMs }: ElectionState, wanted: number): number | undefined {
  if (wanted === 0 || wanted > seq || seq - wanted >= sentTimesKept) return undefined;
  return sentAtMs[wanted % sentTimesKept];
}

function anchor(peer: Peer, atMs: number): void {
  peer.anchorMs = Math.max(peer.anchorMs, atMs);
}

/**
 * What a peer acknowledges of a third one is evidence that the third lives. Not if it names two boots of that one, of which we know the other: it
 * was away perhaps, and read what an ended boot had sent.
 */
function hearSay(
  state: ElectionState,
  heardMs: number,
  ack: Acknowledgement,
  all: readonly Acknowledgement[],
): void {
  if (ack.evidence === 0) return;
  const known = state.peers.get(ack.node);
  if (known !== undefined && known.boot !== ack.boot) {
    if (isAlive(state, known, heardMs)) return;
    if (all.some(({ node, boot }) => node === ack.node && boot === known.boot)) return;
  }
  if (known?.boot !== ack.boot) {
    const peer = newPeer(ack.boot, known?.ackMax ?? 0, state.seq);
    peer.evidence = ack.evidence;
    peer.evidenceAtMs = heardMs;
    state.peers.set(ack.node, peer);
  } else if (ack.evidence > known.evidence) {
    known.evidence = ack.evidence;
    known.evidenceAtMs = heardMs;
    known.dead = false;
  }
}

/** A lower holder that let go may have left its hardware address in the neighbours' caches. */
function announceAgain(turn: Turn, list: readonly Entry[], peer: Peer): void {
  if (list === peer.list) return;
  for (const [address, entries] of peer.entries) {
    if (turn.state.addresses.get(address)?.mode !== 'hold') continue;
    const held = entries.some(({ kind }) => kind === 'hold');
    const holds = list.some((entry) => entry.kind === 'hold' && entry.address === address);
    if (held && !holds) turn.effects.push({ kind: 'announce', address });
  }
}

/** A list by address, an address as often as it is named. */
export function byAddress(entries: readonly Entry[]): Map<string, readonly Entry[]> {
  const found = new Map<string, Entry[]>();
  for (const entry of entries) {
    const list = found.get(entry.address);
    if (list === undefined) found.set(entry.address, [entry]);
    else list.push(entry);
  }
  return found;
}
