import { setUint16, uint16, uint32 } from './bytes.ts';

/**
 * An address as a Map finds it: IPv4 as its 32 bits, IPv6 as its eight words, the units of a string. Thousands may be kept: it takes 16 bytes at most where
 * a `Uint8Array` of four takes 220.
 */
export type AddressKey = number | string;

/** The key of the address that stands in `frame` at `offset`. For IPv4, of which there are many questions, nothing is allocated. */
export function keyAt(frame: Uint8Array, offset: number, length: number): AddressKey {
  if (length === 4) return uint32(frame, offset);
  return String.fromCharCode(
    uint16(frame, offset),
    uint16(frame, offset + 2),
    uint16(frame, offset + 4),
    uint16(frame, offset + 6),
    uint16(frame, offset + 8),
    uint16(frame, offset + 10),
    uint16(frame, offset + 12),
    uint16(frame, offset + 14),
  );
}

/** The 4 or 16 bytes of an address, made anew each time. */
export function bytesOf(key: AddressKey): Uint8Array {
  if (typeof key === 'number') {
    return Uint8Array.of(key >>> 24, (key >>> 16) & 255, (key >>> 8) & 255, key & 255);
  }
  const bytes = new Uint8Array(16);
  for (let at = 0; at < 8; at++) setUint16(bytes, at * 2, key.charCodeAt(at));
  return bytes;
}
