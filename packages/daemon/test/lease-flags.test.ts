import { expect, test } from 'vitest';
import { leaseTimings } from '../src/index.ts';

test('timings that fit together are taken as they are', () => {
  expect(
    leaseTimings({ 'lease-duration': 15_000, 'renew-deadline': 10_000, 'retry-period': 2000 }),
  ).toEqual({ leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 });
});

test('timings that do not are refused with the names of the flags', () => {
  expect(() =>
    leaseTimings({ 'lease-duration': 5000, 'renew-deadline': 10_000, 'retry-period': 2000 }),
  ).toThrow('--lease-duration in ms (5000) must be more than --renew-deadline in ms (10000)');
});
