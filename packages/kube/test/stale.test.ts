import { expect, test } from 'vitest';
import { STALE_LIMIT_MS, staleReflector } from '../src/index.ts';

const fresh = { synced: true, staleMs: () => 0 };

test('reflectors that are synced and hear something are not stale', () => {
  expect(
    staleReflector([
      ['services', fresh],
      ['nodes', { synced: true, staleMs: () => STALE_LIMIT_MS }],
    ]),
  ).toBeUndefined();
});

test('the first one that was never synced, or hears nothing for too long, is named', () => {
  expect(
    staleReflector([
      ['services', fresh],
      ['nodes', { synced: false, staleMs: () => Infinity }],
    ]),
  ).toBe('nodes not read yet');
  expect(staleReflector([['services', { synced: true, staleMs: () => 5400 }]], 5000)).toBe(
    'services not heard of for 5 s',
  );
});
