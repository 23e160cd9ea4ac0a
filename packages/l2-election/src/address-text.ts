/** The 4 or 16 bytes of an address in its canonical text (RFC 5952 for IPv6); `undefined` for any other text. */
export function addressBytes(text: string): Uint8Array | undefined {
  const bytes = text.includes(':') ? ipv6Bytes(text) : ipv4Bytes(text);
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

function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split('.').map(Number);
  const fits = parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  return parts.length === 4 && fits ? Uint8Array.from(parts) : undefined;
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
