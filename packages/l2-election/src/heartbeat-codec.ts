import { isAuthentic, signFrame } from './frame-code.ts';
import {
  ACKNOWLEDGEMENT_BYTES,
  BODY_BYTES_MAX,
  CODE_BYTES,
  ETHER_TYPE,
  FLAG,
  FRAME_VERSION,
  OFFSET,
  PARTS_MAX,
} from './frame-layout.ts';
import {
  type BodyFault,
  decodeAcknowledgements,
  decodeEntries,
  encodeAcknowledgements,
  encodeEntries,
  nodeAt,
  setNode,
  viewOf,
} from './heartbeat-body.ts';
import type { Entry, Heartbeat, NodeId } from './heartbeat.ts';
import { L2ElectionError } from './l2-election-error.ts';

/** HMAC-SHA-256 (RFC 2104) of the bytes under the key: 32 bytes. */
export type Hmac = (key: Uint8Array, bytes: Uint8Array) => Uint8Array;

/** Why a frame changed nothing. */
export type FrameFault =
  | 'other-ether-type'
  | 'cut-short'
  | 'other-version'
  | 'other-electorate'
  | 'wrong-length'
  | 'bad-part'
  /** The authentication code fits none of our keys. */
  | 'not-authentic'
  | BodyFault;

/** What a frame was: a whole heartbeat, a part of one that others complete, or nothing of ours. */
export type ReadFrame =
  | { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat; readonly mac: Uint8Array }
  | { readonly kind: 'part' }
  | { readonly kind: 'fault'; readonly fault: FrameFault };

/** The parts of one node's newest heartbeat that have come so far. */
interface Partial {
  readonly boot: number;
  readonly seq: number;
  readonly bodies: (Uint8Array | undefined)[];
}

/** A list of entries, its bytes, and how many there are. */
interface KnownList {
  readonly entries: readonly Entry[];
  readonly bytes: Uint8Array;
}

/** Of so many nodes lists are kept, and heartbeats in parts under way; all of them own the key. */
const NODES_MAX = 256;

/**
 * Turns heartbeats into authenticated Ethernet frames and back. It keeps the parts of heartbeats that need more than one frame, and
 * the last list of each node: as long as its bytes do not change, `read` returns the same object, which costs nothing to make.
 */
export class HeartbeatCodec {
  readonly #hmac: Hmac;
  #keys: readonly Uint8Array[];
  readonly #electorate: number;
  readonly #partials = new Map<NodeId, Partial>();
  readonly #heard = new Map<NodeId, KnownList>();
  #said: KnownList = { entries: [], bytes: new Uint8Array() };

  /**
   * @param options.keys the first signs, all are accepted: a key is changed by adding the new one everywhere, then moving it to the
   *   front everywhere, then removing the old one. Each at least 16 bytes.
   * @param options.electorate 32 bits that tell clusters on one segment apart
   * @throws L2ElectionError `bad-options`
   */
  constructor(
    deps: { readonly hmac: Hmac },
    options: { readonly keys: readonly Uint8Array[]; readonly electorate: number },
  ) {
    this.#hmac = deps.hmac;
    this.#keys = checkedKeys(options.keys);
    this.#electorate = options.electorate;
  }

  /**
   * Signs and accepts with these from the next frame on; see `options.keys` of the constructor.
   *
   * @throws L2ElectionError `bad-options`; then the old ones stay
   */
  setKeys(keys: readonly Uint8Array[]): void {
    this.#keys = checkedKeys(keys);
  }

  /**
   * The frames of one heartbeat: one, unless its lists are long.
   *
   * @throws L2ElectionError `too-many-addresses`
   */
  encode(heartbeat: Heartbeat, mac: Uint8Array): Uint8Array[] {
    const body = this.#encodeBody(heartbeat);
    const parts = Math.max(1, Math.ceil(body.length / BODY_BYTES_MAX));
    if (parts > PARTS_MAX) {
      const limit = PARTS_MAX * BODY_BYTES_MAX;
      throw new L2ElectionError(
        'too-many-addresses',
        `a heartbeat may list ${limit} bytes, this one has ${body.length}: spread the addresses over more nodes`,
        { limit, bytes: body.length },
      );
    }
    return Array.from({ length: parts }, (_, part) => {
      const slice = body.subarray(part * BODY_BYTES_MAX, (part + 1) * BODY_BYTES_MAX);
      return this.#encodePart(heartbeat, mac, { part, parts, slice });
    });
  }

  /** Reads one frame. Never throws, whatever the bytes; what it returns shares none of them. */
  read(frame: Uint8Array): ReadFrame {
    const fault = this.#faultOf(frame);
    if (fault !== undefined) return { kind: 'fault', fault };
    const view = viewOf(frame);
    const node = nodeAt(view, OFFSET.node);
    const body = this.#collect(node, frame);
    if (body === undefined) return { kind: 'part' };
    const split = view.getUint16(OFFSET.acknowledgements) * ACKNOWLEDGEMENT_BYTES;
    if (body.length < split) return { kind: 'fault', fault: 'cut-short' };
    const acknowledgements = decodeAcknowledgements(body.subarray(0, split));
    if (typeof acknowledgements === 'string') return { kind: 'fault', fault: acknowledgements };
    const flags = view.getUint8(OFFSET.flags);
    const isListed = (flags & FLAG.unlisted) === 0;
    if (!isListed && body.length > split) return { kind: 'fault', fault: 'trailing-bytes' };
    const entries = isListed
      ? this.#entriesOf(node, body.subarray(split), view.getUint16(OFFSET.entries))
      : undefined;
    if (typeof entries === 'string') return { kind: 'fault', fault: entries };
    return {
      kind: 'heartbeat',
      mac: frame.slice(OFFSET.source, OFFSET.source + 6),
      heartbeat: {
        node,
        boot: view.getUint32(OFFSET.boot),
        seq: view.getUint32(OFFSET.seq),
        ageMs: view.getUint16(OFFSET.ageMs),
        wallS: view.getUint32(OFFSET.wallS),
        leaving: (flags & FLAG.leaving) !== 0,
        passive: (flags & FLAG.passive) !== 0,
        quiet: (flags & FLAG.quiet) !== 0,
        held: view.getUint16(OFFSET.held),
        acknowledgements,
        listSeq: view.getUint32(OFFSET.listSeq),
        entries,
      },
    };
  }

  #encodeBody({ acknowledgements, entries }: Heartbeat): Uint8Array {
    if (entries === undefined) return encodeAcknowledgements(acknowledgements);
    if (this.#said.entries !== entries) this.#said = { entries, bytes: encodeEntries(entries) };
    return concatenate([encodeAcknowledgements(acknowledgements), this.#said.bytes]);
  }

  #entriesOf(node: NodeId, bytes: Uint8Array, count: number): readonly Entry[] | BodyFault {
    const known = this.#heard.get(node);
    if (known?.entries.length === count && isEqual(known.bytes, bytes)) return known.entries;
    const entries = decodeEntries(bytes, count);
    if (typeof entries === 'string') return entries;
    if (known === undefined && this.#heard.size >= NODES_MAX) this.#heard.clear();
    this.#heard.set(node, { entries, bytes: bytes.slice() });
    return entries;
  }

  #encodePart(
    heartbeat: Heartbeat,
    mac: Uint8Array,
    { part, parts, slice }: { part: number; parts: number; slice: Uint8Array },
  ): Uint8Array {
    const frame = new Uint8Array(OFFSET.body + slice.length + CODE_BYTES);
    const view = viewOf(frame);
    frame.fill(0xff, OFFSET.destination, OFFSET.source);
    frame.set(mac, OFFSET.source);
    view.setUint16(OFFSET.etherType, ETHER_TYPE);
    view.setUint8(OFFSET.version, FRAME_VERSION);
    view.setUint8(OFFSET.flags, flagsOf(heartbeat));
    view.setUint8(OFFSET.part, part);
    view.setUint8(OFFSET.parts, parts);
    view.setUint32(OFFSET.electorate, this.#electorate);
    setNode(view, OFFSET.node, heartbeat.node);
    view.setUint32(OFFSET.boot, heartbeat.boot);
    view.setUint32(OFFSET.seq, heartbeat.seq);
    view.setUint16(OFFSET.ageMs, heartbeat.ageMs);
    view.setUint32(OFFSET.wallS, heartbeat.wallS);
    view.setUint16(OFFSET.held, heartbeat.held);
    view.setUint16(OFFSET.acknowledgements, heartbeat.acknowledgements.length);
    view.setUint16(OFFSET.entries, heartbeat.entries?.length ?? 0);
    view.setUint32(OFFSET.listSeq, heartbeat.listSeq);
    view.setUint16(OFFSET.length, slice.length);
    frame.set(slice, OFFSET.body);
    signFrame(this.#hmac, this.#keys[0] ?? new Uint8Array(), frame);
    return frame;
  }

  #faultOf(frame: Uint8Array): FrameFault | undefined {
    if (frame.length < OFFSET.version) return 'cut-short';
    const view = viewOf(frame);
    if (view.getUint16(OFFSET.etherType) !== ETHER_TYPE) return 'other-ether-type';
    if (frame.length < OFFSET.body + CODE_BYTES) return 'cut-short';
    if (view.getUint8(OFFSET.version) !== FRAME_VERSION) return 'other-version';
    if (view.getUint32(OFFSET.electorate) !== this.#electorate) return 'other-electorate';
    const length = view.getUint16(OFFSET.length);
    if (frame.length !== OFFSET.body + length + CODE_BYTES) return 'wrong-length';
    const [part, parts] = [view.getUint8(OFFSET.part), view.getUint8(OFFSET.parts)];
    const last = part === parts - 1;
    if (part >= parts || parts > PARTS_MAX || (!last && length !== BODY_BYTES_MAX)) {
      return 'bad-part';
    }
    return isAuthentic(this.#hmac, this.#keys, frame) ? undefined : 'not-authentic';
  }

  /** The whole body, if this part completes it. */
  #collect(node: NodeId, frame: Uint8Array): Uint8Array | undefined {
    const view = viewOf(frame);
    const slice = frame.subarray(OFFSET.body, frame.length - CODE_BYTES);
    const [part, parts] = [view.getUint8(OFFSET.part), view.getUint8(OFFSET.parts)];
    if (parts === 1) return slice;
    const [boot, seq] = [view.getUint32(OFFSET.boot), view.getUint32(OFFSET.seq)];
    let partial = this.#partials.get(node);
    if (partial?.boot !== boot || partial.seq !== seq || partial.bodies.length !== parts) {
      // An older heartbeat of this boot whose rest comes late must not push out the newer one.
      if (partial?.boot === boot && seq < partial.seq) return undefined;
      if (partial === undefined && this.#partials.size >= NODES_MAX) this.#partials.clear();
      partial = { boot, seq, bodies: Array.from({ length: parts }) };
      this.#partials.set(node, partial);
    }
    partial.bodies[part] = slice.slice();
    if (partial.bodies.includes(undefined)) return undefined;
    this.#partials.delete(node);
    return concatenate(partial.bodies as Uint8Array[]);
  }
}

function flagsOf({ leaving, passive, quiet, entries }: Heartbeat): number {
  return (
    (leaving ? FLAG.leaving : 0) +
    (passive ? FLAG.passive : 0) +
    (quiet ? FLAG.quiet : 0) +
    (entries === undefined ? FLAG.unlisted : 0)
  );
}

/** A copy of keys that can be signed with; throws `bad-options` for others. */
export function checkedKeys(keys: readonly Uint8Array[]): readonly Uint8Array[] {
  if (keys.length > 0 && keys.every(({ length }) => length >= 16))
    return keys.map((key) => key.slice());
  const problems = ['keys must be one or more keys of at least 16 bytes'];
  throw new L2ElectionError('bad-options', problems.join(), { problems });
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
