import type { Address } from '../codec/path-attribute.ts';
import type { ConnectionSide } from './session-state.ts';

/** What each side of a connection is known by. */
export interface Party {
  readonly asn: number;
  readonly identifier: Address;
}

/**
 * Which of two connections between the same two speakers stays: the one that the speaker with the higher BGP identifier began (RFC 4271
 * §6.8), or with the higher AS number where the identifiers are equal (RFC 6286 §2.3). Both sides come to the same answer.
 */
export function survivingSide(local: Party, remote: Party): ConnectionSide {
  const ours = numberOf(local.identifier);
  const theirs = numberOf(remote.identifier);
  const weAreHigher = ours === theirs ? local.asn > remote.asn : ours > theirs;
  return weAreHigher ? 'outgoing' : 'incoming';
}

/** An IPv4 address as the unsigned number that RFC 4271 §6.8 compares. */
function numberOf(identifier: Address): number {
  return identifier.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}
