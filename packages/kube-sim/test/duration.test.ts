import { expect, test } from 'vitest';
import { humanDuration } from '../src/duration.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

// What kubectl prints; from the rules of k8s.io/apimachinery's duration.HumanDuration.
test.each([
  [-5 * secondMs, '<invalid>'],
  [-secondMs, '0s'],
  [0, '0s'],
  [119 * secondMs, '119s'],
  [2 * minuteMs, '2m'],
  [2 * minuteMs + secondMs, '2m1s'],
  [10 * minuteMs + secondMs, '10m'],
  [179 * minuteMs, '179m'],
  [3 * hourMs, '3h'],
  [3 * hourMs + minuteMs, '3h1m'],
  [8 * hourMs + minuteMs, '8h'],
  [47 * hourMs, '47h'],
  [2 * dayMs, '2d'],
  [2 * dayMs + hourMs, '2d1h'],
  [8 * dayMs + hourMs, '8d'],
  [729 * dayMs, '729d'],
  [731 * dayMs, '2y1d'],
  [9 * 365 * dayMs, '9y'],
])('an age of %i ms is written %s', (ms, expected) => {
  expect(humanDuration(ms)).toBe(expected);
});
