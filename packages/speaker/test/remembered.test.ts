import { expect, test } from 'vitest';
import { remembered } from '../src/remembered.ts';

test('what was found is used for as long as was said, and then looked up again', () => {
  let nowMs = 5;
  let looks = 0;
  const found = remembered(
    () => ++looks,
    () => nowMs,
    100,
  );
  expect(looks).toBe(0);
  const seen = [0, 99, 100, 150, 199, 200].map((ms) => {
    nowMs = 5 + ms;
    return found();
  });
  expect(seen).toEqual([1, 1, 2, 2, 2, 3]);
});
