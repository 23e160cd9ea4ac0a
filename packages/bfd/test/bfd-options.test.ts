import { expect, test } from 'vitest';
import { BfdError, type BfdOptions, completeBfdOptions } from '../src/index.ts';

test('nothing need be said', () => {
  expect(completeBfdOptions({})).toEqual({
    transmitIntervalMs: 300,
    receiveIntervalMs: 300,
    detectMultiplier: 3,
    passive: false,
  });
});

test.each<[BfdOptions, string]>([
  [{ transmitIntervalMs: 0 }, 'transmitIntervalMs'],
  [{ receiveIntervalMs: Number.NaN }, 'receiveIntervalMs'],
  [{ receiveIntervalMs: 5_000_000 }, 'receiveIntervalMs'],
  [{ detectMultiplier: 0 }, 'detectMultiplier'],
  [{ detectMultiplier: 256 }, 'detectMultiplier'],
  [{ detectMultiplier: 2.5 }, 'detectMultiplier'],
])('%j is refused, by name', (options, name) => {
  expect(() => completeBfdOptions(options)).toThrow(BfdError);
  expect(() => completeBfdOptions(options)).toThrow(name);
});
