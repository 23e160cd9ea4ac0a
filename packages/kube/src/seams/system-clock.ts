import { uptime } from 'node:os';
import type { Clock } from '../clock.ts';

/** How often, in running time, the machine is asked whether it slept. */
const sleepCheckMs = 100;
/** The uptime comes in steps of 10 ms; only what is clearly more than that is a sleep. */
const sleepMinMs = 250;
/** `setTimeout` fires at once for anything longer. */
const timerMsMax = 2_147_483_647;

const bootOffsetMs = uptime() * 1000 - performance.now();
let sleptMs = 0;
let nextCheckMs = 0;

/**
 * The clock of a real process: monotonic `nowMs`, wall time for what people read, timers that keep the process alive.
 *
 * Node's own monotonic clock stands still while a machine is suspended, which would let a leader wake up and believe in its old lease.
 * `nowMs` therefore adds the time slept, noticed within 100 ms of running again. A virtual machine that its host merely pauses cannot
 * notice that by itself.
 */
export const systemClock: Clock = {
  nowMs: () => {
    const runningMs = performance.now();
    if (runningMs >= nextCheckMs) {
      nextCheckMs = runningMs + sleepCheckMs;
      const missingMs = uptime() * 1000 - runningMs - bootOffsetMs;
      if (missingMs > sleptMs + sleepMinMs) sleptMs = missingMs;
    }
    return runningMs + sleptMs;
  },
  wallMs: () => Date.now(),
  timer: (ms, fire) => {
    // Parts of milliseconds are cut off: fired early, it would be set again for the rest.
    const timer = setTimeout(fire, Math.min(Math.ceil(ms), timerMsMax));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = (): void => {
        clearTimeout(timer);
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason belongs to the caller
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(ms, timerMsMax),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
