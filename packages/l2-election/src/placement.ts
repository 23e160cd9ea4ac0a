import type { NodeId } from './heartbeat.ts';
import type { Candidacy } from './election-state.ts';

/** A node's hold or claim. */
export interface Stake {
  readonly node: NodeId;
  readonly term: number;
}

/** Which of two stakes in one address stands: the higher term, then the heavier node. */
export function beats(address: string, one: Stake, other: Stake): boolean {
  if (one.term !== other.term) return one.term > other.term;
  return isHeavier(address, one.node, other.node);
}

/** The order of two nodes for one address, the same on every node, and another for each address. */
function isHeavier(address: string, one: NodeId, other: NodeId): boolean {
  const difference = weight(address, one) - weight(address, other);
  return difference === 0 ? one > other : difference > 0;
}

/**
 * A number of 32 bits for an address and a node, the same everywhere and spread evenly. FNV-1a over both, then the finishing steps of MurmurHash3,
 * which spread what FNV leaves together.
 */
export function weight(address: string, node: NodeId): number {
  let hash = 0x811c9dc5;
  for (const text of [address, '/', node]) {
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One node as a place for an address. */
export interface Place {
  readonly node: NodeId;
  /** Addresses it holds, claims or is planned for. */
  readonly load: number;
  /** It holds the address that this one belongs beside. */
  readonly isBeside: boolean;
  /** It comes before others that are preferred as much: it is the last holder that the API knows, or was just restarted. */
  readonly isFirst: boolean;
}

/** Whether the address should rather go to `one`: beside the other addresses of its Service, then preferred first, then one that comes first, then to the emptier node. */
export function isBetterPlace(
  address: string,
  candidacy: Candidacy,
  one: Place,
  other: Place,
): boolean {
  if (one.isBeside !== other.isBeside) return one.isBeside;
  const preference = preferenceOf(candidacy, one.node) - preferenceOf(candidacy, other.node);
  if (preference !== 0) return preference < 0;
  if (one.isFirst !== other.isFirst) return one.isFirst;
  if (one.load !== other.load) return one.load < other.load;
  return isHeavier(address, one.node, other.node);
}

/** Whether the node may be counted on for the address. */
export function isCandidate(candidacy: Candidacy, node: NodeId): boolean {
  return candidacy.candidates === undefined || candidacy.candidates.includes(node);
}

function preferenceOf({ preferred = [] }: Candidacy, node: NodeId): number {
  const index = preferred.indexOf(node);
  return index < 0 ? preferred.length : index;
}
