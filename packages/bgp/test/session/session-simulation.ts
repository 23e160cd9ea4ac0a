import {
  completeSessionOptions,
  initialSession,
  type KeepaliveMessage,
  type NotificationMessage,
  type OpenMessage,
  phaseOf,
  type SessionEffect,
  type SessionHappening,
  type SessionOptions,
  type SessionPhase,
  type SessionState,
  sessionStep,
} from '../../src/index.ts';

type Message = OpenMessage | KeepaliveMessage | NotificationMessage | { readonly type: 'UPDATE' };

/** What the network may do: delays are drawn anew for each segment, but segments of one direction never overtake each other. */
export interface NetworkOptions {
  readonly delayMsMax: number;
}

interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** One TCP connection. It loses nothing; it delays, stalls, and can be cut. */
interface Pipe {
  readonly number: number;
  readonly ends: Map<SimSpeaker, number>;
  open: boolean;
  readonly lastMs: Map<SimSpeaker, number>;
}

/** Two machines, each with its own view of the connections between them, on one clock. */
export class SessionSimulation {
  nowMs = 0;
  readonly speakers: readonly [SimSpeaker, SimSpeaker];
  readonly random: () => number;
  readonly pipes: Pipe[] = [];
  /** No connection can be made, and what is under way waits. */
  cut = false;
  readonly #delayMsMax: number;
  readonly #queue: Happening[] = [];
  #order = 0;

  constructor(
    random: () => number,
    options: readonly [SessionOptions, SessionOptions],
    { delayMsMax }: NetworkOptions,
  ) {
    this.random = random;
    this.#delayMsMax = delayMsMax;
    this.speakers = [new SimSpeaker(this, options[0]), new SimSpeaker(this, options[1])];
  }

  other(speaker: SimSpeaker): SimSpeaker {
    return speaker === this.speakers[0] ? this.speakers[1] : this.speakers[0];
  }

  at(atMs: number, run: () => void): void {
    this.#queue.push({ atMs: Math.max(atMs, this.nowMs), order: this.#order++, run });
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#takeNext(endMs);
      if (next === undefined) break;
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }

  #takeNext(endMs: number): Happening | undefined {
    let first = -1;
    for (const [index, { atMs, order }] of this.#queue.entries()) {
      const best = this.#queue[first];
      if (atMs > endMs) continue;
      if (best === undefined || atMs < best.atMs || (atMs === best.atMs && order < best.order)) {
        first = index;
      }
    }
    return first < 0 ? undefined : this.#queue.splice(first, 1)[0];
  }

  dial(from: SimSpeaker, connection: number): void {
    const pipe: Pipe = {
      number: this.pipes.length,
      ends: new Map([[from, connection]]),
      open: true,
      lastMs: new Map(),
    };
    this.pipes.push(pipe);
    const to = this.other(from);
    this.deliver(pipe, to, () => {
      if (this.cut) {
        pipe.open = false;
        this.deliver(pipe, from, () => from.disconnected(connection));
        return;
      }
      this.deliver(pipe, from, () => from.feed({ kind: 'connected', connection }));
      to.accept(pipe, (refusal) => {
        this.send(pipe, to, refusal);
        this.close(pipe, to);
      });
    });
  }

  send(pipe: Pipe, from: SimSpeaker, message: Message): void {
    const to = this.other(from);
    this.deliver(pipe, to, () => to.receive(pipe, message));
  }

  /** The end of what `from` has to say arrives after all of it. */
  close(pipe: Pipe, from: SimSpeaker): void {
    const to = this.other(from);
    this.deliver(pipe, to, () => {
      pipe.open = false;
      const connection = pipe.ends.get(to);
      if (connection !== undefined) to.disconnected(connection);
    });
  }

  /** Both ends are told that the connection is broken, each when the news arrives. */
  reset(pipe: Pipe): void {
    for (const speaker of this.speakers) this.close(pipe, this.other(speaker));
  }

  deliver(pipe: Pipe, to: SimSpeaker, run: () => void): void {
    const delayMs = this.random() * this.#delayMsMax;
    const atMs = Math.max(this.nowMs + delayMs, pipe.lastMs.get(to) ?? 0);
    pipe.lastMs.set(to, atMs);
    this.at(atMs, run);
  }
}

/** One machine and its shell. */
export class SimSpeaker {
  state: SessionState;
  /** What it should have on the wire by what the machine has said. */
  readonly connections = new Map<number, Pipe | undefined>();
  /** While set, nothing is read or timed: the process is stopped. */
  frozen = false;
  established = 0;
  ended: string[] = [];
  readonly #simulation: SessionSimulation;
  readonly #missed: (() => void)[] = [];
  #accepting:
    | { readonly pipe: Pipe; readonly refuse: (why: NotificationMessage) => void }
    | undefined;
  #timer = 0;

  constructor(simulation: SessionSimulation, options: SessionOptions) {
    this.#simulation = simulation;
    this.state = initialSession(completeSessionOptions(options));
  }

  get phase(): SessionPhase {
    return phaseOf(this.state);
  }

  /** The connection that an established session is on. */
  get pipe(): Pipe | undefined {
    const established = this.state.connections.find(({ stage }) => stage === 'Established');
    return established === undefined ? undefined : this.connections.get(established.id);
  }

  feed(happening: SessionHappening): void {
    if (this.frozen) {
      this.#missed.push(() => this.feed(happening));
      return;
    }
    const at = { nowMs: this.#simulation.nowMs, random: this.#simulation.random() };
    const [state, effects] = sessionStep(this.state, { ...happening, at });
    this.state = state;
    for (const effect of effects) this.#perform(effect);
  }

  /** What arrived while it was stopped is read first, then its timers run. */
  thaw(): void {
    this.frozen = false;
    for (const run of this.#missed.splice(0)) run();
  }

  /** A stopped process's kernel accepts for it; the process itself hears of it later. */
  accept(pipe: Pipe, refuse: (why: NotificationMessage) => void): void {
    if (this.frozen) {
      this.#missed.push(() => this.accept(pipe, refuse));
      return;
    }
    this.#accepting = { pipe, refuse };
    this.feed({ kind: 'accepted' });
  }

  disconnected(connection: number): void {
    if (this.connections.has(connection)) this.feed({ kind: 'disconnected', connection });
  }

  receive(pipe: Pipe, message: Message): void {
    const connection = pipe.ends.get(this);
    if (connection === undefined || !this.connections.has(connection)) return;
    switch (message.type) {
      case 'OPEN':
        this.feed({ kind: 'open', connection, open: message });
        break;
      case 'KEEPALIVE':
        this.feed({ kind: 'keepalive', connection });
        break;
      case 'NOTIFICATION':
        this.feed({ kind: 'notification', connection, notification: message });
        break;
      case 'UPDATE':
        this.feed({ kind: 'update', connection });
        break;
    }
  }

  #perform(effect: SessionEffect): void {
    const simulation = this.#simulation;
    switch (effect.kind) {
      case 'dial':
        this.connections.set(effect.connection, undefined);
        simulation.dial(this, effect.connection);
        this.connections.set(effect.connection, simulation.pipes.at(-1));
        break;
      case 'adopt':
        this.#accepting?.pipe.ends.set(this, effect.connection);
        this.connections.set(effect.connection, this.#accepting?.pipe);
        break;
      case 'refuse':
        this.#accepting?.refuse(effect.notification);
        break;
      case 'send': {
        const pipe = this.#pipeOf(effect.connection);
        if (pipe !== undefined) simulation.send(pipe, this, effect.message);
        break;
      }
      case 'close': {
        const pipe = this.#pipeOf(effect.connection);
        this.connections.delete(effect.connection);
        if (pipe !== undefined) simulation.close(pipe, this);
        break;
      }
      case 'established':
        this.established++;
        for (let count = 0; count < 3; count++) {
          const pipe = this.#pipeOf(effect.connection);
          if (pipe !== undefined) simulation.send(pipe, this, { type: 'UPDATE' });
        }
        break;
      case 'ended':
        this.ended.push(
          'notification' in effect.reason
            ? `${effect.reason.kind} ${effect.reason.notification.code}/${effect.reason.notification.subcode}`
            : effect.reason.kind,
        );
        break;
      case 'wake-at':
        this.#wakeAt(effect.atMs);
        break;
      default:
    }
  }

  #pipeOf(connection: number): Pipe | undefined {
    if (!this.connections.has(connection)) throw new Error('an effect on a closed connection');
    return this.connections.get(connection);
  }

  #wakeAt(atMs: number | undefined): void {
    const timer = ++this.#timer;
    if (atMs === undefined) return;
    this.#simulation.at(atMs, () => {
      if (timer === this.#timer) this.feed({ kind: 'wake' });
    });
  }
}
