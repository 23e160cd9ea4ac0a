/** The byte at `at`. The caller has checked the length: behind the end it would be `undefined`. */
export function uint8(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

/** Two bytes in network order. */
export function uint16(bytes: Uint8Array, at: number): number {
  return (uint8(bytes, at) << 8) | uint8(bytes, at + 1);
}

/** Four bytes in network order, 0 to 2³² − 1. */
export function uint32(bytes: Uint8Array, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}
