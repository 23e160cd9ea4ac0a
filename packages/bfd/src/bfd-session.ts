import { bfdStep } from './bfd-machine.ts';
import { type BfdOptions, type BfdTimings, completeBfdOptions } from './bfd-options.ts';
import { type BfdEffect, type BfdHappening, type BfdState, initialBfd } from './bfd-state.ts';
import { type BfdStateName, type ControlPacket, encodeControlPacket } from './control-packet.ts';

/** The time that sessions live in. */
export interface Clock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /**
   * Runs `fire` once after `ms`, never after it was disposed, and after the sockets have delivered what waits: else a process that was held up takes a peer for
   * dead whose packets it has not read yet.
   */
  timer(ms: number, fire: () => void): Disposable;
}

/** Where sessions report what happens. Texts are constant; what varies is in the fields. */
export interface Logger {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** What a session runs on. */
export interface BfdSessionDeps {
  /** Sends a UDP payload to the peer: port 3784 with TTL 255 for a neighbour (RFC 5881), 4784 otherwise (RFC 5883). Never throws for what the world does. */
  readonly send: (bytes: Uint8Array) => void;
  readonly clock: Clock;
  /** Numbers in [0, 1), for jitter. */
  readonly random: () => number;
  /** Told at each change, synchronously; `diagnostic` is one of `DIAGNOSTIC`. */
  readonly onState?: (to: BfdStateName, from: BfdStateName, diagnostic: number) => void;
  /** Default: silent. */
  readonly log?: Logger;
}

/** One session: the shell that feeds the {@link bfdStep} machine and performs what it wants. */
export class BfdSession {
  /** What the logs call it: the peer's address. */
  readonly name: string;
  readonly #deps: BfdSessionDeps;
  readonly #happenings: BfdHappening[] = [];
  readonly #finished: (() => void)[] = [];
  #state: BfdState;
  #busy = false;
  #wake: Disposable | undefined;

  /** Does nothing yet. `discriminator`: not 0, and no other session's of this process. @throws BfdError `bad-options` */
  constructor(deps: BfdSessionDeps, name: string, discriminator: number, options: BfdOptions = {}) {
    this.name = name;
    this.#deps = deps;
    this.#state = initialBfd(completeBfdOptions(options), discriminator);
  }

  get state(): BfdStateName {
    return this.#state.state;
  }

  /** The state that the peer last said it is in. `AdminDown`: it has ended the session on purpose, which says nothing of the path (RFC 5882 §4.2). */
  get remoteState(): BfdStateName {
    return this.#state.remote.state;
  }

  /** Our number for the session. */
  get discriminator(): number {
    return this.#state.discriminator;
  }

  /** Begins; again after a {@link stop}. */
  start(): void {
    this.#feed({ kind: 'start' });
  }

  /** Tells the peer that this is on purpose; resolves when it must have heard. */
  stop(): Promise<void> {
    if (this.#state.state === 'AdminDown' && this.#state.stopAtMs === undefined) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#finished.push(resolve);
      this.#feed({ kind: 'stop' });
    });
  }

  /** A packet from the peer. */
  receive(packet: ControlPacket): void {
    this.#feed({ kind: 'packet', packet });
  }

  /** Other timings from here on; the session stays as it is. @throws BfdError `bad-options` */
  change(timings: BfdTimings): void {
    const { settings } = this.#state;
    this.#feed({ kind: 'change', timings: completeBfdOptions({ ...settings, ...timings }) });
  }

  #feed(happening: BfdHappening): void {
    this.#happenings.push(happening);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (
        let next = this.#happenings.shift();
        next !== undefined;
        next = this.#happenings.shift()
      ) {
        const at = { nowMs: this.#deps.clock.nowMs(), random: this.#deps.random() };
        const [state, effects] = bfdStep(this.#state, { ...next, at });
        this.#state = state;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#busy = false;
    }
  }

  #perform(effect: BfdEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#deps.send(encodeControlPacket(effect.packet));
        break;
      case 'state':
        this.#onState(effect);
        break;
      case 'wake-at':
        this.#wakeAt(effect.atMs);
        break;
      case 'finished':
        for (const resolve of this.#finished.splice(0)) resolve();
        break;
    }
  }

  #onState({ from, to, diagnostic }: Extract<BfdEffect, { kind: 'state' }>): void {
    const fields = { peer: this.name, from, to, diagnostic };
    if (from === 'Up') this.#deps.log?.warn('bfd session down', fields);
    else if (to === 'Up') this.#deps.log?.info('bfd session up', fields);
    this.#deps.onState?.(to, from, diagnostic);
  }

  #wakeAt(atMs: number | undefined): void {
    this.#wake?.[Symbol.dispose]();
    this.#wake = undefined;
    if (atMs === undefined) return;
    const ms = Math.max(0, atMs - this.#deps.clock.nowMs());
    this.#wake = this.#deps.clock.timer(ms, () => this.#feed({ kind: 'wake' }));
  }
}
