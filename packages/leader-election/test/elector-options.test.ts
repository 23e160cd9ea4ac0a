import { describe, expect, test } from 'vitest';
import {
  completeOptions,
  driftTolerance,
  formatMicroTime,
  LeaderElectionError,
} from '../src/index.ts';

describe('the options of an elector', () => {
  test('have the defaults of client-go', () => {
    expect(completeOptions({ identity: 'a' })).toEqual({
      identity: 'a',
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      requestTimeoutMs: 5_000,
      releaseOnStop: true,
      firstTryDelayMs: 0,
    });
  });

  test('are refused with every problem at once', () => {
    const options = {
      identity: '',
      leaseDurationMs: 2500,
      renewDeadlineMs: 2500,
      retryPeriodMs: 2100,
      requestTimeoutMs: 2500,
      firstTryDelayMs: -1,
    };
    let caught: unknown;
    try {
      completeOptions(options);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(LeaderElectionError);
    expect(caught).toMatchObject({ code: 'bad-options' });
    expect((caught as LeaderElectionError).details['problems']).toEqual([
      'identity must be a non-empty string: take <node>_<uuid>',
      'firstTryDelayMs must be 0 or more, not -1',
      'leaseDurationMs must be whole seconds, as the Lease stores them, not 2500',
      'leaseDurationMs (2500) must be more than renewDeadlineMs (2500)',
      'renewDeadlineMs (2500) must be more than 1.2 x retryPeriodMs (2100)',
      'requestTimeoutMs (2500) must be less than renewDeadlineMs (2500)',
    ]);
  });

  test.each([0, -1, NaN, Infinity])('must be times that can pass: %s is refused', (value) => {
    for (const name of [
      'leaseDurationMs',
      'renewDeadlineMs',
      'retryPeriodMs',
      'requestTimeoutMs',
    ]) {
      expect(() => completeOptions({ identity: 'a', [name]: value })).toThrow(
        `${name} must be a number above 0`,
      );
    }
  });

  test('give the drift that is tolerated', () => {
    expect(driftTolerance({ leaseDurationMs: 15_000, renewDeadlineMs: 10_000 })).toBeCloseTo(1 / 3);
  });
});

describe('a MicroTime', () => {
  test('always has six digits of a second, as the API server demands', () => {
    expect(formatMicroTime(1_750_000_000_007)).toBe('2025-06-15T15:06:40.007000Z');
    expect(formatMicroTime(1_750_000_000_000.25)).toBe('2025-06-15T15:06:40.000250Z');
  });
});
