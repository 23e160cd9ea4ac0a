import { seededRandom, seedFromEnvironment } from '@picluster/testkit';
import { describe, expect, test } from 'vitest';
import type { SessionOptions } from '../../src/index.ts';
import { SessionSimulation, type SimSpeaker } from './session-simulation.ts';

const anna: SessionOptions = {
  localAsn: 64_512,
  peerAsn: 64_513,
  identifier: '192.0.2.1',
  gracefulRestart: {},
};
const ben: SessionOptions = {
  localAsn: 64_513,
  peerAsn: 64_512,
  identifier: '192.0.2.2',
  gracefulRestart: {},
};

const first = seedFromEnvironment(1);
const seeds = process.env['SEED'] === undefined ? 400 : 1;

function eachSeed(run: (random: () => number, seed: number) => void): void {
  for (let seed = first; seed < first + seeds; seed++) run(seededRandom(seed), seed);
}

/** Both are established on the same connection, and nobody has any other. */
function expectOneSession(simulation: SessionSimulation, seed: number): void {
  const [one, other] = simulation.speakers;
  const where = `SEED=${seed}`;
  expect([one.phase, other.phase], where).toEqual(['Established', 'Established']);
  expect(one.pipe?.number, where).toBe(other.pipe?.number);
  for (const speaker of simulation.speakers) {
    expect(speaker.state.connections, where).toHaveLength(1);
    expect([...speaker.connections.keys()], where).toEqual([speaker.state.connections[0]?.id]);
  }
}

const startBoth = ({ speakers }: SessionSimulation): void => {
  for (const speaker of speakers) speaker.feed({ kind: 'start' });
};

describe('two machines', () => {
  test(
    'that dial each other at the same moment end with one connection',
    { timeout: 60_000 },
    () => {
      let collisions = 0;
      let late = 0;
      eachSeed((random, seed) => {
        const simulation = new SessionSimulation(random, [anna, ben], { delayMsMax: 200 });
        startBoth(simulation);
        simulation.advance(2000);
        late += simulation.speakers[0].phase === 'Established' ? 0 : 1;
        simulation.advance(58_000);
        expectOneSession(simulation, seed);
        collisions += simulation.pipes.length > 1 ? 1 : 0;
      });
      expect(collisions).toBeGreaterThan(seeds / 2);
      expect(late).toBeLessThanOrEqual(seeds / 100);
    },
  );

  test('of which one is passive end with one connection', () => {
    eachSeed((random, seed) => {
      const passive = { ...ben, mode: 'passive' } as const;
      const simulation = new SessionSimulation(random, [anna, passive], { delayMsMax: 200 });
      startBoth(simulation);
      simulation.advance(60_000);
      expectOneSession(simulation, seed);
      expect(simulation.pipes).toHaveLength(1);
    });
  });

  test(
    'agree on one connection after whatever the network and the processes went through',
    { timeout: 120_000 },
    () => {
      eachSeed((random, seed) => {
        const simulation = new SessionSimulation(random, [anna, ben], { delayMsMax: 300 });
        startBoth(simulation);
        for (let fault = 0; fault < 30; fault++) {
          simulation.advance(random() * 20_000);
          strike(simulation, random);
        }
        heal(simulation);
        // The longest delay between two attempts, a hold time, and some luck.
        simulation.advance(1_200_000);
        expect(simulation.speakers[0].phase, `SEED=${seed}`).toBe('Established');
        expectOneSession(simulation, seed);
      });
    },
  );
});

function strike(simulation: SessionSimulation, random: () => number): void {
  const speaker = simulation.speakers[random() < 0.5 ? 0 : 1];
  const draw = random();
  if (draw < 0.3) {
    const pipe = simulation.pipes[Math.floor(random() * simulation.pipes.length)];
    if (pipe?.open === true) simulation.reset(pipe);
  } else if (draw < 0.5) {
    simulation.cut = !simulation.cut;
  } else if (draw < 0.7) {
    if (speaker.frozen) speaker.thaw();
    else speaker.frozen = true;
  } else if (draw < 0.85) {
    restart(speaker, random);
  } else {
    speaker.feed({ kind: 'reset', notification: cease });
  }
}

const cease = { type: 'NOTIFICATION', code: 6, subcode: 4, data: new Uint8Array() } as const;

function restart(speaker: SimSpeaker, random: () => number): void {
  speaker.feed({ kind: 'stop', how: random() < 0.5 ? 'restart' : 'shutdown' });
  speaker.feed({ kind: 'start', restarted: random() < 0.5 });
}

function heal(simulation: SessionSimulation): void {
  simulation.cut = false;
  for (const speaker of simulation.speakers) speaker.thaw();
}

test('a peer that stops is noticed when the hold time is over, and not before', () => {
  eachSeed((random, seed) => {
    const simulation = new SessionSimulation(random, [anna, ben], { delayMsMax: 20 });
    startBoth(simulation);
    simulation.advance(60_000);
    const [one, other] = simulation.speakers;
    other.frozen = true;
    // Its last word was at most a third of the hold time ago.
    simulation.advance(59_000);
    expect(one.phase, `SEED=${seed}`).toBe('Established');
    simulation.advance(32_000);
    expect(one.ended, `SEED=${seed}`).toContain('notification-sent 4/0');
    expect(one.phase, `SEED=${seed}`).not.toBe('Established');
  });
});

test('two that do not match never become a session, and never try often', () => {
  eachSeed((random) => {
    const stranger = { ...ben, localAsn: 65_000 };
    const simulation = new SessionSimulation(random, [anna, stranger], { delayMsMax: 50 });
    startBoth(simulation);
    simulation.advance(3_600_000);
    for (const speaker of simulation.speakers) expect(speaker.established).toBe(0);
    expect(simulation.pipes.length).toBeLessThan(150);
  });
});
