import { setUint16, uint16, uint8 } from './bytes.ts';

/** An address in both forms, each made once: there may be thousands, and several parts keep them. */
export interface Address {
  /** 4 or 16. */
  readonly bytes: Uint8Array;
  /** Canonical: the label of every count. */
  readonly text: string;
}

/** The unspecified address `::` (RFC 4291 §2.5.2). */
export const UNSPECIFIED: Uint8Array = new Uint8Array(16);

/** All nodes on the link, `ff02::1`. */
export const ALL_NODES: Uint8Array = Uint8Array.of(
  0xff,
  2,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  1,
);

/** The solicited-node multicast address of an IPv6 address (RFC 4291 §2.7.1): `ff02::1:ff` and its last 24 bits. */
export function solicitedNode(address: Uint8Array): Uint8Array {
  const [high, middle, low] = [uint8(address, 13), uint8(address, 14), uint8(address, 15)];
  return Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, high, middle, low);
}

/** The Ethernet address that an IPv6 multicast group is sent to (RFC 2464 §7): `33:33` and its last 32 bits. */
export function multicastMac(group: Uint8Array): Uint8Array {
  const mac = Uint8Array.of(0x33, 0x33, 0, 0, 0, 0);
  mac.set(group.subarray(12, 16), 2);
  return mac;
}

/**
 * Reads an IPv4 address (4 bytes) or an IPv6 address (16 bytes) from its text; `undefined` where it is neither. Zones
 * (`%eth0`), prefixes and IPv4 parts with leading zeros are not addresses.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  return parseIpv4(text) ?? (text.includes(':') ? parseIpv6(text) : undefined);
}

/** The canonical text of 4 or 16 bytes: dotted decimal, or the short form of RFC 5952. Other lengths throw `RangeError`. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) {
    throw new RangeError(`an address must have 4 or 16 bytes, not ${bytes.length}`);
  }
  const words: string[] = [];
  for (let at = 0; at < 16; at += 2) words.push(uint16(bytes, at).toString(16));
  const [from, length] = longestZeros(words);
  if (length < 2) return words.join(':');
  return `${words.slice(0, from).join(':')}::${words.slice(from + length).join(':')}`;
}

/** A hardware address as `02:00:00:00:00:01`. */
export function formatMac(mac: Uint8Array): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

const DOT = 0x2e;
const ZERO = 0x30;

/** Character by character, as thousands are read before a node is ready, by code that is not optimised yet. */
function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || part === 3) return undefined;
      bytes[part++] = value;
      digits = 0;
      value = 0;
      continue;
    }
    const digit = code - ZERO;
    const isLeadingZero = digits > 0 && value === 0;
    if (digit < 0 || digit > 9 || isLeadingZero) return undefined;
    value = value * 10 + digit;
    digits++;
    if (value > 255) return undefined;
  }
  if (part !== 3 || digits === 0) return undefined;
  bytes[3] = value;
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  // An IPv4 part may only end the address.
  if (halves.length > 2 || (halves.length === 2 && halves[0]?.includes('.'))) return undefined;
  const [head, tail] = halves.map(wordsOf);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? bytesOf(head) : undefined;
  // The gap stands for one zero word at least; without one there is nothing to shorten.
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return bytesOf([...head, ...zeros, ...tail]);
}

/** The 16-bit words of one side of an IPv6 address; an IPv4 address at its end gives two. */
function wordsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1) ?? '';
  const words: number[] = [];
  for (const part of last.includes('.') ? parts.slice(0, -1) : parts) {
    if (!/^[\da-f]{1,4}$/i.test(part)) return undefined;
    words.push(Number.parseInt(part, 16));
  }
  if (!last.includes('.')) return words;
  const ipv4 = parseIpv4(last);
  return ipv4 === undefined ? undefined : [...words, uint16(ipv4, 0), uint16(ipv4, 2)];
}

function bytesOf(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16);
  words.forEach((word, index) => setUint16(bytes, index * 2, word));
  return bytes;
}

function longestZeros(words: readonly string[]): [from: number, length: number] {
  let best: [number, number] = [0, 0];
  let length = 0;
  words.forEach((word, index) => {
    length = word === '0' ? length + 1 : 0;
    if (length > best[1]) best = [index - length + 1, length];
  });
  return best;
}
