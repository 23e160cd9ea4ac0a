import type { Clock } from '../clock.ts';

/** The machine's clock, for simulators that are given no other. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  timer: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
