import { addressBytes, addressText } from './address-text.ts';
import { isAuthentic, signFrame } from './frame-code.ts';
import { CODE_BYTES, ETHER_TYPE, OFFSET } from './frame-layout.ts';
import { nodeAt, setNode, viewOf } from './heartbeat-body.ts';
import { checkedKeys, type Hmac } from './heartbeat-codec.ts';
import type { NodeId } from './heartbeat.ts';

/** An address that its holder does not answer for, and the term of the hold. */
export interface UnansweredHold {
  readonly address: string;
  readonly term: number;
}

/** What a node tells everybody: it asked for these addresses again and again, and their holder, whom it hears, did not answer. */
export interface AnswerReport {
  /** Who asked: the node, its boot, and its newest heartbeat at that time, by which the report is dated. */
  readonly node: NodeId;
  readonly boot: number;
  readonly seq: number;
  readonly holder: NodeId;
  readonly holds: readonly UnansweredHold[];
}

/** Why a frame is no report that counts. `no-report`: it is a frame of another kind. */
export type ReportFault =
  | 'no-report'
  | 'cut-short'
  | 'other-electorate'
  | 'trailing-bytes'
  | 'bad-family'
  | 'not-authentic';

/** Where a heartbeat has its version. Heartbeats never have this one, so speakers that know no reports drop them. */
const REPORT_VERSION = 0x81;

/** Offsets of a report; all numbers are big-endian. The Ethernet header and the version stand where a heartbeat has them. */
const AT = {
  /** How many holds follow. */
  count: 15,
  electorate: 16,
  node: 20,
  boot: 28,
  seq: 32,
  holder: 36,
  holds: 44,
} as const;

/** Of each hold: 4 or 6, the term in 4 bytes, and the address in 4 or 16. */
const FAMILY = { ipv4: 4, ipv6: 6 } as const;
/** So many fit into a frame of a 1,500-byte MTU whatever their family. */
const HOLDS_MAX = 68;

/** Turns reports into authenticated Ethernet frames and back. */
export class AnswerReportCodec {
  readonly #hmac: Hmac;
  #keys: readonly Uint8Array[];
  readonly #electorate: number;

  /** Keys and electorate as for `HeartbeatCodec`. Throws `L2ElectionError` `bad-options`. */
  constructor(
    deps: { readonly hmac: Hmac },
    options: { readonly keys: readonly Uint8Array[]; readonly electorate: number },
  ) {
    this.#hmac = deps.hmac;
    this.#keys = checkedKeys(options.keys);
    this.#electorate = options.electorate;
  }

  /** Signs with the first of these and accepts all, from the next frame on. Throws `L2ElectionError` `bad-options`. */
  setKeys(keys: readonly Uint8Array[]): void {
    this.#keys = checkedKeys(keys);
  }

  /** The frames of one report: one, unless it names many addresses. */
  encode(report: AnswerReport, mac: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (let from = 0; from < report.holds.length; from += HOLDS_MAX) {
      frames.push(this.#encodeSome(report, report.holds.slice(from, from + HOLDS_MAX), mac));
    }
    return frames;
  }

  /** Reads one frame. Never throws, whatever the bytes. */
  read(frame: Uint8Array): AnswerReport | ReportFault {
    if (frame.length <= OFFSET.version) return 'no-report';
    const view = viewOf(frame);
    const isReport =
      view.getUint16(OFFSET.etherType) === ETHER_TYPE &&
      view.getUint8(OFFSET.version) === REPORT_VERSION;
    if (!isReport) return 'no-report';
    if (frame.length < AT.holds + CODE_BYTES) return 'cut-short';
    if (view.getUint32(AT.electorate) !== this.#electorate) return 'other-electorate';
    if (!isAuthentic(this.#hmac, this.#keys, frame)) return 'not-authentic';
    const body = frame.subarray(AT.holds, frame.length - CODE_BYTES);
    const holds = decodeHolds(body, view.getUint8(AT.count));
    if (typeof holds === 'string') return holds;
    return {
      node: nodeAt(view, AT.node),
      boot: view.getUint32(AT.boot),
      seq: view.getUint32(AT.seq),
      holder: nodeAt(view, AT.holder),
      holds,
    };
  }

  #encodeSome(
    { node, boot, seq, holder }: AnswerReport,
    holds: readonly UnansweredHold[],
    mac: Uint8Array,
  ): Uint8Array {
    const addresses = holds.map(({ address }) => {
      const bytes = addressBytes(address);
      if (bytes === undefined) throw new Error(`not a canonical address: ${address}`);
      return bytes;
    });
    const length = addresses.reduce((sum, address) => sum + 5 + address.length, 0);
    const frame = new Uint8Array(AT.holds + length + CODE_BYTES);
    const view = viewOf(frame);
    frame.fill(0xff, OFFSET.destination, OFFSET.source);
    frame.set(mac, OFFSET.source);
    view.setUint16(OFFSET.etherType, ETHER_TYPE);
    view.setUint8(OFFSET.version, REPORT_VERSION);
    view.setUint8(AT.count, holds.length);
    view.setUint32(AT.electorate, this.#electorate);
    setNode(view, AT.node, node);
    view.setUint32(AT.boot, boot);
    view.setUint32(AT.seq, seq);
    setNode(view, AT.holder, holder);
    let at: number = AT.holds;
    for (const [index, address] of addresses.entries()) {
      frame[at] = address.length === 4 ? FAMILY.ipv4 : FAMILY.ipv6;
      view.setUint32(at + 1, holds[index]?.term ?? 0);
      frame.set(address, at + 5);
      at += 5 + address.length;
    }
    signFrame(this.#hmac, this.#keys[0] ?? new Uint8Array(), frame);
    return frame;
  }
}

function decodeHolds(bytes: Uint8Array, count: number): readonly UnansweredHold[] | ReportFault {
  const view = viewOf(bytes);
  const holds: UnansweredHold[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const family = bytes[at];
    if (family === undefined) return 'cut-short';
    if (family !== FAMILY.ipv4 && family !== FAMILY.ipv6) return 'bad-family';
    const end = at + 5 + (family === FAMILY.ipv4 ? 4 : 16);
    if (bytes.length < end) return 'cut-short';
    holds.push({ address: addressText(bytes.subarray(at + 5, end)), term: view.getUint32(at + 1) });
    at = end;
  }
  return at === bytes.length ? holds : 'trailing-bytes';
}
