import {
  decodeState,
  type ElectionEvent,
  type ElectionEffect,
  type ElectionState,
  encodeState,
  type Heartbeat,
  initialState,
  mayAnswer,
  step,
  type Step,
  type Timings,
} from '../src/index.ts';
import { isAtRest } from '../src/speaking.ts';
import type { EventQueue } from './event-queue.ts';

/** A frame on its way, and when it was sent in true time. */
export interface SimFrame {
  readonly heartbeat: Heartbeat;
  readonly sentMs: number;
  readonly mac: string;
}

/** A frame in a socket, and since when, by the clock of its node. */
interface WaitingFrame extends SimFrame {
  readonly heardMs: number;
}

const SLOW_START_MS = 600;

/** What a node needs of the world around it. */
export interface SimWorld {
  readonly queue: EventQueue;
  readonly random: () => number;
  readonly timings: Timings;
  /** Strict, with so many members; 0: not. */
  readonly members: number;
  readonly step: Step;
  /** Broken on purpose: questions that waited are answered before the frames that waited are read. */
  readonly answersFirst: boolean;
  /** Nodes listen for up to {@link SLOW_START_MS} before they do anything, and count that as listening. */
  readonly startsSlowly: boolean;
  turns: number;
  /** Called when the answers may have changed. */
  look(): void;
  heard(by: SimNode, from: string, frame: SimFrame): void;
  act(node: SimNode, effect: ElectionEffect): void;
}

/** One node of a simulated segment: a clock of its own rate, and a process that may be frozen, dead, deaf, mute or without link. */
export class SimNode {
  readonly id: string;
  readonly index: number;
  readonly addresses: Set<string>;
  state: ElectionState | undefined;
  frozen = false;
  deaf = false;
  mute = false;
  linkDown = false;
  apiCut = false;
  gatewayCut = false;
  bootCount = 0;
  /** It was told to stop, and ends when it has handed over. */
  ending = false;
  /** Alone in its cluster: silence proves nothing. */
  readonly alone: boolean;
  readonly #beside: (address: string, node: number) => string | undefined;
  readonly #world: SimWorld;
  readonly #rate: number;
  readonly #offsetMs: number;
  readonly #wallMs: number;
  #inbox: WaitingFrame[] = [];
  #events: ElectionEvent[] = [];
  /** What waits in the socket of a process that will go on in this one's place. */
  #heir: WaitingFrame[] | undefined;
  #turnAtMs = Infinity;
  /** Until then it listens and does nothing else. */
  #beginsAtMs = -Infinity;
  /** Quiet frames do not wake it. */
  #atRest = false;
  #turn = 0;

  constructor(
    world: SimWorld,
    options: {
      index: number;
      addresses: readonly string[];
      beside: (address: string, node: number) => string | undefined;
      alone: boolean;
      rate: number;
      offsetMs: number;
      wallMs: number;
    },
  ) {
    this.#world = world;
    this.index = options.index;
    this.id = (options.index + 1).toString(16).padStart(16, '0');
    this.addresses = new Set(options.addresses);
    this.#beside = options.beside;
    this.alone = options.alone;
    this.#rate = options.rate;
    this.#offsetMs = options.offsetMs;
    this.#wallMs = options.wallMs;
  }

  get isUp(): boolean {
    return this.state !== undefined;
  }

  /** A socket is open, although perhaps nobody reads it yet. */
  get listens(): boolean {
    return this.isUp || this.#heir !== undefined;
  }

  localMs(): number {
    return this.#world.queue.nowMs * this.#rate + this.#offsetMs;
  }

  boot(boot: number): void {
    this.bootCount++;
    this.frozen = false;
    this.#heir = undefined;
    this.ending = false;
    this.#inbox = [];
    this.#events = [];
    const { queue, random, startsSlowly } = this.#world;
    this.#beginsAtMs = startsSlowly ? queue.nowMs + random() * SLOW_START_MS : -Infinity;
    this.state = initialState({
      node: this.id,
      boot,
      timings: this.#world.timings,
      members: this.#world.members,
      nowMs: this.localMs(),
    });
    for (const address of this.addresses) this.stand(address);
    this.tell({ kind: 'alone', alone: this.alone });
    if (this.linkDown) this.tell({ kind: 'link', up: false });
    this.turnAt(this.#world.queue.nowMs + 1);
  }

  crash(): void {
    this.state = undefined;
    this.#turnAtMs = Infinity;
    this.#turn++;
    this.#world.look();
  }

  /**
   * Another process of this machine goes on with what this one knows, written and read: it had last read all frames `readAgoMs` before this one stopped,
   * and begins `gapMs` after it. What arrives between is in its socket, or lost.
   */
  succeed(how: {
    readonly gapMs: number;
    readonly readAgoMs: number;
    readonly hearsMeanwhile: boolean;
  }): void {
    if (this.state === undefined || this.frozen || this.ending) return;
    this.#takeTurn();
    const { bootCount } = this;
    // Machines that are broken on purpose have states that cannot be written.
    const state = this.#world.step === step ? decodeState(encodeState(this.state)) : this.state;
    if (typeof state === 'string') throw new Error(state);
    const readAllAtMs = this.localMs() - how.readAgoMs;
    this.#heir = how.hearsMeanwhile ? [] : undefined;
    this.crash();
    if (how.gapMs === Infinity) return;
    this.#world.queue.at(this.#world.queue.nowMs + how.gapMs, () => {
      if (this.isUp || this.bootCount !== bootCount) return;
      this.state = { ...state, readAllAtMs: Math.min(state.readAllAtMs, readAllAtMs) };
      this.#inbox = this.#heir ?? [];
      this.#heir = undefined;
      this.#events = [];
      for (const address of this.addresses) this.tell({ kind: 'stand', address, candidacy: {} });
      this.tell({ kind: 'link', up: !this.linkDown });
      this.turnAt(this.#world.queue.nowMs + 0.1);
    });
  }

  freeze(): void {
    this.frozen = true;
    this.#world.look();
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.#turnAtMs = Infinity;
    this.turnAt(this.#world.queue.nowMs);
  }

  tell(event: ElectionEvent): void {
    if (!this.isUp) return;
    this.#events.push(event);
    if (!this.frozen) this.turnAt(this.#world.queue.nowMs + 0.01);
  }

  stand(address: string): void {
    const beside = this.#beside(address, this.index);
    const candidacy = beside === undefined ? {} : { beside };
    this.tell({ kind: 'stand', address, candidacy });
  }

  /** Stands for another address from now on. */
  introduce(address: string): void {
    this.addresses.add(address);
    this.stand(address);
  }

  receive(sent: SimFrame): void {
    const frame = { ...sent, heardMs: this.localMs() };
    if (!this.isUp) this.#heir?.push(frame);
    // A socket holds so many frames for a process that does not read.
    if (!this.isUp || this.#inbox.length >= 256) return;
    this.#inbox.push(frame);
    if (this.frozen) {
      // It will read this before it answers anything: that counts as hearing.
      const { node, boot, seq } = frame.heartbeat;
      const peer = this.state?.peers.get(node);
      if (peer?.boot === boot && seq > peer.direct) this.#world.heard(this, node, frame);
    } else {
      const soonMs = this.#world.queue.nowMs + 0.05 + this.#world.random() * 0.5;
      if (!this.#atRest || !frame.heartbeat.quiet) this.turnAt(soonMs);
    }
  }

  turnAt(earliestMs: number): void {
    const atMs = Math.max(earliestMs, this.#beginsAtMs);
    if (this.#turnAtMs <= atMs) return;
    this.#turnAtMs = atMs;
    const turn = ++this.#turn;
    this.#world.queue.at(atMs, () => {
      if (turn === this.#turn) this.#takeTurn();
    });
  }

  /** Whether a question for the address that arrives now gets an answer that anybody receives. */
  answers(address: string): boolean {
    if (this.state === undefined || this.frozen || this.mute || this.deaf || this.linkDown) {
      return false;
    }
    return mayAnswer(this.state, address, this.localMs());
  }

  #takeTurn(): void {
    const before = this.state;
    this.#turnAtMs = Infinity;
    if (before === undefined || this.frozen) return;
    this.#world.turns++;
    if (this.#world.answersFirst) this.#world.look();
    const nowMs = this.localMs();
    const frames = this.#inbox;
    const events = this.#events;
    this.#inbox = [];
    this.#events = [];
    for (const { heartbeat, mac, heardMs } of frames)
      events.push({ kind: 'heartbeat', heartbeat, mac, heardMs });
    const wallMs = this.#wallMs + this.#world.queue.nowMs;
    const [state, effects] = this.#world.step(before, { nowMs, wallMs, events, readAll: true });
    this.state = state;
    for (const frame of frames) {
      const { node, boot, seq } = frame.heartbeat;
      const peer = state.peers.get(node);
      const old = before.peers.get(node);
      const counted = peer?.boot === boot && seq > (old?.boot === boot ? old.direct : 0);
      if (counted) this.#world.heard(this, node, frame);
    }
    for (const effect of effects) this.#world.act(this, effect);
    this.#world.look();
    if (this.state !== undefined) {
      this.#atRest = isAtRest(state, nowMs);
      const waitMs = Math.max(0.01, (state.wakeAtMs - nowMs) / this.#rate);
      this.turnAt(this.#world.queue.nowMs + waitMs);
    }
  }
}
