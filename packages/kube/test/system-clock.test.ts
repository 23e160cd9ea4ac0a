import { systemClock, systemRandom } from '@picluster/kube';
import { describe, expect, it } from 'vitest';

describe('systemClock', () => {
  it('goes forward while a sleep lasts, by about as much', async () => {
    const beforeMs = systemClock.nowMs();
    await systemClock.sleep(20);
    const passedMs = systemClock.nowMs() - beforeMs;
    expect(passedMs).toBeGreaterThan(18);
    expect(passedMs).toBeLessThan(5000);
  });

  it('ends a sleep with the reason of its signal, before or while it lasts', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(1_000_000, stop.signal);
    const reason = new Error('SIGTERM');
    stop.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(systemClock.sleep(0, stop.signal)).rejects.toBe(reason);
  });

  it('fires a timer once, not after it was disposed, and not at once for a delay of a month', async () => {
    const fired: string[] = [];
    systemClock.timer(1, () => void fired.push('one'));
    systemClock.timer(1, () => void fired.push('disposed'))[Symbol.dispose]();
    using month = systemClock.timer(30 * 86_400_000, () => void fired.push('month'));
    await systemClock.sleep(20);
    expect(fired).toEqual(['one']);
    expect(month).toBeDefined();
  });

  it('tells the time of day', () => {
    expect(systemClock.wallMs()).toBeGreaterThan(1_767_225_600_000);
  });
});

describe('systemRandom', () => {
  it('gives numbers in [0, 1)', () => {
    for (let i = 0; i < 100; i++) {
      const number = systemRandom();
      expect(number).toBeGreaterThanOrEqual(0);
      expect(number).toBeLessThan(1);
    }
  });
});
