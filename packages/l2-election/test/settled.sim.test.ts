import { expect, test } from 'vitest';
import {
  type AddressState,
  type ElectionEffect,
  type ElectionState,
  type Step,
  step,
} from '../src/index.ts';
import { drawSchedule, run } from './schedule.ts';
import { Segment } from './segment.ts';

// SETTLED_SCHEDULES=n runs more of them.
const schedules = Number(process.env['SETTLED_SCHEDULES'] ?? 40);

// Turns in which all addresses are settled do not look at them. They must do what a turn does that looks at each.

/** What both must agree on: when an address was last looked at is no matter of anybody else. */
function compared(state: ElectionState): object {
  const addresses = new Map<string, Partial<AddressState>>();
  for (const [address, own] of state.addresses) {
    const { namedAtMs: _looked, ...rest } = own;
    addresses.set(address, rest);
  }
  return { ...state, addresses, settledAtMs: 0 };
}

/** That nothing is open is known only to the one that need not look. */
function spoken(effect: ElectionEffect): ElectionEffect {
  return effect.kind === 'send'
    ? { ...effect, heartbeat: { ...effect.heartbeat, quiet: false } }
    : effect;
}

/** Takes each turn twice. */
function twice(count: { turns: number; short: number }): Step {
  return (state, input) => {
    const result = step(state, input);
    count.turns++;
    if (state.settledAtMs === -Infinity) return result;
    count.short++;
    const [whole, effects] = step({ ...state, settledAtMs: -Infinity }, input);
    expect(result[1].map(spoken)).toEqual(effects.map(spoken));
    expect(compared(result[0])).toEqual(compared(whole));
    return result;
  };
}

test('a turn that need not look at the addresses does what one does that looks at each, under all faults', () => {
  const count = { turns: 0, short: 0 };
  for (let seed = 1; seed <= schedules; seed++) run(drawSchedule(seed, { machine: twice(count) }));
  expect(count.short / schedules).toBeGreaterThan(50);
  expect(count.short).toBeLessThan(count.turns);
});

test('at rest no turn looks at the addresses', () => {
  const count = { turns: 0, short: 0 };
  const options = { nodes: 3, addresses: 20, machine: twice(count) };
  const segment = new Segment(1, options);
  segment.run(4000);
  count.turns = 0;
  count.short = 0;
  segment.run(12_000);
  expect(count.turns).toBeGreaterThan(180);
  expect(count.short / count.turns).toBeGreaterThan(0.99);
});
