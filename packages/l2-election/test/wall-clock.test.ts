import { expect, test } from 'vitest';
import { holderOf, pair, type Wire } from './wire.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
/** Where somebody, or a time server, may put a clock. */
const STEPS_MS = [HOUR_MS, -HOUR_MS, 10 * YEAR_MS, -10 * YEAR_MS, 31_000, -31_000, 0];

test.each([['a'], ['b'], ['a', 'b']])(
  'clocks that are set while their nodes hear each other move nothing: those of %s %s',
  (...names) => {
    const wire = pair();
    const [holder] = holderOf(wire);
    const before = wire.kinds();
    for (const stepMs of STEPS_MS) {
      for (const name of names) wire.wallOffsetMs.set(name, stepMs);
      for (let ms = 0; ms < 700; ms++) {
        wire.run(1);
        expect(wire.answerers()).toEqual([holder]);
      }
    }
    expect(wire.kinds()).toEqual(before);
  },
);

/** How long nobody answers after the holder's cable is out. */
function silenceMs(wire: Wire): number {
  const [holder, other] = holderOf(wire);
  wire.cut.add(`${holder}>${other}`).add(`${other}>${holder}`);
  const sinceMs = wire.nowMs;
  while (!wire.answerers().includes(other)) wire.run(1);
  return wire.nowMs - sinceMs;
}

test.each(STEPS_MS)(
  'a clock that is set by %d ms in the moment of a failure makes the next node neither earlier nor later',
  (stepMs) => {
    const wire = pair();
    const [, other] = holderOf(wire);
    wire.wallOffsetMs.set(other, stepMs);
    expect(silenceMs(wire)).toBe(silenceMs(pair()));
  },
);
