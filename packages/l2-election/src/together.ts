import type { AddressState, Candidacy, ElectionState } from './election-state.ts';
import type { NodeId } from './heartbeat.ts';
import { otherHolder, stakeOf } from './knowledge.ts';
import { isCandidate } from './placement.ts';
import { isFit } from './fitness.ts';
import type { Turn } from './turn.ts';

/** Not before the other has held it for so long: the news of both addresses may arrive one after the other. */
const gatherAfterMs = 2000;
/** A node that was given an address for this reason, and did not keep it, is not given it again for so long. */
const gatherAgainMs = 600_000;

/** What is known of who may answer for an address; also for a moment after it was resigned from. */
export function candidacyOf(own: Readonly<AddressState> | undefined): Candidacy {
  return own?.candidacy ?? own?.formerCandidacy ?? {};
}

/** The node that should answer for an address because it holds, claims or was given the one that it belongs beside. */
export function besideNode(
  state: ElectionState,
  { beside }: Candidacy,
  nowMs: number,
  aheadMs: number = 0,
): NodeId | undefined {
  if (beside === undefined) return undefined;
  const mode = state.addresses.get(beside)?.mode ?? 'idle';
  return mode === 'idle' ? otherHolder(state, beside, nowMs, { aheadMs })?.node : state.node;
}

/** An address with what is known of it. */
export type AddressEntry = readonly [address: string, own: Readonly<AddressState>];

/**
 * Addresses in the order in which they are placed, the same on every node: first those that others belong beside, each with these behind it.
 */
export function leadersFirst<Entry extends AddressEntry>(entries: readonly Entry[]): Entry[] {
  const byPlace = new Map(entries.map((entry) => [placeText(entry), entry]));
  // Texts in the order of their characters need no function to compare them, which takes ten times as long; thousands are placed at once.
  const places = [...byPlace.keys()].sort();
  return places.map((place) => byPlace.get(place)).filter((entry) => entry !== undefined);
}

/** A space comes before every character of an address. */
function placeText([address, own]: AddressEntry): string {
  const { beside } = candidacyOf(own);
  return beside === undefined ? address : `${beside} ${address}`;
}

/**
 * What we hold goes to the node that holds what it belongs beside. Nobody is asked to believe in that: it is a gift like any other, and one who
 * thinks otherwise, or may not answer for it, declines. So nodes that do not agree on what belongs together move addresses, once, and never both
 * answer.
 */
export function gather(turn: Turn, give: (address: string, node: NodeId) => void): void {
  const { state, nowMs } = turn;
  for (const [address, own] of state.addresses) {
    if (own.candidacy?.beside === undefined && own.apart === undefined) continue;
    const node = leaderElsewhere(turn, own);
    if (own.apart?.node !== node) {
      turn.change(address).apart = node === undefined ? undefined : { node, sinceMs: nowMs };
      continue;
    }
    if (node === undefined || own.apart === undefined) continue;
    const wasAsked = own.gathered?.node === node && nowMs - own.gathered.atMs < gatherAgainMs;
    if (wasAsked || nowMs - own.apart.sinceMs < gatherAfterMs) continue;
    turn.change(address).gathered = { node, atMs: nowMs };
    give(address, node);
  }
}

/** Another that holds what this address of ours belongs beside, and could take it over. */
function leaderElsewhere(
  { state, nowMs }: Turn,
  { mode, candidacy = {} }: Readonly<AddressState>,
): NodeId | undefined {
  const { beside } = candidacy;
  if (mode !== 'hold' || beside === undefined || state.leaving) return undefined;
  for (const [node, peer] of state.peers) {
    if (stakeOf(peer, beside)?.kind !== 'hold') continue;
    if (isCandidate(candidacy, node) && isFit(state, peer, nowMs)) return node;
  }
  return undefined;
}
