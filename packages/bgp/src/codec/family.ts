/** The address families whose routes this package carries. What a peer says of others is kept as numbers, or dropped by name. */
export type Family = 'ipv4-unicast' | 'ipv6-unicast';

/** A family as it is on the wire (RFC 4760): IANA's address family number and subsequent address family identifier. */
export interface AfiSafi {
  readonly afi: number;
  readonly safi: number;
}

/** Address family numbers. */
export const AFI = { IPV4: 1, IPV6: 2 } as const;

/** Subsequent address family identifiers. */
export const SAFI = { UNICAST: 1, MULTICAST: 2 } as const;

/** Both families that are carried. */
export const FAMILIES: readonly Family[] = ['ipv4-unicast', 'ipv6-unicast'];

/** The numbers of a family. */
export function afiSafiOf(family: Family): AfiSafi {
  return { afi: family === 'ipv4-unicast' ? AFI.IPV4 : AFI.IPV6, safi: SAFI.UNICAST };
}

/** The family of these numbers, or `undefined` where it is not carried. */
export function familyOf(afi: number, safi: number): Family | undefined {
  if (safi !== SAFI.UNICAST) return undefined;
  if (afi === AFI.IPV4) return 'ipv4-unicast';
  return afi === AFI.IPV6 ? 'ipv6-unicast' : undefined;
}
