import { describe, expect, test } from 'vitest';
import { FirstRest } from '../src/first-rest.ts';

const MB = 2 ** 20;

/** What each look finds, where so many MB are in use at each. */
function looks(...usedMb: readonly number[]): boolean[] {
  let used = 0;
  const rest = new FirstRest(() => used);
  return usedMb.map((mb) => {
    used = mb * MB;
    return rest.look();
  });
}

describe('the first rest', () => {
  test('has come when three looks in a row found no change to speak of', () => {
    expect(looks(40, 40.2, 40.1, 40.9)).toEqual([false, false, false, true]);
  });

  test('is not the pause between two bursts', () => {
    expect(looks(20, 20, 20, 35, 35, 35, 35)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  test('is not a heap that a collection of the engine has just made smaller', () => {
    expect(looks(40, 40, 40, 25, 25, 25)).not.toContain(true);
  });
});
