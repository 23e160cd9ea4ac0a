import { SimClock } from '@picluster/testkit';
import { describe, expect, test } from 'vitest';
import {
  BfdError,
  type BfdSession,
  BfdSpeaker,
  bfdDefaults,
  decodeControlPacket,
  encodeControlPacket,
} from '../src/index.ts';
import { from } from './bfd-bench.ts';

/** Two speakers on one cable of 1 ms, each with a session with the other. */
class TwoSpeakers {
  readonly clock: SimClock = new SimClock();
  readonly faults: string[] = [];
  readonly states: string[] = [];
  readonly anna: BfdSpeaker = new BfdSpeaker(
    () => 0.5,
    (fault) => void this.faults.push(fault),
  );
  readonly ben: BfdSpeaker = new BfdSpeaker(() => 0.25);
  readonly annas: BfdSession;
  readonly bens: BfdSession;
  cut = false;

  constructor(passive = false) {
    const deps = (to: BfdSpeaker, address: string) => ({
      clock: this.clock,
      send: (bytes: Uint8Array) =>
        void this.clock.timer(1, () => {
          if (!this.cut) to.receive(bytes, address);
        }),
    });
    const onState = (to: string): void => void this.states.push(to);
    this.annas = this.anna.add('ben', { ...deps(this.ben, 'anna'), onState });
    this.bens = this.ben.add('anna', deps(this.anna, 'ben'), { passive });
  }

  async up(): Promise<this> {
    this.annas.start();
    this.bens.start();
    await this.clock.until(() => this.annas.state === 'Up' && this.bens.state === 'Up');
    return this;
  }
}

describe('two speakers', () => {
  test.each([false, true])('come up and stay up; the other passive: %s', async (passive) => {
    const both = await new TwoSpeakers(passive).up();
    await both.clock.advance(3_600_000);
    expect([both.annas.state, both.bens.state, both.states.at(-1)]).toEqual(['Up', 'Up', 'Up']);
    expect(both.faults).toEqual([]);
  });

  test('know within 0.9 s that the other is gone, and come back when it is', async () => {
    const both = await new TwoSpeakers().up();
    await both.clock.advance(10_000);
    both.cut = true;
    const { transmitIntervalMs, detectMultiplier } = bfdDefaults;
    await both.clock.advance(transmitIntervalMs * (detectMultiplier - 1) - 1);
    expect(both.annas.state).toBe('Up');
    await both.clock.advance(transmitIntervalMs + 2);
    expect(both.annas.state).toBe('Down');
    both.cut = false;
    await both.clock.until(() => both.annas.state === 'Up', 5000);
  });

  test('tell each other that an end is on purpose', async () => {
    const both = await new TwoSpeakers().up();
    const stopped = both.annas.stop();
    await both.clock.advance(5);
    expect(both.bens.state).toBe('Down');
    await both.clock.advance(3000);
    await stopped;
    await both.annas.stop();
    // Ben goes on asking; Anna sends nothing and needs no timer.
    expect(both.annas.state).toBe('AdminDown');
  });
});

describe('a packet', () => {
  test('that cannot be read, or is a stranger’s, changes nothing and is counted', () => {
    const { anna, annas, faults } = new TwoSpeakers();
    annas.start();
    anna.receive(Uint8Array.of(1, 2, 3), 'ben');
    anna.receive(encodeControlPacket(from('Down', { yourDiscriminator: 0 })), 'carl');
    const known = { yourDiscriminator: annas.discriminator };
    anna.receive(encodeControlPacket(from('Init', known)), 'carl');
    anna.receive(encodeControlPacket(from('Init', { yourDiscriminator: 1 })), 'ben');
    expect(faults).toEqual(['short', 'stranger', 'stranger', 'stranger']);
    expect(annas.state).toBe('Down');
  });

  test('of a session that was removed is a stranger’s', () => {
    const { anna, annas, faults } = new TwoSpeakers();
    anna.remove(annas);
    anna.receive(encodeControlPacket(from('Down', { yourDiscriminator: 0 })), 'ben');
    expect(faults).toEqual(['stranger']);
  });
});

test('an address has one session, and each session a number of its own', () => {
  const { anna, annas, clock } = new TwoSpeakers();
  const deps = { clock, send: () => {} };
  expect(() => anna.add('ben', deps)).toThrow(BfdError);
  const draws = [0.1, 0.1, 0.2];
  const speaker = new BfdSpeaker(() => draws.shift() ?? 0.9);
  const numbers = ['x', 'y'].map((name) => speaker.add(name, deps).discriminator);
  expect(new Set(numbers).size).toBe(2);
  expect(annas.discriminator).toBeGreaterThan(0);
});

test('timings can be changed while a session is up', async () => {
  const both = await new TwoSpeakers().up();
  await both.clock.advance(2000);
  both.annas.change({ transmitIntervalMs: 1000, receiveIntervalMs: 1000 });
  await both.clock.advance(10_000);
  expect([both.annas.state, both.bens.state]).toEqual(['Up', 'Up']);
  expect(() => both.annas.change({ detectMultiplier: 0 })).toThrow(BfdError);
  expect(typeof decodeControlPacket(encodeControlPacket(from('Up')))).toBe('object');
});
