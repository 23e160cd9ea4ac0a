import { uint16, uint32 } from './bytes.ts';
import type {
  CommunitiesAttribute,
  ExtendedCommunitiesAttribute,
  LargeCommunityAttribute,
} from './path-attribute.ts';
import type { Writer } from './writer.ts';

/** Communities with a meaning of their own (RFC 1997, RFC 3765, RFC 7999, RFC 8326), as text. */
export const COMMUNITY = {
  GRACEFUL_SHUTDOWN: '65535:0',
  BLACKHOLE: '65535:666',
  NO_EXPORT: '65535:65281',
  NO_ADVERTISE: '65535:65282',
  NO_EXPORT_SUBCONFED: '65535:65283',
  NOPEER: '65535:65284',
} as const;

const EXTENDED_DIGITS = /^[\da-f]{16}$/;

/** Whether this is a community (RFC 1997): `65000:100`, both halves 0 to 65535 in decimal without leading zeros. */
export function isCommunity(text: string): boolean {
  return readNumbers(text, 0xffff) === 2;
}

/** Whether this is a large community (RFC 8092): `64512:1:2`, three numbers of 32 bits. */
export function isLargeCommunity(text: string): boolean {
  return readNumbers(text, 0xffff_ffff) === 3;
}

export function readCommunities(
  bytes: Uint8Array,
  from: number,
  end: number,
): CommunitiesAttribute {
  const communities: string[] = [];
  for (let at = from; at < end; at += 4) {
    communities.push(`${uint16(bytes, at)}:${uint16(bytes, at + 2)}`);
  }
  return { type: 'COMMUNITIES', communities };
}

export function readExtendedCommunities(
  bytes: Uint8Array,
  from: number,
  end: number,
): ExtendedCommunitiesAttribute {
  const communities: string[] = [];
  for (let at = from; at < end; at += 8) {
    communities.push(word(uint32(bytes, at)) + word(uint32(bytes, at + 4)));
  }
  return { type: 'EXTENDED_COMMUNITIES', communities };
}

/** One that is there twice counts once (RFC 8092 §5). */
export function readLargeCommunities(
  bytes: Uint8Array,
  from: number,
  end: number,
): LargeCommunityAttribute {
  const communities = new Set<string>();
  for (let at = from; at < end; at += 12) {
    communities.add(`${uint32(bytes, at)}:${uint32(bytes, at + 4)}:${uint32(bytes, at + 8)}`);
  }
  return { type: 'LARGE_COMMUNITY', communities: [...communities] };
}

type AnyCommunities = CommunitiesAttribute | ExtendedCommunitiesAttribute | LargeCommunityAttribute;

/** Writes each. `RangeError` at what is none of its kind. */
export function writeCommunities(writer: Writer, { type, communities }: AnyCommunities): void {
  for (const text of communities) {
    if (type === 'EXTENDED_COMMUNITIES') {
      if (!EXTENDED_DIGITS.test(text)) throw notA('extended community', text);
      writer.uint32(Number.parseInt(text.slice(0, 8), 16));
      writer.uint32(Number.parseInt(text.slice(8), 16));
    } else if (type === 'COMMUNITIES') {
      if (!isCommunity(text)) throw notA('community', text);
      writer.uint16(numbers[0]);
      writer.uint16(numbers[1]);
    } else {
      if (!isLargeCommunity(text)) throw notA('large community', text);
      for (const number of numbers) writer.uint32(number);
    }
  }
}

/** What `readNumbers` read last. */
const numbers: [number, number, number] = [0, 0, 0];

/** Reads up to three decimal numbers between colons, none above `max`; how many there are, 0 where it is anything else. */
function readNumbers(text: string, max: number): number {
  let [count, number, digits] = [0, 0, 0];
  for (let at = 0; at <= text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && number === 0) return 0;
      number = number * 10 + digit;
      digits++;
    } else {
      const isEnd = at === text.length || digit === COLON - ZERO;
      if (!isEnd || digits === 0 || number > max || count === 3) return 0;
      numbers[count++] = number;
      number = digits = 0;
    }
  }
  return count;
}

const ZERO = 48;
const COLON = 58;

function word(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function notA(kind: string, text: string): RangeError {
  return new RangeError(`not a ${kind}: ${JSON.stringify(text)}`);
}
