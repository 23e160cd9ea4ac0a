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

/** Writes two bytes in network order. */
export function setUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Whether `bytes` holds `wanted` from `at` on. */
export function holds(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let offset = 0; offset < wanted.length; offset++) {
    if (bytes[at + offset] !== wanted[offset]) return false;
  }
  return true;
}

/** A mistake of the caller, not of the network: the field must have exactly this many bytes. */
export function requireLength(field: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) {
    throw new RangeError(`${field} must have ${length} bytes, not ${bytes.length}`);
  }
}
