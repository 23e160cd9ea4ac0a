import { seededRandom, seedFromEnvironment } from '@picluster/testkit';
import { expect, test } from 'vitest';
import {
  type BfdHappening,
  type BfdOptions,
  type BfdState,
  bfdStep,
  completeBfdOptions,
  type ControlPacket,
  initialBfd,
} from '../src/index.ts';

interface Happening {
  readonly atMs: number;
  readonly run: () => void;
}

/** Two machines on a network that loses, delays and repeats packets. It keeps their order, as a link does: BFD has no numbers to tell an old packet by. */
class LossyPair {
  nowMs = 0;
  loss = 0;
  readonly sides: readonly [Side, Side];
  readonly random: () => number;
  readonly #queue: Happening[] = [];

  constructor(random: () => number, options: readonly [BfdOptions, BfdOptions]) {
    this.random = random;
    this.sides = [new Side(this, options[0], 1), new Side(this, options[1], 2)];
  }

  at(atMs: number, run: () => void): void {
    const happening = { atMs, run };
    const at = this.#queue.findIndex((each) => each.atMs > atMs);
    if (at < 0) this.#queue.push(happening);
    else this.#queue.splice(at, 0, happening);
  }

  carry(from: Side, packet: ControlPacket): void {
    const to = this.sides[from === this.sides[0] ? 1 : 0];
    const copies = this.random() < 0.02 ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.random() < this.loss) continue;
      to.lastMs = Math.max(to.lastMs, this.nowMs + this.random() * 20);
      this.at(to.lastMs, () => to.feed({ kind: 'packet', packet }));
    }
  }

  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (
      let next = this.#queue[0];
      next !== undefined && next.atMs <= endMs;
      next = this.#queue[0]
    ) {
      this.#queue.shift();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }
}

class Side {
  state: BfdState;
  downs = 0;
  /** When the last packet on the way arrives. */
  lastMs = 0;
  readonly #pair: LossyPair;
  #timer = 0;

  constructor(pair: LossyPair, options: BfdOptions, discriminator: number) {
    this.#pair = pair;
    this.state = initialBfd(completeBfdOptions(options), discriminator);
  }

  feed(happening: BfdHappening): void {
    const at = { nowMs: this.#pair.nowMs, random: this.#pair.random() };
    const [state, effects] = bfdStep(this.state, { ...happening, at });
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === 'send') this.#pair.carry(this, effect.packet);
      if (effect.kind === 'state' && effect.from === 'Up') this.downs++;
      if (effect.kind === 'wake-at') this.#wakeAt(effect.atMs);
    }
  }

  #wakeAt(atMs: number | undefined): void {
    const timer = ++this.#timer;
    if (atMs === undefined) return;
    this.#pair.at(atMs, () => {
      if (timer === this.#timer) this.feed({ kind: 'wake' });
    });
  }
}

const first = seedFromEnvironment(1);
const seeds = process.env['SEED'] === undefined ? 200 : 1;

function eachSeed(run: (pair: LossyPair, where: string) => void): void {
  for (let seed = first; seed < first + seeds; seed++) {
    const random = seededRandom(seed);
    const draw = (from: number, to: number): number => Math.round(from + random() * (to - from));
    const options = (passive: boolean): BfdOptions => ({
      transmitIntervalMs: draw(50, 1000),
      receiveIntervalMs: draw(50, 1000),
      detectMultiplier: draw(3, 10),
      passive,
    });
    const pair = new LossyPair(random, [options(false), options(random() < 0.3)]);
    for (const side of pair.sides) side.feed({ kind: 'start' });
    run(pair, `SEED=${seed}`);
  }
}

const statesOf = ({ sides }: LossyPair): string[] => sides.map(({ state }) => state.state);

test('two machines come up over any network, whatever their timings, and a sound one never takes them down', () => {
  eachSeed((pair, where) => {
    pair.loss = 0.3;
    pair.advance(60_000);
    pair.loss = 0;
    pair.advance(30_000);
    expect(statesOf(pair), where).toEqual(['Up', 'Up']);
    const before = pair.sides.map(({ downs }) => downs);
    pair.advance(600_000);
    expect(
      pair.sides.map(({ downs }) => downs),
      where,
    ).toEqual(before);
  });
});

test('a cut takes both down, each within its detection time', () => {
  eachSeed((pair, where) => {
    pair.advance(60_000);
    const [one, other] = pair.sides;
    const detectionMs = ({ state: { remote, receiveIntervalMs } }: Side): number =>
      remote.detectMultiplier * Math.max(receiveIntervalMs, remote.desiredMinTxUs / 1000);
    pair.loss = 1;
    // What was on the way still arrives.
    pair.advance(Math.max(...pair.sides.map(detectionMs)) + 20);
    expect([one.state.state, other.state.state], where).toEqual(['Down', 'Down']);
  });
});

test('changed timings are agreed on without the session going down', () => {
  eachSeed((pair, where) => {
    pair.advance(60_000);
    const before = pair.sides.map(({ downs }) => downs);
    const timings = { transmitIntervalMs: 2000, receiveIntervalMs: 100, detectMultiplier: 8 };
    pair.sides[0].feed({ kind: 'change', timings });
    pair.loss = 0;
    pair.advance(60_000);
    expect(
      pair.sides.map(({ downs }) => downs),
      where,
    ).toEqual(before);
    expect(pair.sides[0].state, where).toMatchObject({ polling: false, transmitIntervalMs: 2000 });
  });
});
