import { expect, test } from 'vitest';
import { afterQuietPass } from '../src/seams/poll-passes.ts';

/** Frames that come one a pass, as seen at the end of each pass, and how long each pass took. */
function passes(frames: readonly number[], durations: readonly number[] = []): Promise<number> {
  let nowMs = 0;
  let pass = 0;
  let delivered = 0;
  return new Promise((resolve) => {
    afterQuietPass(
      () => (delivered += frames[pass - 1] ?? 0),
      () => (nowMs += durations[pass++] ?? 1),
      () => resolve(pass),
    );
  });
}

test('it waits for a whole pass without a frame', async () => {
  expect(await passes([])).toBe(2);
  expect(await passes([1])).toBe(2);
  expect(await passes([0, 1])).toBe(3);
  expect(await passes([1, 17, 17, 3])).toBe(5);
});

test('a pass that took long does not count: what came meanwhile may not have been read', async () => {
  expect(await passes([], [1, 21])).toBe(3);
  expect(await passes([], [1, 20])).toBe(2);
  expect(await passes([], [1, 5000, 5000, 1])).toBe(4);
});

test('frames without end do not hold it up for ever', async () => {
  expect(await passes(Array.from({ length: 2000 }, () => 17))).toBe(1002);
});

test('it can be called off', async () => {
  let fired = false;
  afterQuietPass(
    () => 0,
    () => 0,
    () => (fired = true),
  )[Symbol.dispose]();
  await passes([0, 1, 1, 1]);
  expect(fired).toBe(false);
});
