import { KubeError } from '@picluster/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryPolicy } from '../src/retry-policy.ts';

describe('RetryPolicy', () => {
  it('stays between half of the doubled delay and the cap, for any jitter and any number of failures', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 2000 }),
        (jitter, failures) => {
          const policy = new RetryPolicy({ baseMs: 10, maxMs: 1000 }, () => jitter);
          let delayMs = 0;
          for (let i = 0; i < failures; i++) delayMs = policy.failed(undefined);
          const fullMs = Math.min(1000, 10 * 2 ** (failures - 1));
          expect(delayMs).toBeGreaterThanOrEqual(fullMs / 2);
          expect(delayMs).toBeLessThanOrEqual(fullMs);
        },
      ),
    );
  });

  it('waits no less than the server asks, and begins anew after a success', () => {
    const policy = new RetryPolicy({ baseMs: 10, maxMs: 1000 }, () => 0.99);
    expect(policy.failed(new KubeError('too-many-requests', 'later', { retryAfterMs: 5000 }))).toBe(
      5000,
    );
    policy.failed(undefined);
    policy.succeeded();
    expect(policy.failures).toBe(0);
    expect(policy.failed(undefined)).toBeLessThanOrEqual(10);
  });
});
