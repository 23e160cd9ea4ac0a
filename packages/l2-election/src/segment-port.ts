import { type AnswerReport, AnswerReportCodec, type ReportFault } from './answer-report.ts';
import { HeartbeatCodec } from './heartbeat-codec.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { L2Election } from './l2-election.ts';
import type { L2ElectionDeps } from './l2-election-deps.ts';

/** A look at the link that took longer may have ended long after the link was found empty. */
const lookMsMax = 20;
const looksMax = 100;

/** What is heard on a segment. */
export interface PortListener {
  /** `mac`: as text. `heardMs`: when the link got it. */
  heartbeat(heartbeat: Heartbeat, mac: string, heardMs: number): void;
  /** Another machine spoke, and it was no heartbeat. */
  foreign(): void;
  /** Another election of this process is on the same segment. */
  met(other: L2Election): void;
  /** Frames that came together were passed on. */
  batchEnded(): void;
  link(up: boolean): void;
}

/** What an election says and hears: frames on the one side, heartbeats on the other. */
export class SegmentPort {
  readonly #deps: L2ElectionDeps;
  readonly #listener: PortListener;
  readonly #heartbeats: HeartbeatCodec;
  readonly #reports: AnswerReportCodec;
  #isReading = false;
  #closed = false;

  /** @throws L2ElectionError `bad-options` */
  constructor(
    deps: L2ElectionDeps,
    options: { readonly keys: readonly Uint8Array[]; readonly electorate: number },
    listener: PortListener,
  ) {
    this.#deps = deps;
    this.#listener = listener;
    this.#heartbeats = new HeartbeatCodec(deps, options);
    this.#reports = new AnswerReportCodec(deps, options);
    deps.link.listen({
      onFrame: (frame) => this.#onFrame(frame, 0),
      onKept: (frame, waitedMs) => this.#onFrame(frame, waitedMs),
      onBatch: (deliver) => this.#onBatch(deliver),
      onLink: (state) => listener.link(state === 'up'),
    });
  }

  /** Frames are being passed on, and there are more to come or a turn follows. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** @throws L2ElectionError `bad-options`; then the old ones stay */
  setKeys(keys: readonly Uint8Array[]): void {
    this.#heartbeats.setKeys(keys);
    this.#reports.setKeys(keys);
  }

  send(heartbeat: Heartbeat): void {
    this.#send(this.#heartbeats.encode(heartbeat, this.#deps.link.mac));
  }

  report(unanswered: AnswerReport): void {
    this.#send(this.#reports.encode(unanswered, this.#deps.link.mac));
  }

  /** Whether all that had arrived was passed on: not where the process was stopped each time while it read. */
  readAll(): boolean {
    const { clock, link } = this.#deps;
    let isRead = false;
    this.#isReading = true;
    for (let look = 0; look < looksMax && !isRead; look++) {
      const startedMs = clock.nowMs();
      link.readAll();
      isRead = clock.nowMs() - startedMs <= lookMsMax;
    }
    this.#isReading = false;
    return isRead;
  }

  /** Passes nothing on any more. */
  close(): void {
    this.#closed = true;
  }

  #send(frames: readonly Uint8Array[]): void {
    const { link, metrics } = this.#deps;
    for (const frame of frames) {
      link.send(frame);
      metrics?.frameSent(frame.length);
    }
  }

  #onBatch(deliver: () => void): void {
    const isInner = this.#isReading;
    this.#isReading = true;
    deliver();
    this.#isReading = isInner;
    if (!isInner) this.#listener.batchEnded();
  }

  #onFrame(frame: Uint8Array, waitedMs: number): void {
    const { clock, link, electionOf, metrics } = this.#deps;
    if (this.#closed || isFrom(frame, link.mac)) return;
    const ownOther = electionOf?.(frame.subarray(6, 12));
    const unanswered = this.#reports.read(frame);
    if (unanswered !== 'no-report') {
      if (ownOther === undefined) this.#onReport(unanswered);
      return;
    }
    const read = this.#heartbeats.read(frame);
    if (ownOther !== undefined) {
      // What this machine says itself proves nothing of its receiver or of others.
      if (read.kind !== 'fault') this.#listener.met(ownOther);
    } else if (read.kind === 'heartbeat') {
      this.#listener.heartbeat(read.heartbeat, macText(read.mac), clock.nowMs() - waitedMs);
    } else {
      const isOurs = read.kind === 'fault' && read.fault !== 'other-ether-type';
      if (isOurs) metrics?.frameRefused(read.fault);
      this.#listener.foreign();
    }
  }

  #onReport(read: AnswerReport | ReportFault): void {
    const { listener, metrics } = this.#deps;
    this.#listener.foreign();
    if (typeof read !== 'string') listener.reported?.(read);
    else metrics?.frameRefused(read);
  }
}

function isFrom(frame: Uint8Array, mac: Uint8Array): boolean {
  return frame.length >= 12 && mac.every((byte, index) => frame[6 + index] === byte);
}

/** One is made for each frame that is heard. */
const octetTexts: readonly string[] = Array.from({ length: 256 }, (_, octet) =>
  octet.toString(16).padStart(2, '0'),
);

/** A hardware address as people write it. */
export function macText(mac: Uint8Array): string {
  let text = octetTexts[mac[0] ?? 0] ?? '';
  for (let at = 1; at < mac.length; at++) text += `:${octetTexts[mac[at] ?? 0]}`;
  return text;
}
