import { describe, expect, test } from 'vitest';
import type { ElectionState } from '../src/index.ts';
import { holdMs } from '../src/waking.ts';
import { holderOf, pair } from './wire.ts';

/** One of two nodes at rest. */
function atRest(): ElectionState {
  const wire = pair();
  wire.run(3000);
  const state = wire.states.get(holderOf(wire)[0]);
  if (state === undefined) throw new Error('nobody rests');
  return state;
}

describe('frames may wait for others', () => {
  const state = atRest();

  test('where all is settled and we have just spoken', () => {
    expect(holdMs(state, state.lastSentMs)).toBeGreaterThan(0);
    expect(holdMs(state, state.lastSentMs)).toBeLessThan(state.timings.delayMs);
  });

  test('not after a turn in which we did not speak: the next frame is our cue', () => {
    expect(holdMs(state, state.lastSentMs + 1)).toBe(0);
  });

  test('not where anything about an address is open', () => {
    expect(holdMs({ ...state, settledAtMs: -Infinity }, state.lastSentMs)).toBe(0);
  });
});
