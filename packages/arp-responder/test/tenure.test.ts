import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEFEND_INTERVAL_MS,
  PROBES,
  PROBE_INTERVAL_MS,
  RECHECK_MS,
  SAME_CONFLICT_MS,
  newTenure,
  tenureStep,
  type Tenure,
  type TenureEffect,
  type TenureInput,
} from '../src/index.ts';

const FOREIGN = '02:00:00:00:00:66';
const ASK: TenureEffect[] = [{ type: 'probe' }, { type: 'wait', ms: PROBE_INTERVAL_MS }];
const RECHECK: TenureEffect = { type: 'wait', ms: RECHECK_MS };

const claim = (nowMs: number, mac = FOREIGN, tentative = false): TenureInput => ({
  type: 'claim',
  mac,
  tentative,
  nowMs,
});

/** Feeds inputs one after the other; gives the last state, and the effects of each step. */
function run(tenure: Tenure, ...inputs: TenureInput[]): [Tenure, (readonly TenureEffect[])[]] {
  const all: (readonly TenureEffect[])[] = [];
  let now = tenure;
  for (const input of inputs) {
    const [next, effects] = tenureStep(now, input);
    now = next;
    all.push(effects);
  }
  return [now, all];
}

const BEGIN: TenureInput = { type: 'begin' };
const DUE: TenureInput = { type: 'due' };
const HELD = newTenure(false);
const YIELDED: Tenure = { kind: 'yielded', mac: FOREIGN, toldMs: 0, sent: 0 };

describe('a fresh address', () => {
  test('is asked for three times, and then announced', () => {
    const [tenure, effects] = run(newTenure(true), BEGIN, DUE, DUE, DUE);
    expect(effects).toEqual([ASK, ASK, ASK, [{ type: 'announce' }]]);
    expect(tenure).toEqual(HELD);
  });

  test.each([false, true])(
    'is left to the machine that has it, or asks for it too (tentative: %s), and never announced',
    (tentative) => {
      const [tenure, effects] = run(newTenure(true), BEGIN, DUE, claim(5, FOREIGN, tentative));
      expect(tenure).toEqual({ ...YIELDED, toldMs: 5 });
      expect(effects.at(-1)).toEqual([RECHECK, { type: 'conflict', mac: FOREIGN, yielded: true }]);
      expect(effects.flat()).not.toContainEqual({ type: 'announce' });
    },
  );

  test('is asked for from the start when the link comes back', () => {
    expect(run(newTenure(true), BEGIN, DUE, BEGIN)[0]).toEqual({ kind: 'probing', sent: 1 });
  });
});

describe('an address that is taken over', () => {
  test('is announced at once, and again when the link comes back', () => {
    expect(run(HELD, BEGIN, BEGIN)).toEqual([
      HELD,
      [[{ type: 'announce' }], [{ type: 'announce' }]],
    ]);
  });

  test('is defended once, then left alone if the other goes on', () => {
    const later = 1000 + SAME_CONFLICT_MS;
    const [tenure, effects] = run(HELD, claim(1000), claim(1001), claim(later));
    expect(effects).toEqual([
      [{ type: 'defend' }, { type: 'conflict', mac: FOREIGN, yielded: false }],
      [],
      [RECHECK, { type: 'conflict', mac: FOREIGN, yielded: true }],
    ]);
    expect(tenure).toEqual({ ...YIELDED, toldMs: later });
  });

  test('is defended again after ten seconds', () => {
    const [tenure, effects] = run(HELD, claim(0), claim(DEFEND_INTERVAL_MS));
    expect(effects[1]?.[0]).toEqual({ type: 'defend' });
    expect(tenure.kind).toBe('held');
  });

  test('is not given up for one who only asks: our answer is the defence', () => {
    expect(run(HELD, claim(0, FOREIGN, true), claim(2000, FOREIGN, true))).toEqual([
      HELD,
      [[], []],
    ]);
  });
});

describe('an address that was left to another machine', () => {
  test('is asked for every 30 s, and announced when nobody answers', () => {
    const [tenure, effects] = run(YIELDED, DUE, DUE, DUE, DUE);
    expect(effects).toEqual([ASK, ASK, ASK, [{ type: 'announce' }, { type: 'cleared' }]]);
    expect(tenure).toEqual(HELD);
  });

  test('stays with it as long as it shows itself; who it is is told once', () => {
    const [tenure, effects] = run(YIELDED, DUE, claim(9), DUE, DUE, claim(99));
    expect(effects).toEqual([ASK, [RECHECK], ASK, ASK, [RECHECK]]);
    expect(tenure).toEqual(YIELDED);
  });

  test('another machine that has it is told too, but not each time that two take turns', () => {
    const other = '02:00:00:00:00:67';
    const [tenure, effects] = run(
      YIELDED,
      claim(9, other),
      claim(10),
      claim(DEFEND_INTERVAL_MS, other),
    );
    expect(effects).toEqual([
      [RECHECK],
      [RECHECK],
      [RECHECK, { type: 'conflict', mac: other, yielded: true }],
    ]);
    expect(tenure).toMatchObject({ mac: other, toldMs: DEFEND_INTERVAL_MS });
  });

  test('is asked for at once when the link comes back', () => {
    expect(run(YIELDED, BEGIN)).toEqual([{ ...YIELDED, sent: 1 }, [ASK]]);
  });
});

test('whatever happens: at most one defence in ten seconds, nothing announced while another has it, and who waits is woken', () => {
  const input = fc.record({
    type: fc.constantFrom('begin', 'due', 'claim', 'claim', 'claim'),
    mac: fc.constantFrom(FOREIGN, '02:00:00:00:00:67'),
    tentative: fc.boolean(),
    afterMs: fc.nat({ max: 4000 }),
  });
  fc.assert(
    fc.property(fc.boolean(), fc.array(input, { maxLength: 60 }), (fresh, inputs) => {
      let [[tenure], nowMs, defendedMs] = [run(newTenure(fresh), BEGIN), 0, -Infinity];
      for (const { type, mac, tentative, afterMs } of inputs) {
        nowMs += afterMs;
        const asked = type === 'due' ? DUE : BEGIN;
        const [next, effects] = tenureStep(
          tenure,
          type === 'claim' ? claim(nowMs, mac, tentative) : asked,
        );
        const has = (wanted: string): boolean => effects.some((one) => one.type === wanted);
        const isHeld = next.kind === 'held';
        const broken = {
          'defended too soon': has('defend') && nowMs - defendedMs < DEFEND_INTERVAL_MS,
          'announced what is another’s': (has('announce') || has('defend')) && !isHeld,
          'waits for nothing': !isHeld && !has('wait'),
          'asks without end': !isHeld && next.sent > PROBES,
        };
        expect(Object.values(broken), JSON.stringify(broken)).not.toContain(true);
        if (has('defend')) defendedMs = nowMs;
        // What was given up and is free again has a defence of its own.
        if (!isHeld) defendedMs = -Infinity;
        tenure = next;
      }
    }),
  );
});
