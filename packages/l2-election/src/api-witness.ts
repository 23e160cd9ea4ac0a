import { apiLifeMs, isOutOfEarshot } from './earshot.ts';
import type { AddressState, ElectionState, Peer } from './election-state.ts';
import { groupOf, isAlive, isHeard, isStrict, stakeOf } from './knowledge.ts';
import type { NodeId } from './heartbeat.ts';
import { beats } from './placement.ts';
import type { Turn } from './turn.ts';

/** For how long a claim on what a vanished node held waits for the API at most. */
const recordWaitMs = 100;
/** And a claim on a new address where nobody is heard, in lives of a promise. */
const newAddressLives = 5;

/**
 * The API names an owner (rule 20): a slow wire on which the higher stake stands too. Nobody replaces a record of the same term: of those
 * who claim at once only the first to write goes on, and a holder who keeps the address against such a record says so under a new term.
 */
export function onApiRecord(turn: Turn, address: string, term: number, node: NodeId): void {
  const { state, nowMs } = turn;
  const isOwn = isOwnHold(state, { address, term, node });
  turn.named(address);
  const own = isOwn ? turn.note(address) : turn.change(address);
  const isOld = own.record !== undefined && term < own.record.term;
  if (!isOld && (own.record?.term !== term || own.record.node !== node)) {
    own.record = { term, node, atMs: nowMs };
  }
  if (node === state.node) {
    if (!isOld) own.recordedTerm = term;
    return;
  }
  // What we wished to write before we knew of this one is not written.
  own.recordAsked = false;
  if (own.mode === 'hold') {
    if (beats(address, { term, node }, { term: own.term, node: state.node })) {
      turn.drop(address, 'api-names-other');
      own.maxTerm = Math.max(own.maxTerm, term);
    } else {
      own.term = Math.max(own.term, term + 1);
      own.maxTerm = Math.max(own.maxTerm, own.term);
      state.sendNow = true;
      turn.effects.push({ kind: 'record', address, term: own.term });
    }
  } else if (own.mode === 'claim' && term >= own.term) {
    turn.drop(address, 'api-names-other');
  }
}

/** Whether the API says no more than what is so already: that this node holds the address, under the term under which it does. */
export function isOwnHold(
  { addresses, node }: ElectionState,
  record: { readonly address: string; readonly term: number; readonly node: NodeId },
): boolean {
  const own = addresses.get(record.address);
  return own?.mode === 'hold' && own.term === record.term && node === record.node;
}

/**
 * Whether the API says that another holds it whom the segment cannot declare dead (rule 21): it can only where it is the
 * place at which that node was last seen alive.
 */
export function isHeldRemotely(turn: Turn, address: string): boolean {
  const { state, nowMs, claimsAsOfMs } = turn;
  const record = state.addresses.get(address)?.record;
  if (record === undefined || record.node === state.node || isStrict(state)) return false;
  const peer = state.peers.get(record.node);
  if (peer !== undefined && isAlive(state, peer, claimsAsOfMs)) return false;
  const apiAliveAtMs = state.apiAliveAtMs.get(record.node) ?? -Infinity;
  if (peer !== undefined && isOutOfEarshot(turn, record.node, peer)) return true;
  const diedAtMs = (peer?.evidenceAtMs ?? -Infinity) + state.timings.deadAfterMs;
  const outlived = Math.max(record.atMs, apiAliveAtMs) >= diedAtMs;
  if (peer !== undefined && !outlived && !isRecordedSince(peer, address, record)) return false;
  return nowMs - Math.max(record.atMs, apiAliveAtMs) < apiLifeMs;
}

/** It was recorded after its last frame that we know of, and under a term of which that did not tell: it lived on, see `doubt`. */
function isRecordedSince(
  peer: Peer,
  address: string,
  { term, atMs }: NonNullable<AddressState['record']>,
): boolean {
  return atMs > peer.evidenceAtMs && term > (stakeOf(peer, address)?.term ?? 0);
}

/** The API shows a peer alive that the segment does not. */
export function arePeersUnheard({ state, nowMs }: Turn): boolean {
  if (!state.apiReachable || isStrict(state)) return false;
  for (const [node, atMs] of state.apiAliveAtMs) {
    const peer = state.peers.get(node);
    const evidenceAtMs = peer?.evidenceAtMs ?? -Infinity;
    if (
      nowMs - atMs < apiLifeMs &&
      nowMs - evidenceAtMs >= state.timings.deadAfterMs &&
      atMs > evidenceAtMs + state.timings.deadAfterMs
    ) {
      return true;
    }
  }
  return false;
}

/**
 * We hear this peer, and it gets none of our frames itself. What it knows of us from others, or promises without knowing of us (its age), does
 * not matter here: it cannot consent.
 */
export function isDeafToUs({ state, nowMs, claimsAsOfMs }: Turn, node: NodeId): boolean {
  const peer = state.peers.get(node);
  return (
    peer !== undefined &&
    isHeard(state, peer, claimsAsOfMs) &&
    !peer.passive &&
    nowMs - peer.gotAtMs >= state.timings.deadAfterMs &&
    nowMs - peer.backAtMs > state.timings.graceMs
  );
}

/** The segment's word alone does not suffice now: our record must be in the API before a claim completes (rule 22). */
export function mustRecordFirst(turn: Turn): boolean {
  const { state } = turn;
  if (!state.apiReachable || isStrict(state)) return false;
  return arePeersUnheard(turn) || [...state.peers.keys()].some((node) => isDeafToUs(turn, node));
}

/**
 * Whether someone may hold it whom we only cannot hear, while the API can tell him to stop: the last holder went without a word, or
 * nobody is known to have held it.
 */
export function mayBeHeldUnheard(
  turn: Turn,
  address: string,
  own: Readonly<AddressState>,
): boolean {
  const { state, claimsAsOfMs } = turn;
  if (!state.apiReachable || state.alone || isStrict(state)) return false;
  if (own.claimLeastMs > 0) return true;
  for (const peer of state.peers.values()) {
    const gone = !peer.leaving && !isAlive(state, peer, claimsAsOfMs);
    if (gone && stakeOf(peer, address)?.kind === 'hold') return true;
  }
  return false;
}

/**
 * When such a holder has read in the API that we take over, judged by how long it took us, or the API is too slow to wait for. One who
 * lost more than half of its group waits longer: the others go on holding what they hold, and say so in the API.
 */
export function toldAtMs({ state, nowMs, timings }: Turn, own: Readonly<AddressState>): number {
  const { claimAtMs, record } = own;
  const peers = [...state.peers.values()];
  // Nobody misses a new address. Where nobody is heard, the API alone can say who has it, and may take its time.
  const isNew = own.claimLeastMs > 0 && record === undefined;
  const waits = isNew && !peers.some((peer) => isHeard(state, peer, nowMs));
  const patient = own.claimLeastMs > 0 || 2 * groupOf(state, nowMs) < state.groupSize;
  const waitMs = patient ? timings.deadAfterMs / 2 : recordWaitMs;
  const latestMs = claimAtMs + (waits ? newAddressLives * timings.deadAfterMs : waitMs);
  if (record === undefined || own.recordedTerm !== own.term) return latestMs;
  return Math.min(latestMs, claimAtMs + (patient ? 6 : 3) * (record.atMs - claimAtMs));
}

/** A changed map, so that states stay values. A sign that is told late changes nothing. */
export function withSignOfLife(state: ElectionState, node: NodeId, atMs: number): void {
  const newestMs = Math.max(atMs, state.apiAliveAtMs.get(node) ?? -Infinity);
  state.apiAliveAtMs = new Map(state.apiAliveAtMs).set(node, newestMs);
}
