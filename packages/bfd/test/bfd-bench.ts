import {
  type BfdEffect,
  type BfdHappening,
  type BfdOptions,
  type BfdState,
  type BfdStateName,
  bfdStep,
  completeBfdOptions,
  type ControlPacket,
  initialBfd,
} from '../src/index.ts';

/** A packet from the peer, which is number 7 and knows us as 42. */
export const from = (state: BfdStateName, by: Partial<ControlPacket> = {}): ControlPacket => ({
  diagnostic: 0,
  state,
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMultiplier: 3,
  myDiscriminator: 7,
  yourDiscriminator: 42,
  desiredMinTxUs: 300_000,
  requiredMinRxUs: 300_000,
  requiredMinEchoRxUs: 0,
  ...by,
});

/** Feeds one machine, number 42; `random` is 1 less nothing, so intervals are whole. */
export class BfdBench {
  state: BfdState;
  nowMs = 0;
  sent: ControlPacket[] = [];

  constructor(options: BfdOptions = {}) {
    this.state = initialBfd(completeBfdOptions(options), 42);
  }

  feed(happening: BfdHappening, random = 1): readonly BfdEffect[] {
    const [state, effects] = bfdStep(this.state, {
      ...happening,
      at: { nowMs: this.nowMs, random },
    });
    this.state = state;
    this.sent.push(...effects.flatMap((each) => (each.kind === 'send' ? [each.packet] : [])));
    return effects;
  }

  /** In words, but for when to wake. */
  tell(happening: BfdHappening): string[] {
    return this.feed(happening).flatMap(describe);
  }

  hear(state: BfdStateName, by: Partial<ControlPacket> = {}): string[] {
    return this.tell({ kind: 'packet', packet: from(state, by) });
  }

  wake(): string[] {
    if (this.state.wakeAtMs === undefined) throw new Error('it waits for nothing');
    this.nowMs = this.state.wakeAtMs;
    return this.tell({ kind: 'wake' });
  }

  start(): this {
    this.feed({ kind: 'start' });
    return this;
  }

  /** Up, with the first Poll Sequence over. */
  up(): this {
    this.start();
    this.hear('Down');
    this.hear('Up');
    this.hear('Up', { final: true });
    this.sent = [];
    return this;
  }
}

function describe(effect: BfdEffect): string[] {
  switch (effect.kind) {
    case 'wake-at':
      return [];
    case 'send': {
      const { state, poll, final } = effect.packet;
      return [`send ${state}${poll ? ' P' : ''}${final ? ' F' : ''}`];
    }
    case 'state':
      return [`${effect.from} → ${effect.to} (${effect.diagnostic})`];
    case 'finished':
      return ['finished'];
  }
}
