import { describe, expect, test } from 'vitest';
import { AnswerSegment } from './answer-segment.ts';
import { drawFaults } from './faults.ts';

const MINUTE = 60_000;
const calm = { nodes: 3, addresses: 6, withApi: false };
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

describe('nothing moves without a reason', () => {
  test.each([2, 3, 5])('with a fifth of all frames lost, among %d nodes', (nodes) => {
    for (const seed of seeds.slice(0, 4)) {
      // Asked for ten times as often as in life.
      const often = { askEveryMs: 1000, askGapMs: 50 };
      const lan = new AnswerSegment(seed, { ...calm, nodes, loss: 0.2 }, often);
      lan.run(10 * MINUTE);
      expect(lan.segment.oracle.moves, `seed ${seed}`).toBe(0);
      expect(lan.said, `seed ${seed}`).toEqual([]);
      expect(lan.asks).toBeGreaterThan(3000);
    }
  });

  test('which shows that it needs twenty questions: after three, lost frames move addresses', () => {
    const lan = new AnswerSegment(1, { ...calm, nodes: 2, loss: 0.2 }, { missesMin: 3 });
    lan.run(10 * MINUTE);
    expect(lan.segment.oracle.moves).toBeGreaterThan(0);
  });

  test('where it is one asker who gets no answers of anybody', () => {
    for (const nodes of [2, 3]) {
      const lan = new AnswerSegment(1, { ...calm, nodes });
      lan.run(5000);
      lan.faults.unable.add(0);
      lan.run(5 * MINUTE);
      expect(lan.segment.oracle.moves).toBe(0);
      expect(lan.said).toEqual([]);
    }
  });

  test('where half of the others get its answers; the one who does not says so', () => {
    const lan = new AnswerSegment(1, { ...calm, addresses: 1 });
    lan.run(5000);
    const address = lan.segment.addresses[0] ?? '';
    const owner = lan.ownerOf(address).index;
    const other = (owner + 1) % 3;
    lan.faults.apart.add(`${owner} ${other}`);
    lan.run(5 * MINUTE);
    expect(lan.segment.oracle.moves).toBe(0);
    expect(lan.said).toEqual([`${other} silent ${address} ${owner} now`]);
    lan.faults.apart.clear();
    lan.run(6 * MINUTE);
    expect(lan.said.at(-1)).toBe(`${other} silent ${address} ${owner} over`);
  });

  test('where no node answers: what moved once stays, and all say why', () => {
    const lan = new AnswerSegment(1, { ...calm, addresses: 2 });
    lan.run(5000);
    for (const node of [0, 1, 2]) lan.faults.silent.add(node);
    lan.run(2 * MINUTE);
    const { moves } = lan.segment.oracle;
    expect(moves).toBeLessThanOrEqual(4);
    lan.run(4.5 * MINUTE);
    expect(lan.segment.oracle.moves).toBe(moves);
    const kept = lan.said.filter((line) => line.includes('kept'));
    expect(kept).toHaveLength(2);
  });
});

describe('a holder whose heartbeats pass and whose answers do not', () => {
  test.each([2, 3, 5])(
    'is replaced within half a minute, among %d nodes, with a twentieth of all frames lost',
    (nodes) => {
      for (const seed of seeds.slice(0, 20 / nodes)) {
        const lan = new AnswerSegment(seed, { ...calm, nodes, loss: 0.05 });
        lan.run(5000);
        const [address = ''] = lan.segment.addresses;
        const owner = lan.ownerOf(address);
        const held = lan.segment.addresses.filter((one) => owner.answers(one));
        lan.faults.silent.add(owner.index);
        lan.run(5000 + 35_000);
        const stays = held.filter((one) => owner.answers(one));
        expect(stays, `seed ${seed}`).toEqual([]);
        expect(lan.segment.oracle.moves, `seed ${seed}`).toBe(held.length);
        // It does not come back as long as somebody else answers.
        lan.run(4 * MINUTE);
        expect(lan.segment.oracle.moves, `seed ${seed}`).toBe(held.length);
        expect(lan.segment.oracle.violations).toEqual([]);
      }
    },
  );

  test('gives to none who is silent too', () => {
    for (const seed of seeds.slice(0, 10)) {
      const lan = new AnswerSegment(seed, calm);
      lan.run(5000);
      const sound = seed % 3;
      for (const index of [0, 1, 2]) if (index !== sound) lan.faults.silent.add(index);
      lan.run(3 * MINUTE);
      const owners = lan.segment.addresses.map((address) => lan.ownerOf(address).index);
      expect(new Set(owners), `seed ${seed}`).toEqual(new Set([sound]));
    }
  });

  test('stands again at once when no other node is left', () => {
    const lan = new AnswerSegment(1, { ...calm, nodes: 2, addresses: 1 });
    lan.run(5000);
    const [address = ''] = lan.segment.addresses;
    const owner = lan.ownerOf(address);
    lan.faults.silent.add(owner.index);
    lan.run(MINUTE);
    const next = lan.ownerOf(address);
    expect(next).not.toBe(owner);
    next.crash();
    lan.run(MINUTE + 5000);
    expect(lan.ownerOf(address)).toBe(owner);
  });
});

test('a speaker that answers for what it does not hold is named by who hears it, and no more when it stops', () => {
  const lan = new AnswerSegment(1, { ...calm, addresses: 1, loss: 0.05 });
  lan.run(5000);
  const [address = ''] = lan.segment.addresses;
  const owner = lan.ownerOf(address).index;
  const [stray = 0, asker = 0] = [0, 1, 2].filter((index) => index !== owner);
  lan.faults.strays.add(stray);
  lan.run(2 * MINUTE);
  expect(lan.said).toEqual([`${asker} answers-too ${address} ${stray} now`]);
  lan.faults.strays.clear();
  lan.run(4 * MINUTE);
  expect(lan.said.slice(1)).toEqual([`${asker} answers-too ${address} ${stray} over`]);
  expect(lan.segment.oracle.moves).toBe(0);
});

test('a machine that is no speaker is named each time it is heard', () => {
  const lan = new AnswerSegment(1, { ...calm, addresses: 1 });
  const [address = ''] = lan.segment.addresses;
  lan.faults.foreign.add(address);
  lan.run(MINUTE);
  expect(new Set(lan.said.map((line) => line.slice(2)))).toEqual(new Set([`foreign ${address}`]));
});

test.each([1, 10, 100, 300])('%d addresses are asked for this often', (addresses) => {
  const lan = new AnswerSegment(1, { ...calm, addresses });
  lan.run(MINUTE);
  const before = lan.asks;
  lan.run(3 * MINUTE);
  const asksPerS = (lan.asks - before) / 120;
  // Every 10 s each, and two a second in all at most.
  expect(asksPerS).toBeGreaterThan(Math.min(2, addresses / 10) * 0.8);
  expect(asksPerS).toBeLessThan(Math.min(2, addresses / 10) * 1.3);
});

test('whatever else happens, two that hear each other never both answer, and all is held by one again', () => {
  for (const seed of seeds) {
    const lan = new AnswerSegment(seed, { nodes: 3, addresses: 3, loss: 0.05, withApi: true });
    lan.segment.schedule(
      drawFaults(lan.segment.random, { nodes: 3, addresses: 3, lengthMs: MINUTE, dense: false }),
    );
    const turn = (atMs: number): void => {
      lan.run(atMs);
      const index = Math.floor(lan.segment.random() * 3);
      const { silent } = lan.faults;
      if (!silent.delete(index)) silent.add(index);
    };
    for (let atMs = 5000; atMs < MINUTE; atMs += 15_000) turn(atMs);
    lan.run(MINUTE);
    lan.faults.silent.clear();
    lan.segment.calmDown();
    lan.run(MINUTE + 10_000);
    expect(lan.segment.oracle.violations, `seed ${seed}`).toEqual([]);
    for (const address of lan.segment.addresses) lan.ownerOf(address);
  }
});
