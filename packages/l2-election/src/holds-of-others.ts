import type { WatchedHold } from './answer-watch-state.ts';
import type { ElectionState } from './election-state.ts';
import type { NodeId } from './heartbeat.ts';
import { isMutual } from './knowledge.ts';
import { beats } from './placement.ts';

/** Who holds an address, under which term, and at which hardware address. */
type HoldOfOther = Pick<WatchedHold, 'holder' | 'mac' | 'term'>;

/** What other nodes hold that we hear and that hear us: of two that hold one address, the one that will keep it. */
export function holdsOfOthers(election: ElectionState, nowMs: number): Map<string, HoldOfOther> {
  const holds = new Map<string, HoldOfOther>();
  for (const [node, peer] of election.peers) {
    if (peer.leaving || !isMutual(election, peer, nowMs)) continue;
    for (const { kind, address, term } of peer.list) {
      if (kind !== 'hold') continue;
      const other = holds.get(address);
      const isBest =
        other === undefined ||
        beats(address, { node, term }, { node: other.holder, term: other.term });
      if (isBest) holds.set(address, { holder: node, mac: peer.mac, term });
    }
  }
  return holds;
}

/** The node that has this hardware address. */
export function nodeWith({ peers }: ElectionState, mac: string): NodeId | undefined {
  for (const [node, peer] of peers) if (peer.mac === mac) return node;
  return undefined;
}

/** The version of IP that an address belongs to. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}
