import { describe, expect, test } from 'vitest';
import { SimClock } from '../src/index.ts';

describe('the simulated clock', () => {
  test('stands still until it is told to move', async () => {
    const clock = new SimClock(1000);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([0, 1000]);
    await clock.advance(5);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([5, 1005]);
  });

  test('fires timers in the order of their deadlines, equal ones in the order of their making', async () => {
    const clock = new SimClock();
    const fired: string[] = [];
    for (const [name, ms] of [
      ['c', 20],
      ['a', 10],
      ['b', 10],
    ] as const) {
      clock.timer(ms, () => fired.push(`${name}@${clock.nowMs()}`));
    }
    await clock.advance(20);
    expect(fired).toEqual(['a@10', 'b@10', 'c@20']);
  });

  test('sees a timer that another one sets on the way', async () => {
    const clock = new SimClock();
    const fired: number[] = [];
    clock.timer(10, () => clock.timer(5, () => fired.push(clock.nowMs())));
    await clock.advance(20);
    expect(fired).toEqual([15]);
  });

  test('never fires a timer that was disposed of', async () => {
    const clock = new SimClock();
    const timer = clock.timer(10, () => expect.unreachable());
    timer[Symbol.dispose]();
    await clock.advance(20);
    expect(clock.pending).toBe(0);
  });

  test('ends a sleep with the reason of its signal, and leaves no timer behind', async () => {
    const clock = new SimClock();
    const controller = new AbortController();
    const sleep = clock.sleep(1000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  test('fails a test that waits with nothing to wait for', async () => {
    await expect(new SimClock().until(() => false)).rejects.toThrow('no timer is set');
  });

  test('fails a test whose condition does not come true in time', async () => {
    const clock = new SimClock();
    const again = (): void => void clock.timer(100, again);
    again();
    await expect(clock.until(() => false, 1000)).rejects.toThrow('within 1000 simulated ms');
  });
});
