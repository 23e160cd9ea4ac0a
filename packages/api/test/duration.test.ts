import { describe, expect, test } from 'vitest';
import { durationMs } from '../src/index.ts';

describe('a duration', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['9m0s', 540_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['1000us', 1],
    ['1000000ns', 1],
  ])('of "%s" is %d ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  test.each(['', '90', 's', '-1s', '1 s', '1S', '1d', '.5s', '1.s', 'PT90S'])(
    'is not what "%s" says',
    (text) => {
      expect(durationMs(text)).toBeUndefined();
    },
  );
});
