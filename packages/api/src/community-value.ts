const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;

// The same as below as far as a pattern can say it. An alias has no colon.
const U16 = '0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
/** A community that is written out, as CEL and JSON Schema read it; numbers over 32 bits pass. */
export const COMMUNITY_PATTERN =
  `^(${U16}:${U16}|large:[0-9]{1,10}:[0-9]{1,10}:[0-9]{1,10})$` as const;
/** How a community is written out, for messages. */
export const COMMUNITY_HELP =
  'write it like 65000:100 (two numbers up to 65535) or large:65000:1:2 (three numbers up to 4294967295)' as const;

/** A community as the wire knows it. */
export interface CommunityValue {
  /** RFC 1997's with two numbers of 16 bits, or RFC 8092's with three of 32. */
  readonly kind: 'standard' | 'large';
  /** Canonical: numbers without leading zeros, no `large:` in front. */
  readonly text: string;
}

/** Reads a community that is written out, such as `65000:100` or `large:65000:1:2`; `undefined` where it is none. */
export function parseCommunityValue(text: string): CommunityValue | undefined {
  const parts = text.split(':');
  const kind = parts.length === 4 && parts[0] === 'large' ? 'large' : 'standard';
  const numbers = kind === 'large' ? parts.slice(1) : parts;
  const max = kind === 'large' ? U32_MAX : U16_MAX;
  const fits = (number: string): boolean => /^[0-9]+$/.test(number) && Number(number) <= max;
  if (numbers.length !== (kind === 'large' ? 3 : 2) || !numbers.every(fits)) return undefined;
  return { kind, text: numbers.map(Number).join(':') };
}
