import { describe, expect, test } from 'vitest';
import { ANNOUNCE_AT_MS, QUIET, announceStep, type AnnounceState } from '../src/index.ts';

describe('the announcing of an address', () => {
  test('goes in rounds 1.1 s apart, five in all, and then is quiet', () => {
    const sentAtMs: number[] = [];
    let [state, effects] = announceStep(QUIET, { type: 'start', nowMs: 1000 });
    let nowMs = 1000;
    for (;;) {
      if (effects.some((effect) => effect.type === 'send')) sentAtMs.push(nowMs - 1000);
      const wait = effects.find((effect) => effect.type === 'wait');
      if (wait === undefined) break;
      nowMs += wait.ms;
      [state, effects] = announceStep(state, { type: 'due', nowMs, entitled: true });
    }
    expect(sentAtMs).toEqual([...ANNOUNCE_AT_MS]);
    expect(sentAtMs).toEqual([0, 1100, 2200, 3300, 4400]);
    expect(state).toEqual(QUIET);
  });

  const announcing: AnnounceState = { kind: 'announcing', startedMs: 0, round: 1 };

  test('ends when the right to answer has ended', () => {
    expect(announceStep(announcing, { type: 'due', nowMs: 1100, entitled: false })).toEqual([
      QUIET,
      [{ type: 'cancel' }],
    ]);
  });

  test('ends when the address is given up', () => {
    expect(announceStep(announcing, { type: 'stop' })).toEqual([QUIET, [{ type: 'cancel' }]]);
    expect(announceStep(QUIET, { type: 'stop' })).toEqual([QUIET, []]);
  });

  test('begins anew when it is started again', () => {
    expect(announceStep(announcing, { type: 'start', nowMs: 500 })).toEqual([
      { kind: 'announcing', startedMs: 500, round: 1 },
      [{ type: 'send' }, { type: 'wait', ms: 1100 }],
    ]);
  });

  test('sends the rounds that a stall made late as one', () => {
    expect(announceStep(announcing, { type: 'due', nowMs: 2500, entitled: true })).toEqual([
      { kind: 'announcing', startedMs: 0, round: 3 },
      [{ type: 'send' }, { type: 'wait', ms: 800 }],
    ]);
    expect(announceStep(announcing, { type: 'due', nowMs: 9000, entitled: true })[1]).toEqual([
      { type: 'send' },
      { type: 'cancel' },
    ]);
  });

  test('is repeated for ever after the rounds where that is wanted, until the right ends', () => {
    const last: AnnounceState = { kind: 'announcing', startedMs: 0, round: 4 };
    const [state, effects] = announceStep(last, { type: 'due', nowMs: 4400, entitled: true }, 5000);
    const again = [{ type: 'send' }, { type: 'wait', ms: 5000 }];
    expect(effects).toEqual(again);
    const due = { type: 'due', nowMs: 9400, entitled: true } as const;
    expect(announceStep(state, due, 5000)).toEqual([state, again]);
    expect(announceStep(state, { ...due, entitled: false }, 5000)).toEqual([
      QUIET,
      [{ type: 'cancel' }],
    ]);
    expect(announceStep(state, { type: 'stop' }, 5000)).toEqual([QUIET, [{ type: 'cancel' }]]);
    expect(announceStep(state, { type: 'start', nowMs: 9000 }, 5000)[0]).toMatchObject({
      round: 1,
    });
  });

  test('does nothing when a timer comes after the end', () => {
    expect(announceStep(QUIET, { type: 'due', nowMs: 1, entitled: true })).toEqual([QUIET, []]);
  });
});
