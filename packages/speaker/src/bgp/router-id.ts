import { crc32 } from 'node:zlib';

/** A router ID for a node without an IPv4 address, the same at every start: MetalLB's, four bytes of a checksum of its name. */
export function fallbackRouterID(nodeName: string): string {
  const sum = crc32(nodeName);
  return [0, 8, 16, 24].map((shift) => (sum >>> shift) & 0xff).join('.');
}
