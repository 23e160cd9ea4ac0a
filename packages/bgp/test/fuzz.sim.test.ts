// Arbitrary and mutated messages through decoder and framer: 100,000 of them, or as many as FUZZ_MESSAGES says (10000000 for the long run). SEED replays a run.
import { seedFromEnvironment, seededRandom } from '@picluster/testkit';
import { expect, test } from 'vitest';
import {
  MessageFramer,
  UNNEGOTIATED,
  decodeMessage,
  encodeMessage,
  explainNotification,
  routesOf,
  type BgpMessage,
  type DecodeOptions,
  type DecodedMessage,
  type EncodeOptions,
} from '../src/index.ts';
import { GOLDEN } from './golden.ts';

const seed = seedFromEnvironment(1);
const random = seededRandom(seed);
const count = Number(process.env['FUZZ_MESSAGES'] ?? 100_000);
/** Ten times what a busy machine takes: only to stop a run that hangs. */
const MICROSECONDS_A_MESSAGE = 500;

const upTo = (limit: number): number => Math.floor(random() * limit);
const pick = <T>(among: readonly T[]): T => among[upTo(among.length)] as T;

const MESSAGES = GOLDEN.map(({ bytes }) => bytes);
const options = (external: boolean, fourOctetAs: boolean): DecodeOptions & EncodeOptions => ({
  ...UNNEGOTIATED,
  external,
  fourOctetAs,
  receiveLengthMax: 65_535,
  sendLengthMax: 65_535,
});
const OPTIONS = [
  options(true, true),
  options(true, false),
  options(false, true),
  options(false, false),
];

/** A head that fits, or nearly, and any bytes. */
function arbitrary(): Uint8Array {
  const bytes = Uint8Array.from({ length: 19 + upTo(upTo(8) === 0 ? 600 : 80) }, () => upTo(256));
  bytes.fill(0xff, 0, 16);
  bytes[18] = upTo(7);
  return bytes;
}

/** A good message, some bytes of which are others, cut out, doubled, or made into small numbers, as lengths and types are. */
function mutated(): Uint8Array {
  let bytes = pick(MESSAGES).slice();
  for (let changes = 1 + upTo(4); changes > 0 && bytes.length > 19; changes--) {
    const at = 19 + upTo(bytes.length - 19);
    const dice = upTo(9);
    if (dice < 2) bytes[at] = upTo(256);
    else if (dice < 5) bytes[at] = upTo(34);
    else if (dice === 5) bytes[at] = (bytes[at] ?? 0) ^ (1 << upTo(8));
    else if (dice === 6) bytes = bytes.slice(0, at);
    else if (dice === 7) bytes.fill(0, at, at + 4);
    else bytes = Uint8Array.from([...bytes.subarray(0, at), ...pick(MESSAGES).subarray(19)]);
  }
  return bytes;
}

/** Attributes come in another order when they are written; from then on everything stays. */
function requireSame(message: BgpMessage, chosen: DecodeOptions & EncodeOptions): void {
  const written = encodeMessage(message, chosen);
  const again = decodeMessage(written, chosen);
  if (!again.ok || again.errors.length > 0) throw new Error('what was written is refused');
  const twice = encodeMessage(again.message, chosen);
  if (Buffer.compare(written, twice) !== 0) throw new Error('it changes when it is read');
}

/** What was read of one message. What was read without an error can be written, and means the same. */
function read(bytes: Uint8Array): DecodedMessage {
  const chosen = pick(OPTIONS);
  const decoded = decodeMessage(bytes, chosen);
  if (!decoded.ok) {
    explainNotification(decoded.fault.notification);
    encodeMessage(decoded.fault.notification);
    return decoded;
  }
  const { message } = decoded;
  if (message.type === 'NOTIFICATION') explainNotification(message);
  if (message.type === 'UPDATE') routesOf(message);
  if (decoded.errors.length === 0 && upTo(8) === 0) requireSame(message, chosen);
  return decoded;
}

test(
  `${count} arbitrary and mutated messages are read, repaired or refused by name, and never throw`,
  { timeout: 60_000 + (count * MICROSECONDS_A_MESSAGE) / 1000 },
  () => {
    const seen = new Map<string, number>();
    const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
    let framer = new MessageFramer();
    for (let index = 0; index < count; index++) {
      const bytes = upTo(3) === 0 ? arbitrary() : mutated();
      if (upTo(10) > 0) bytes.set([bytes.length >> 8, bytes.length], 16);
      try {
        const decoded = read(bytes);
        note(decoded.ok ? decoded.message.type : decoded.fault.reason);
        if (decoded.ok) for (const { reason } of decoded.errors) note(reason);
        framer.push(bytes.subarray(0, upTo(bytes.length + 1)));
        for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
          if (frame.ok) continue;
          framer = new MessageFramer();
          break;
        }
      } catch (error) {
        const hexadecimal = Buffer.from(bytes).toString('hex');
        throw new Error(`seed ${seed}, message ${index}: ${hexadecimal}`, { cause: error });
      }
    }
    // A run that never gets past the first check proves nothing: every kind of message and every reason must have been seen.
    expect([...seen.keys()].toSorted()).toEqual([...KINDS].toSorted());
  },
);

const KINDS: readonly string[] = [
  'OPEN',
  'UPDATE',
  'NOTIFICATION',
  'KEEPALIVE',
  'ROUTE-REFRESH',
  'bad-length',
  'bad-type',
  'route-refresh-length',
  'open-version',
  'open-as-zero',
  'open-bgp-identifier',
  'open-hold-time',
  'open-optional-parameter',
  'open-malformed',
  'update-lengths',
  'withdrawn-routes',
  'nlri',
  'mp-reach-nlri',
  'mp-unreach-nlri',
  'mp-attribute-repeated',
  'unrecognized-well-known',
  'attribute-flags',
  'attribute-overrun',
  'missing-attribute',
  'origin',
  'as-path',
  'next-hop',
  'multi-exit-disc',
  'local-pref',
  'communities',
  'originator-id',
  'cluster-list',
  'extended-communities',
  'large-community',
  'atomic-aggregate',
  'aggregator',
  'as4-path',
  'as4-aggregator',
  'attribute-repeated',
  'internal-attribute',
  'as4-attribute',
  'family-not-negotiated',
];
