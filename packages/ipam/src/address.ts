import { Address4, Address6 } from 'ip-address';

/** The two address families. */
export type Family = 'ipv4' | 'ipv6';

/** One IP address: its family and its bits as an unsigned number. */
export interface Address {
  readonly family: Family;
  /** 0 … 2³²−1 for IPv4, 0 … 2¹²⁸−1 for IPv6. */
  readonly value: bigint;
}

/** Why a text is not an address that a pool can hold. */
export type AddressProblemCode = 'not-an-address' | 'zone' | 'ipv4-mapped' | 'prefix-length';

/** A text that was refused, with a message that names the fix. */
export interface AddressProblem {
  readonly code: AddressProblemCode;
  readonly text: string;
  readonly message: string;
}

/** Bits of an address of each family. */
export const ADDRESS_BITS = { ipv4: 32, ipv6: 128 } as const;

const IPV4_MAPPED_PREFIX = 0xffffn;

/**
 * Reads one address in any spelling that RFC 4291 §2.2 (IPv6) or dotted decimal without leading zeros (IPv4) allows.
 *
 * Surprising: spaces are not trimmed, and an IPv4-mapped IPv6 address (`::ffff:1.2.3.4`) is refused, because Kubernetes would show it as IPv4 and the two
 * spellings would then be two holders of one address.
 */
export function parseAddress(
  text: string,
):
  | { readonly ok: true; readonly address: Address }
  | { readonly ok: false; readonly problem: AddressProblem } {
  if (text.includes('/')) {
    return refuse('prefix-length', text, `"${text}" has a prefix length: write the address alone`);
  }
  if (text.includes('%')) {
    return refuse(
      'zone',
      text,
      `"${text}" has a zone: write the address without "%" and what follows`,
    );
  }
  if (!text.includes(':')) {
    const read = readBy(Address4, text);
    if (read === undefined) return refuse('not-an-address', text, notAnAddress(text));
    return { ok: true, address: { family: 'ipv4', value: valueOf(read) } };
  }
  const read = readBy(Address6, text);
  if (read === undefined) return refuse('not-an-address', text, notAnAddress(text));
  const value = read.bigInt();
  if (value >> 32n === IPV4_MAPPED_PREFIX) {
    const plain = formatAddress({ family: 'ipv4', value: value & 0xffff_ffffn });
    return refuse(
      'ipv4-mapped',
      text,
      `"${text}" is an IPv4 address in IPv6 spelling: write "${plain}"`,
    );
  }
  return { ok: true, address: { family: 'ipv6', value } };
}

/** The canonical text: dotted decimal for IPv4, RFC 5952 §4 for IPv6. Two addresses are equal exactly when their texts are. */
export function formatAddress({ family, value }: Address): string {
  if (family === 'ipv6') return Address6.fromBigInt(value).correctForm();
  const bits = Number(value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** What the library makes of a text; `undefined` where it refuses it. Its own question whether a text is valid would read it once more. */
function readBy<A>(Kind: new (text: string) => A, text: string): A | undefined {
  try {
    return new Kind(text);
  } catch {
    return undefined;
  }
}

/** The library's own way goes through hexadecimal text, and a start reads the addresses of thousands of Services. */
function valueOf({ parsedAddress }: Address4): bigint {
  return BigInt(parsedAddress.reduce((value, octet) => value * 256 + Number(octet), 0));
}

function notAnAddress(text: string): string {
  return `"${text}" is not an IP address: write it like "192.0.2.10" or "2001:db8::10"`;
}

function refuse(
  code: AddressProblemCode,
  text: string,
  message: string,
): { readonly ok: false; readonly problem: AddressProblem } {
  return { ok: false, problem: { code, text, message } };
}
