import { uint16, uint8 } from './bytes.ts';
import type { Address, Prefix } from './path-attribute.ts';

/** `0.` to `255.`, so that an IPv4 address is four look-ups. */
const DOTTED: readonly string[] = Array.from({ length: 256 }, (_, octet) => `${octet}.`);
const DECIMAL: readonly string[] = Array.from({ length: 256 }, (_, octet) => `${octet}`);
const SLASHED: readonly string[] = Array.from({ length: 129 }, (_, bits) => `/${bits}`);
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16));
const HEX_PADDED: readonly string[] = HEX.map((text) => text.padStart(2, '0'));
/** One prefix or address at a time, between text and bytes. */
const scratch: Uint8Array = new Uint8Array(16);

/** Whether this is the canonical text of an address; encoders throw `RangeError` at what is none at all. */
export function isAddress(text: string): boolean {
  if (text.includes(':')) {
    return writeIpv6(scratch, 0, text, text.length) && ipv6At(scratch, 0) === text;
  }
  return writeIpv4(scratch, 0, text, text.length);
}

/** Whether this is the canonical text of a prefix, with no bit set behind its length. */
export function isPrefix(text: string): boolean {
  const slash = text.lastIndexOf('/');
  if (slash < 0 || !isAddress(text.slice(0, slash))) return false;
  const bits = prefixBits(text);
  if (!(bits <= (text.includes(':') ? 128 : 32))) return false;
  const wire = new Uint8Array(17);
  writePrefix(wire, 0, text);
  return text === (text.includes(':') ? ipv6PrefixAt(wire, 0) : ipv4PrefixAt(wire, 0));
}

/** The canonical text of the IPv4 address at `at`. The caller has checked that its 4 bytes are there. */
export function ipv4At(bytes: Uint8Array, at: number): Address {
  return dotted(uint8(bytes, at), uint8(bytes, at + 1), uint8(bytes, at + 2), uint8(bytes, at + 3));
}

/** The text of RFC 5952 §4 of the IPv6 address at `at`. The caller has checked that its 16 bytes are there. */
export function ipv6At(bytes: Uint8Array, at: number): Address {
  let gap = 8;
  let gapLength = 1; // One zero word alone is not shortened.
  for (let word = 0, run = 0; word < 8; word++) {
    run = uint16(bytes, at + word * 2) === 0 ? run + 1 : 0;
    if (run > gapLength) [gap, gapLength] = [word - run + 1, run];
  }
  let text = '';
  for (let word = 0; word < 8; word++) {
    if (word === gap) {
      text += '::';
      word += gapLength - 1;
    } else {
      if (word > 0 && word !== gap + gapLength) text += ':';
      text += wordText(uint8(bytes, at + word * 2), uint8(bytes, at + word * 2 + 1));
    }
  }
  return text;
}

/** A word in hexadecimal, without leading zeros. */
function wordText(high: number, low: number): string {
  return high === 0 ? (HEX[low] as string) : (HEX[high] as string) + (HEX_PADDED[low] as string);
}

/** The IPv4 prefix at `at`. The caller has checked its length and size; bits behind the length mean nothing (RFC 4271 §4.3) and are left out. */
export function ipv4PrefixAt(bytes: Uint8Array, at: number): Prefix {
  const bits = uint8(bytes, at);
  const octets = (bits + 7) >> 3;
  let word = 0;
  for (let index = 0; index < octets; index++) {
    word |= uint8(bytes, at + 1 + index) << (24 - index * 8);
  }
  // A shift by 32 would be one by 0.
  word &= bits === 0 ? 0 : -1 << (32 - bits);
  const address = dotted(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
  return address + (SLASHED[bits] as string);
}

/** The IPv6 prefix at `at`, as {@link ipv4PrefixAt}. */
export function ipv6PrefixAt(bytes: Uint8Array, at: number): Prefix {
  const bits = uint8(bytes, at);
  const octets = (bits + 7) >> 3;
  scratch.fill(0);
  for (let index = 0; index < octets; index++) scratch[index] = uint8(bytes, at + 1 + index);
  if ((bits & 7) !== 0) scratch[octets - 1] = uint8(scratch, octets - 1) & (0xff00 >> (bits & 7));
  return ipv6At(scratch, 0) + (SLASHED[bits] as string);
}

/** Writes an address into 4 or 16 bytes, and returns how many. `RangeError` where it is none. */
export function writeAddress(bytes: Uint8Array, at: number, address: Address): 4 | 16 {
  const ipv6 = address.includes(':');
  const write = ipv6 ? writeIpv6 : writeIpv4;
  if (!write(bytes, at, address, address.length)) {
    throw new RangeError(`not an address: ${JSON.stringify(address)}`);
  }
  return ipv6 ? 16 : 4;
}

/** How many bytes a prefix has on the wire. */
export function prefixSize(prefix: Prefix): number {
  return 1 + ((prefixBits(prefix) + 7) >> 3);
}

/**
 * Writes a prefix of a family as RFC 4271 §4.3 has it, and returns its size. The bytes behind it are written to as well, as many as an address has. `RangeError`
 * where it is no prefix of that family.
 */
export function writePrefix(
  bytes: Uint8Array,
  at: number,
  prefix: Prefix,
  ipv6: boolean = prefix.includes(':'),
): number {
  const bits = prefixBits(prefix);
  const slash = prefix.length - (bits < 10 ? 2 : bits < 100 ? 3 : 4);
  const fits = ipv6
    ? bits <= 128 && writeIpv6(bytes, at + 1, prefix, slash)
    : bits <= 32 && writeIpv4(bytes, at + 1, prefix, slash);
  if (!fits) throw new RangeError(`not an IPv${ipv6 ? 6 : 4} prefix: ${JSON.stringify(prefix)}`);
  const octets = (bits + 7) >> 3;
  bytes[at] = bits;
  if ((bits & 7) !== 0) bytes[at + octets] = uint8(bytes, at + octets) & (0xff00 >> (bits & 7));
  return octets + 1;
}

/** The decimal number at the end, without leading zeros; NaN where there is none. */
function prefixBits(prefix: Prefix): number {
  let [bits, scale] = [0, 1];
  for (let at = prefix.length - 1; at > 0; at--) {
    const digit = prefix.charCodeAt(at) - 48;
    if (digit === -1) return scale > 1 && (scale === 10 || bits >= scale / 10) ? bits : Number.NaN;
    if (digit < 0 || digit > 9 || scale > 100) return Number.NaN;
    bits += digit * scale;
    scale *= 10;
  }
  return Number.NaN;
}

function dotted(first: number, second: number, third: number, fourth: number): string {
  return `${DOTTED[first]}${DOTTED[second]}${DOTTED[third]}${DECIMAL[fourth]}`;
}

/** Writes `text` up to `end` as 4 bytes; `false` where it is not four decimal numbers without leading zeros. */
function writeIpv4(bytes: Uint8Array, at: number, text: string, end: number): boolean {
  let [octet, digits, count] = [0, 0, 0];
  for (let index = 0; index < end; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit === -2 && digits > 0 && count < 3) {
      bytes[at + count++] = octet;
      octet = digits = 0;
    } else {
      if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return false;
      octet = octet * 10 + digit;
      if (octet > 255) return false;
      digits++;
    }
  }
  if (count !== 3 || digits === 0) return false;
  bytes[at + 3] = octet;
  return true;
}

/** Writes `text` up to `end` as 16 bytes; `false` where it is not hexadecimal words with at most one gap. */
function writeIpv6(bytes: Uint8Array, at: number, text: string, end: number): boolean {
  let [word, digits, count, gap] = [0, 0, 0, -1];
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code !== COLON) {
      const digit = hexadecimalDigit(code);
      if (digit < 0 || digits === 4 || count === 8) return false;
      word = word * 16 + digit;
      digits++;
      continue;
    }
    if (digits > 0) {
      bytes[at + count * 2] = word >> 8;
      bytes[at + count++ * 2 + 1] = word;
      word = digits = 0;
      // A colon at the end is half a gap.
      if (index + 1 === end) return false;
      continue;
    }
    // The second colon of a gap; at the start, the first one as well.
    if (gap >= 0 || (index === 0 && text.charCodeAt(++index) !== COLON)) return false;
    gap = count;
  }
  if (digits > 0) {
    bytes[at + count * 2] = word >> 8;
    bytes[at + count++ * 2 + 1] = word;
  }
  if (gap < 0) return count === 8;
  if (count > 7) return false;
  const tail = (count - gap) * 2;
  bytes.copyWithin(at + 16 - tail, at + gap * 2, at + count * 2);
  bytes.fill(0, at + gap * 2, at + 16 - tail);
  return true;
}

const COLON = 58;

function hexadecimalDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
