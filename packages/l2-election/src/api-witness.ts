import type { ElectionState } from './election-state.ts';
import { isAlive, isHeard } from './knowledge.ts';
import type { NodeId } from './heartbeat.ts';
import { beats } from './placement.ts';
import type { Turn } from './turn.ts';

/** How long a sign of life in the API counts: a node Lease is renewed every 10 s. */
const apiLifeMs = 15_000;

/** The API names an owner (rule 20): a slow wire on which the higher stake stands too. */
export function onApiRecord(turn: Turn, address: string, term: number, node: NodeId): void {
  const { state, nowMs } = turn;
  const own = turn.address(address);
  if (own.record !== undefined && term < own.record.term) return;
  if (own.record?.term !== term || own.record.node !== node) {
    own.record = { term, node, atMs: nowMs };
  }
  if (node === state.node) {
    own.recordedTerm = term;
  } else if (own.mode === 'hold') {
    if (beats(address, { term, node }, { term: own.term, node: state.node })) {
      turn.drop(address, 'api-names-other');
      own.maxTerm = Math.max(own.maxTerm, term);
    } else {
      turn.effects.push({ kind: 'record', address, term: own.term });
    }
  } else if (own.mode === 'claim' && term >= own.term) {
    turn.drop(address, 'api-names-other');
  }
}

/**
 * Whether the API says that another holds it whom the segment cannot declare dead (rule 21): it can only where it is the
 * place at which that node was last seen alive.
 */
export function isHeldRemotely(turn: Turn, address: string): boolean {
  const { state, nowMs } = turn;
  const record = state.addresses.get(address)?.record;
  if (record === undefined || record.node === state.node) return false;
  const peer = state.peers.get(record.node);
  if (peer !== undefined && isAlive(state, peer, nowMs)) return false;
  const apiAliveAtMs = state.apiAliveAtMs.get(record.node) ?? -Infinity;
  const diedAtMs = (peer?.evidenceAtMs ?? -Infinity) + state.timings.deadAfterMs;
  if (diedAtMs > record.atMs && apiAliveAtMs < diedAtMs) return false;
  return nowMs - Math.max(record.atMs, apiAliveAtMs) < apiLifeMs;
}

/** The API shows a peer alive that the segment does not. */
export function arePeersUnheard({ state, nowMs }: Turn): boolean {
  if (!state.apiReachable) return false;
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

/** We hear this peer, and it does not hear us. */
export function isDeafToUs({ state, nowMs }: Turn, node: NodeId): boolean {
  const peer = state.peers.get(node);
  return (
    peer !== undefined &&
    isHeard(state, peer, nowMs) &&
    !peer.passive &&
    nowMs - peer.anchorMs >= state.timings.deadAfterMs &&
    nowMs - peer.backAtMs > state.timings.graceMs
  );
}

/** The segment's word alone does not suffice now: our record must be in the API before a claim completes (rule 22). */
export function mustRecordFirst(turn: Turn): boolean {
  const { state } = turn;
  if (!state.apiReachable) return false;
  return arePeersUnheard(turn) || [...state.peers.keys()].some((node) => isDeafToUs(turn, node));
}

/** A changed map, so that states stay values. */
export function withSignOfLife(state: ElectionState, node: NodeId, nowMs: number): void {
  state.apiAliveAtMs = new Map(state.apiAliveAtMs).set(node, nowMs);
}
