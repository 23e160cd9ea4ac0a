import { expect } from 'vitest';
import {
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  type Heartbeat,
  initialState,
  mayAnswer,
  step,
  wiredTimings,
} from '../src/index.ts';

export const x = '192.0.2.1';
export const wallMs = 1_790_000_000_000;
export const timings: typeof wiredTimings = wiredTimings;

/** Machines on one perfect wire without delay, turn by turn in whole milliseconds; a test may take a cable out. */
export class Wire {
  nowMs = 0;
  /** How often a stranger was asked for a frame; it always answers. */
  solicited = 0;
  readonly states = new Map<string, ElectionState>();
  readonly effects: (ElectionEffect & { node: string })[] = [];
  readonly sent: Heartbeat[] = [];
  readonly inboxes = new Map<string, ElectionEvent[]>();
  readonly wallOffsetMs = new Map<string, number>();
  /** `from>to` */
  readonly cut = new Set<string>();

  start(name: string, boot: number = 1): void {
    const node = name.padStart(16, '0');
    this.states.set(name, initialState({ node, boot, timings, nowMs: this.nowMs }));
    this.inboxes.set(name, [{ kind: 'stand', address: x, candidacy: {} }]);
  }

  tell(name: string, ...events: ElectionEvent[]): void {
    this.inboxes.get(name)?.push(...events);
  }

  run(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs++) {
      for (const [name, state] of this.states) this.#turn(name, state);
    }
  }

  answerers(): string[] {
    return [...this.states].filter(([, s]) => mayAnswer(s, x, this.nowMs)).map(([name]) => name);
  }

  kinds(): string[] {
    return this.effects.map(({ node, kind }) => `${node} ${kind}`);
  }

  #turn(name: string, state: ElectionState): void {
    const events = this.inboxes.get(name) ?? [];
    if (events.length === 0 && this.nowMs < state.wakeAtMs) return;
    this.inboxes.set(name, []);
    const offsetMs = this.wallOffsetMs.get(name) ?? 0;
    const input = { nowMs: this.nowMs, wallMs: wallMs + offsetMs + this.nowMs, events };
    const [next, effects] = step(state, { ...input, readAll: true });
    this.states.set(name, next);
    for (const effect of effects) {
      if (effect.kind === 'send') this.#deliver(name, effect.heartbeat);
      else if (effect.kind === 'solicit') {
        this.solicited++;
        this.tell(name, { kind: 'foreign-frame' });
      } else if (effect.kind !== 'record') this.effects.push({ ...effect, node: name });
    }
  }

  #deliver(from: string, heartbeat: Heartbeat): void {
    this.sent.push(heartbeat);
    for (const to of this.states.keys()) {
      if (to === from || this.cut.has(`${from}>${to}`)) continue;
      this.tell(to, { kind: 'heartbeat', heartbeat, mac: `mac-${from}` });
    }
  }
}

/** Two nodes of which one answers. */
export function pair(): Wire {
  const wire = new Wire();
  wire.start('a');
  wire.start('b');
  wire.run(1500);
  expect(wire.answerers()).toHaveLength(1);
  return wire;
}

/** Who answers, and the other. */
export const holderOf = (wire: Wire): [string, string] =>
  wire.answerers()[0] === 'a' ? ['a', 'b'] : ['b', 'a'];
