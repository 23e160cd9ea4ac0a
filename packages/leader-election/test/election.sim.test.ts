import { describe, expect, test } from 'vitest';
import { type ElectorEffect, type Step, step } from '../src/index.ts';
import { simulate, type SimulationOptions, timings } from './simulation.ts';

const given = process.env['SEED'];
const seeds = given === undefined ? Array.from({ length: 1000 }, (_, i) => i + 1) : [Number(given)];

describe('simulated elections with drifting clocks, faults, freezes, kills and stops', () => {
  test('never see two leaders, always find one again, and never repeat a token (SEED=n replays one)', async () => {
    let terms = 0;
    let writes = 0;
    let deathsKnown = 0;
    for (const seed of seeds) {
      const result = await simulate(seed);
      expect(result.violations, `SEED=${seed} replays it`).toEqual([]);
      terms += result.terms;
      writes += result.writes;
      deathsKnown += result.deathsKnown;
    }
    // The simulation is worth something only if much happens in it.
    expect(terms / seeds.length).toBeGreaterThan(2);
    expect(writes / seeds.length).toBeGreaterThan(20);
    expect(given !== undefined || deathsKnown > seeds.length / 5).toBe(true);
  });

  test('give the same result for the same seed', async () => {
    expect(await simulate(7)).toEqual(await simulate(7));
  });
});

describe('the simulation catches', () => {
  test('a right to lead that is counted from the answer instead of from the request', async () => {
    expect(await firstCaught({ machine: countingFromAnswers })).toContain('lead');
  });

  test('a leader that goes on while its renewal hangs', async () => {
    expect(await firstCaught({ machine: neverExpiring })).toContain('lead');
  });

  test('a candidate that does not wait for a whole lease', async () => {
    expect(await firstCaught({ machine: impatient })).toContain('lead');
  });

  test('a frozen process that is taken for a dead one', async () => {
    expect(await firstCaught({ frozenCountsAsDead: true })).toContain('lead');
  });

  test('clocks whose rates differ by more than is tolerated', async () => {
    expect(await firstCaught({ rates: [0.6, 1.4] })).toContain('lead');
  });
});

async function firstCaught(options: SimulationOptions): Promise<string> {
  for (let seed = 1; seed <= 300; seed++) {
    const { violations } = await simulate(seed, options);
    const [first] = violations;
    if (first !== undefined) return first;
  }
  return 'nothing was caught in 300 seeds';
}

function moveEnd(effects: readonly ElectorEffect[], untilMs: number): ElectorEffect[] {
  return effects.map((effect) =>
    effect.kind === 'lead' || effect.kind === 'extend' ? { ...effect, untilMs } : effect,
  );
}

/** Broken on purpose. */
const countingFromAnswers: Step = (state, input) => {
  const [next, effects] = step(state, input);
  if (input.kind !== 'written' || next.term === undefined) return [next, effects];
  const untilMs = input.at.nowMs + timings.renewDeadlineMs;
  return [{ ...next, term: { ...next.term, untilMs } }, moveEnd(effects, untilMs)];
};

/** Broken on purpose. */
const neverExpiring: Step = (state, input) => {
  const [next, effects] = step(state, input);
  if (input.kind !== 'written' || next.term === undefined) return [next, effects];
  const untilMs = input.at.nowMs + 1e9;
  return [{ ...next, term: { ...next.term, untilMs } }, moveEnd(effects, untilMs)];
};

/** Broken on purpose: believes to have seen each change half a second before it did. */
const impatient: Step = (state, input) => {
  const [next, effects] = step(state, input);
  const { seen } = next;
  if (input.kind !== 'read' || seen?.sinceMs !== input.at.nowMs) return [next, effects];
  return [{ ...next, seen: { ...seen, sinceMs: seen.sinceMs - 500 } }, effects];
};
