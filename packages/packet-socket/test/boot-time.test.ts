import { uptime } from 'node:os';
import { expect, test } from 'vitest';
import { bootTimeMs } from '../src/index.ts';

test('the time since boot goes on from call to call, and is what the system says of itself', () => {
  const before = bootTimeMs();
  const said = uptime() * 1000;
  expect(bootTimeMs()).toBeGreaterThanOrEqual(before);
  expect(Math.abs(said - before)).toBeLessThan(1000);
});
