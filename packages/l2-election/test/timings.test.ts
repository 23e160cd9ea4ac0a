import { expect, test } from 'vitest';
import { checkTimings, type Timings, wifiTimings, wiredTimings } from '../src/index.ts';

test('the times for wire and Wi-Fi keep all inequalities', () => {
  for (const timings of [wiredTimings, wifiTimings])
    expect(() => checkTimings(timings)).not.toThrow();
});

test.each<[keyof Timings, number, string]>([
  ['marginMs', 16, 'marginMs'],
  ['bindingMs', 750, 'bindingMs'],
  ['deafAfterMs', 800, 'deafAfterMs'],
  ['fastMs', 60, 'ten tries'],
  ['graceMs', 50, 'graceMs'],
  ['heartbeatMs', Number.NaN, 'heartbeatMs must be a number above 0'],
])('%s of %s ms is refused by name', (name, value, said) => {
  expect(() => checkTimings({ ...wiredTimings, [name]: value })).toThrow(said);
});
