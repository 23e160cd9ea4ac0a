import { describe, expect, test } from 'vitest';
import { nextConditions, type Condition, type Verdict } from '../src/index.ts';

const EARLY = '2026-01-01T00:00:00Z';
const LATE = '2026-02-02T00:00:00Z';
const foreign: Condition = {
  type: 'example.org/Other',
  status: 'True',
  reason: 'Other',
  message: '',
  lastTransitionTime: EARLY,
};
const ours = (verdict: Verdict, lastTransitionTime: string, observedGeneration = 1): Condition => ({
  type: 'mine',
  ...verdict,
  lastTransitionTime,
  observedGeneration,
});
const yes: Verdict = { status: 'True', reason: 'Assigned', message: 'one' };
const no: Verdict = { status: 'False', reason: 'PoolFull', message: 'none' };
const at = (now: string, generation: number | undefined = 1) => ({ now, generation });

describe('the conditions of an object', () => {
  test('get ours beside those of others', () => {
    expect(nextConditions([foreign], 'mine', yes, at(EARLY))).toEqual([foreign, ours(yes, EARLY)]);
  });

  test('stay as they are when nothing is new', () => {
    const before = [ours(yes, EARLY), foreign];
    expect(nextConditions(before, 'mine', yes, at(LATE))).toBeUndefined();
    expect(nextConditions([foreign], 'mine', undefined, at(LATE))).toBeUndefined();
  });

  test('move the transition time with the status', () => {
    expect(nextConditions([ours(yes, EARLY)], 'mine', no, at(LATE))).toEqual([ours(no, LATE)]);
  });

  test('do not move it with the message alone, nor with the generation', () => {
    const other = { ...yes, message: 'two' };
    expect(nextConditions([ours(yes, EARLY)], 'mine', other, at(LATE))).toEqual([
      ours(other, EARLY),
    ]);
    expect(nextConditions([ours(yes, EARLY)], 'mine', yes, at(LATE, 2))).toEqual([
      ours(yes, EARLY, 2),
    ]);
  });

  test('lose ours, and only ours, without a verdict', () => {
    expect(nextConditions([foreign, ours(no, EARLY)], 'mine', undefined, at(LATE))).toEqual([
      foreign,
    ]);
  });

  test('have no message longer than the API server takes', () => {
    const long = nextConditions([], 'mine', { ...no, message: 'x'.repeat(40_000) }, at(EARLY));
    expect(long?.[0]?.message).toHaveLength(32_768);
  });

  test('are of no generation where the object has none', () => {
    const [only] = nextConditions([], 'mine', yes, { now: EARLY, generation: undefined }) ?? [];
    expect(only).not.toHaveProperty('observedGeneration');
  });
});
