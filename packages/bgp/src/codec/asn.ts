import { AS_TRANS, type OpenMessage } from './messages.ts';

const TWO_OCTETS_MAX = 0xffff;

/** An AS number as a field of two octets holds it: itself, or AS_TRANS (RFC 6793 §4.1). */
export function twoOctetAs(asn: number): number {
  return asn > TWO_OCTETS_MAX ? AS_TRANS : asn;
}

/** The sender's true AS number: of the capability where there is one, else My Autonomous System. */
export function asnOf(open: OpenMessage): number {
  const capability = open.capabilities.find(({ type }) => type === 'FOUR_OCTET_AS');
  return capability?.type === 'FOUR_OCTET_AS' ? capability.asn : open.myAs;
}
