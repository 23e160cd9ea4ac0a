import { addressBytes, addressText } from './address-text.ts';
import { ACKNOWLEDGEMENT_BYTES, ENTRY_BYTES_MAX, ENTRY_KIND, IPV6_BIT } from './frame-layout.ts';
import type { Acknowledgement, Entry, NodeId } from './heartbeat.ts';

/** How the lists of a heartbeat can be wrong. */
export type BodyFault = 'cut-short' | 'trailing-bytes' | 'unknown-entry' | 'bad-acknowledgement';

/** The first list of a body. */
export function encodeAcknowledgements(acknowledgements: readonly Acknowledgement[]): Uint8Array {
  const bytes = new Uint8Array(acknowledgements.length * ACKNOWLEDGEMENT_BYTES);
  const view = viewOf(bytes);
  for (const [index, { node, boot, evidence, direct }] of acknowledgements.entries()) {
    const at = index * ACKNOWLEDGEMENT_BYTES;
    setNode(view, at, node);
    view.setUint32(at + 8, boot);
    view.setUint32(at + 12, evidence);
    bytes[at + 16] = Math.min(0xff, evidence - direct);
  }
  return bytes;
}

/** The second list of a body; addresses must be canonical text. */
export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES_MAX * entries.length);
  const view = viewOf(bytes);
  let at = 0;
  for (const entry of entries) {
    const address = addressBytes(entry.address);
    if (address === undefined) throw new Error(`not a canonical address: ${entry.address}`);
    bytes[at] = ENTRY_KIND[entry.kind] + (address.length === 16 ? IPV6_BIT : 0);
    bytes.set(address, at + 1);
    at += 1 + address.length;
    view.setUint32(at, entry.term);
    at += 4;
    if ('node' in entry) {
      setNode(view, at, entry.node);
      at += 8;
    }
  }
  return bytes.slice(0, at);
}

/** Reads the first list, of as many bytes as so many take. Never throws. */
export function decodeAcknowledgements(bytes: Uint8Array): readonly Acknowledgement[] | BodyFault {
  const view = viewOf(bytes);
  const acknowledgements: Acknowledgement[] = [];
  for (let at = 0; at < bytes.length; at += ACKNOWLEDGEMENT_BYTES) {
    const evidence = view.getUint32(at + 12);
    const lag = view.getUint8(at + 16);
    if (lag < 0xff && lag > evidence) return 'bad-acknowledgement';
    // What lags too far to be told counts as nothing received.
    const direct = lag === 0xff ? 0 : evidence - lag;
    acknowledgements.push({
      node: nodeAt(view, at),
      boot: view.getUint32(at + 8),
      evidence,
      direct,
    });
  }
  return acknowledgements;
}

/** Reads the second list, which must fill the bytes exactly. Never throws. */
export function decodeEntries(bytes: Uint8Array, count: number): readonly Entry[] | BodyFault {
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const read = decodeEntry(view, bytes, at);
    if (typeof read === 'string') return read;
    entries.push(read.entry);
    at = read.end;
  }
  return at === bytes.length ? entries : 'trailing-bytes';
}

function decodeEntry(
  view: DataView,
  bytes: Uint8Array,
  at: number,
): { entry: Entry; end: number } | BodyFault {
  const first = bytes[at];
  if (first === undefined) return 'cut-short';
  const kind = KIND_OF.get(first & ~IPV6_BIT);
  if (kind === undefined) return 'unknown-entry';
  const addressEnd = at + 1 + ((first & IPV6_BIT) === 0 ? 4 : 16);
  const named = kind === 'give' || kind === 'object';
  const end = addressEnd + 4 + (named ? 8 : 0);
  if (bytes.length < end) return 'cut-short';
  const address = addressText(bytes.subarray(at + 1, addressEnd));
  const term = view.getUint32(addressEnd);
  const entry: Entry = named
    ? { kind, address, term, node: nodeAt(view, addressEnd + 4) }
    : { kind, address, term };
  return { entry, end };
}

const KIND_OF: ReadonlyMap<number, Entry['kind']> = new Map(
  Object.entries(ENTRY_KIND).map(([kind, code]) => [code, kind as Entry['kind']]),
);

/** Writes the 8 bytes of a node. */
export function setNode(view: DataView, at: number, node: NodeId): void {
  view.setUint32(at, Number.parseInt(node.slice(0, 8), 16));
  view.setUint32(at + 4, Number.parseInt(node.slice(8, 16), 16));
}

/** The text of the 8 bytes of a node. */
export function nodeAt(view: DataView, at: number): NodeId {
  return wordText(view.getUint32(at)) + wordText(view.getUint32(at + 4));
}

function wordText(word: number): string {
  return word.toString(16).padStart(8, '0');
}

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
