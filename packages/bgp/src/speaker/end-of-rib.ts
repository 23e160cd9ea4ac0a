import type { Family } from '../codec/family.ts';
import type { UpdateMessage } from '../codec/messages.ts';

/** The family whose end this UPDATE marks (RFC 4724 §2), or `undefined`: it marks none. */
export function familyOfEndOfRib({
  withdrawn,
  attributes,
  nlri,
}: UpdateMessage): Family | undefined {
  if (withdrawn.length > 0 || nlri.length > 0 || attributes.length > 1) return undefined;
  const [only] = attributes;
  if (only === undefined) return 'ipv4-unicast';
  return only.type === 'MP_UNREACH_NLRI' && only.withdrawn.length === 0 ? only.family : undefined;
}
