import { uint16, uint8 } from './bytes.ts';

/**
 * The sum beneath the Internet checksum (RFC 1071) over `bytes`, begun with `initial`: 0xffff where they hold their own checksum, else
 * the checksum is its complement.
 */
export function internetSum(bytes: Uint8Array, initial: number = 0): number {
  let sum = initial + wordsOf(bytes);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** The plain sum of all words, in network order; an odd byte at the end counts as the high half of one. */
export function wordsOf(bytes: Uint8Array): number {
  let sum = 0;
  const even = bytes.length & ~1;
  for (let at = 0; at < even; at += 2) sum += uint16(bytes, at);
  return even === bytes.length ? sum : sum + (uint8(bytes, even) << 8);
}
