import { describe, expect, test } from 'vitest';
import type { ElectionState } from '../src/index.ts';
import { isAtRest } from '../src/speaking.ts';
import { holderOf, pair } from './wire.ts';

/** One of two nodes at rest. */
function atRest(): ElectionState {
  const wire = pair();
  wire.run(3000);
  const state = wire.states.get(holderOf(wire)[0]);
  if (state === undefined) throw new Error('nobody rests');
  return state;
}

describe('quiet frames may wait', () => {
  const state = atRest();

  test('where all is settled and nobody is missed', () => {
    expect(isAtRest(state, state.lastSentMs)).toBe(true);
  });

  test('not where anything about an address is open', () => {
    expect(isAtRest({ ...state, settledAtMs: -Infinity }, state.lastSentMs)).toBe(false);
  });

  test('not where a peer is overdue: what it says next is waited for', () => {
    const { heartbeatMs } = state.timings;
    expect(isAtRest(state, state.lastSentMs + heartbeatMs)).toBe(true);
    expect(isAtRest(state, state.lastSentMs + 3 * heartbeatMs)).toBe(false);
  });
});
