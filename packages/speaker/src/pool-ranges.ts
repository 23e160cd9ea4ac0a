import { parseAddress } from '@picluster/arp-responder';

/** Addresses from `first` to `last`, both included, of one family: 4 or 16 bytes each. */
export interface PoolRange {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/**
 * Reads an entry of an IPAddressPool, a CIDR (host bits are dropped) or a range `a-b`; `undefined` where it is neither. The
 * controller says what is wrong with it; here such an entry holds no address.
 */
export function parsePoolRange(text: string): PoolRange | undefined {
  const dash = text.indexOf('-');
  if (dash === -1) return parseCidr(text);
  const first = parseAddress(text.slice(0, dash).trim());
  const last = parseAddress(text.slice(dash + 1).trim());
  if (first === undefined || last === undefined || first.length !== last.length) return undefined;
  return compare(first, last) <= 0 ? { first, last } : undefined;
}

/** Whether `address` (4 or 16 bytes) lies in one of the ranges. */
export function inRanges(address: Uint8Array, ranges: readonly PoolRange[]): boolean {
  return ranges.some(
    ({ first, last }) =>
      first.length === address.length &&
      compare(first, address) <= 0 &&
      compare(address, last) <= 0,
  );
}

function parseCidr(text: string): PoolRange | undefined {
  const [, base = '', digits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = parseAddress(base);
  const prefix = Number(digits);
  if (address === undefined || digits === '' || prefix > address.length * 8) return undefined;
  const hostBits = (index: number): number => 0xff >> Math.min(8, Math.max(0, prefix - index * 8));
  return {
    first: address.map((byte, index) => byte & ~hostBits(index)),
    last: address.map((byte, index) => byte | hostBits(index)),
  };
}

function compare(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < one.length; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
