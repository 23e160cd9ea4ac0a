/** The bytes of a text in UTF-8, at most `lengthMax`: what does not fit is left out at the end, never half a character. */
export function encodeUtf8(text: string, lengthMax: number): Uint8Array {
  const bytes: number[] = [];
  for (const character of text.toWellFormed()) {
    const octets = encodeURIComponent(character).match(/%..|./g) ?? [];
    if (bytes.length + octets.length > lengthMax) break;
    for (const octet of octets) {
      bytes.push(octet.length === 1 ? octet.charCodeAt(0) : Number.parseInt(octet.slice(1), 16));
    }
  }
  return Uint8Array.from(bytes);
}

/** The text of bytes in UTF-8, or `undefined` where they are not. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const escaped = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  try {
    return decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
}
