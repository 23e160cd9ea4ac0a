/** The 4 or 16 bytes of an address in its canonical text (RFC 5952 for IPv6); `undefined` for any other text. */
export function addressBytes(text: string): Uint8Array | undefined {
  const ipv4 = ipv4Bytes(text);
  if (ipv4 !== undefined || !text.includes(':')) return ipv4;
  const bytes = ipv6Bytes(text);
  // Two texts of one address would be two addresses to the election.
  return bytes !== undefined && addressText(bytes) === text ? bytes : undefined;
}

/** The canonical text of 4 or 16 bytes. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const words: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    words.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  }
  const { from, length } = longestZeros(words);
  if (length < 2) return words.join(':');
  return `${words.slice(0, from).join(':')}::${words.slice(from + length).join(':')}`;
}

function longestZeros(words: readonly string[]): { from: number; length: number } {
  let best = { from: 0, length: 0 };
  let from = 0;
  for (let at = 0; at <= words.length; at++) {
    if (words[at] === '0') continue;
    if (at - from > best.length) best = { from, length: at - from };
    from = at + 1;
  }
  return best;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** Character by character, as frames may name thousands; there is no other text of the same address. */
function ipv4Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = -1;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit === DOT - ZERO) {
      if (value < 0 || part === 3) return undefined;
      bytes[part++] = value;
      value = -1;
    } else {
      // A zero is followed by nothing.
      if (digit < 0 || digit > 9 || value === 0) return undefined;
      value = value < 0 ? digit : 10 * value + digit;
      if (value > 255) return undefined;
    }
  }
  if (part !== 3 || value < 0) return undefined;
  bytes[3] = value;
  return bytes;
}

function ipv6Bytes(text: string): Uint8Array | undefined {
  const [head = '', tail, ...more] = text.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = 8 - front.length - back.length;
  if (more.length > 0 || gap < 0 || (tail === undefined && gap !== 0)) return undefined;
  const words = [...front, ...Array.from({ length: gap }, () => '0'), ...back];
  const bytes = new Uint8Array(16);
  for (const [index, word] of words.entries()) {
    if (!/^[0-9a-f]{1,4}$/.test(word)) return undefined;
    const value = Number.parseInt(word, 16);
    bytes[2 * index] = value >> 8;
    bytes[2 * index + 1] = value & 0xff;
  }
  return bytes;
}
