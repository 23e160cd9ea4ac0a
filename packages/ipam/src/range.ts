import { ADDRESS_BITS, formatAddress, parseAddress, type Address, type Family } from './address.ts';

/** A run of addresses of one family, both ends inclusive. */
export interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
  /** As it was written, for messages. */
  readonly text: string;
}

/** Why a text is neither a CIDR nor a range. */
export type RangeProblemCode =
  | 'bare-address'
  | 'invalid-cidr'
  | 'invalid-range-start'
  | 'invalid-range-end'
  | 'mixed-families'
  | 'reversed-range';

/** A text that was refused, with a message that names the fix. */
export interface RangeProblem {
  readonly code: RangeProblemCode;
  readonly text: string;
  readonly message: string;
}

/** What `parseRange` gives. */
export type ParsedRange =
  | { readonly ok: true; readonly range: AddressRange }
  | { readonly ok: false; readonly problem: RangeProblem };

/**
 * Reads an entry of a pool: a CIDR (`192.0.2.0/24`, host bits are dropped) or a range (`192.0.2.10-192.0.2.20`, spaces around the dash allowed).
 *
 * A CIDR's network and broadcast addresses belong to it. A CIDR is not trimmed, and a bare address is refused: write `/32` or `/128`.
 */
export function parseRange(text: string): ParsedRange {
  const dash = text.indexOf('-');
  return dash < 0
    ? parseCidr(text)
    : parseDashed(text, text.slice(0, dash).trim(), text.slice(dash + 1).trim());
}

function parseCidr(text: string): ParsedRange {
  const match = /^([^/]*)\/(0|[1-9][0-9]{0,2})$/.exec(text);
  const parsed = parseAddress(match?.[1] ?? text);
  if (match === null) {
    if (!parsed.ok) return refuse('invalid-cidr', text, invalidCidr(text));
    const bits = ADDRESS_BITS[parsed.address.family];
    return refuse(
      'bare-address',
      text,
      `"${text}" has no prefix length: write "${text}/${bits}" for this one address`,
    );
  }
  if (!parsed.ok)
    return refuse('invalid-cidr', text, `invalid CIDR "${text}": ${parsed.problem.message}`);
  const { family, value } = parsed.address;
  const hostBits = ADDRESS_BITS[family] - Number(match[2]);
  if (hostBits < 0) {
    return refuse(
      'invalid-cidr',
      text,
      `invalid CIDR "${text}": the prefix length is at most ${ADDRESS_BITS[family]}`,
    );
  }
  const first = (value >> BigInt(hostBits)) << BigInt(hostBits);
  return { ok: true, range: { family, first, last: first + (1n << BigInt(hostBits)) - 1n, text } };
}

function parseDashed(text: string, startText: string, endText: string): ParsedRange {
  const start = parseAddress(startText);
  if (!start.ok) {
    return refuse(
      'invalid-range-start',
      text,
      `invalid IP range "${text}": start: ${start.problem.message}`,
    );
  }
  const end = parseAddress(endText);
  if (!end.ok) {
    return refuse(
      'invalid-range-end',
      text,
      `invalid IP range "${text}": end: ${end.problem.message}`,
    );
  }
  return orderedRange(text, start.address, end.address);
}

function orderedRange(text: string, start: Address, end: Address): ParsedRange {
  if (start.family !== end.family) {
    return refuse(
      'mixed-families',
      text,
      `invalid IP range "${text}": it starts in ${start.family} and ends in ${end.family}; write one range for each family`,
    );
  }
  if (start.value > end.value) {
    const turned = `${formatAddress(end)}-${formatAddress(start)}`;
    return refuse(
      'reversed-range',
      text,
      `invalid IP range "${text}": it ends before it starts; write "${turned}"`,
    );
  }
  return { ok: true, range: { family: start.family, first: start.value, last: end.value, text } };
}

function invalidCidr(text: string): string {
  return `invalid CIDR "${text}": write it like "192.0.2.0/24", "2001:db8::/120" or "192.0.2.10-192.0.2.20", without spaces around a CIDR`;
}

function refuse(code: RangeProblemCode, text: string, message: string): ParsedRange {
  return { ok: false, problem: { code, text, message } };
}
