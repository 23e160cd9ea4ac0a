import { addressBytes, addressText } from './address-text.ts';
import { ACKNOWLEDGEMENT_BYTES, ENTRY_KIND, IPV6_BIT } from './frame-layout.ts';
import type { Acknowledgement, Entry, NodeId } from './heartbeat.ts';

/** How the lists of a heartbeat can be wrong. */
export type BodyFault = 'cut-short' | 'trailing-bytes' | 'unknown-entry' | 'bad-acknowledgement';

/** The lists of a heartbeat. */
export interface HeartbeatLists {
  readonly acknowledgements: readonly Acknowledgement[];
  readonly entries: readonly Entry[];
}

/** Writes the lists; addresses must be canonical text. */
export function encodeBody({ acknowledgements, entries }: HeartbeatLists): Uint8Array {
  const bytes: number[] = [];
  for (const { node, boot, evidence, direct } of acknowledgements) {
    bytes.push(...nodeBytes(node), ...uint32Bytes(boot), ...uint32Bytes(evidence));
    bytes.push(Math.min(0xff, evidence - direct));
  }
  for (const entry of entries) {
    const address = addressBytes(entry.address);
    if (address === undefined) throw new Error(`not a canonical address: ${entry.address}`);
    bytes.push(ENTRY_KIND[entry.kind] + (address.length === 16 ? IPV6_BIT : 0));
    bytes.push(...address, ...uint32Bytes(entry.term));
    if (entry.kind === 'give' || entry.kind === 'object') bytes.push(...nodeBytes(entry.node));
  }
  return Uint8Array.from(bytes);
}

/** Reads the lists, which must fill the bytes exactly. Never throws. */
export function decodeBody(
  bytes: Uint8Array,
  acknowledgementCount: number,
  entryCount: number,
): HeartbeatLists | BodyFault {
  const acknowledgementsEnd = acknowledgementCount * ACKNOWLEDGEMENT_BYTES;
  if (bytes.length < acknowledgementsEnd) return 'cut-short';
  const acknowledgements: Acknowledgement[] = [];
  for (let at = 0; at < acknowledgementsEnd; at += ACKNOWLEDGEMENT_BYTES) {
    const evidence = uint32At(bytes, at + 12);
    const lag = bytes[at + 16] ?? 0;
    if (lag < 0xff && lag > evidence) return 'bad-acknowledgement';
    const node = nodeText(bytes.subarray(at, at + 8));
    // What lags too far to be told counts as nothing received.
    const direct = lag === 0xff ? 0 : evidence - lag;
    acknowledgements.push({ node, boot: uint32At(bytes, at + 8), evidence, direct });
  }
  const entries: Entry[] = [];
  let at = acknowledgementsEnd;
  for (let count = 0; count < entryCount; count++) {
    const read = decodeEntry(bytes, at);
    if (typeof read === 'string') return read;
    entries.push(read.entry);
    at = read.end;
  }
  return at === bytes.length ? { acknowledgements, entries } : 'trailing-bytes';
}

function decodeEntry(bytes: Uint8Array, at: number): { entry: Entry; end: number } | BodyFault {
  const first = bytes[at];
  if (first === undefined) return 'cut-short';
  const kind = KIND_OF.get(first & ~IPV6_BIT);
  if (kind === undefined) return 'unknown-entry';
  const addressEnd = at + 1 + ((first & IPV6_BIT) === 0 ? 4 : 16);
  const named = kind === 'give' || kind === 'object';
  const end = addressEnd + 4 + (named ? 8 : 0);
  if (bytes.length < end) return 'cut-short';
  const address = addressText(bytes.subarray(at + 1, addressEnd));
  const term = uint32At(bytes, addressEnd);
  const entry: Entry = named
    ? { kind, address, term, node: nodeText(bytes.subarray(addressEnd + 4, end)) }
    : { kind, address, term };
  return { entry, end };
}

const KIND_OF: ReadonlyMap<number, Entry['kind']> = new Map(
  Object.entries(ENTRY_KIND).map(([kind, code]) => [code, kind as Entry['kind']]),
);

/** The 8 bytes of a node. */
export function nodeBytes(node: NodeId): number[] {
  const bytes: number[] = [];
  for (let at = 0; at < 16; at += 2) bytes.push(Number.parseInt(node.slice(at, at + 2), 16));
  return bytes;
}

/** The text of 8 bytes. */
export function nodeText(bytes: Uint8Array): NodeId {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function uint32Bytes(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function uint32At(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}
