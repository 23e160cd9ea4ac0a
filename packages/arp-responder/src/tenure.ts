/** How many times an address is asked for before it counts as nobody's (PROBE_NUM of RFC 5227 §1.1). */
export const PROBES = 3;
/**
 * How long after each probe an answer is waited for. RFC 5227 takes 1 to 2 s, for machines that boot at the same moment by the thousand;
 * a Service wants to be reached in less than one. Who is too sleepy to answer in time is found by {@link HeldTenure} later.
 */
export const PROBE_INTERVAL_MS = 100;
/** How often an address that another machine has is asked for, to see whether it left. */
export const RECHECK_MS = 30_000;
/** An address is defended once in this time, and given up at the second conflict (DEFEND_INTERVAL of RFC 5227 §1.1). */
export const DEFEND_INTERVAL_MS = 10_000;
/** Frames that come together with the one that was defended against belong to the same conflict: machines announce in pairs. */
export const SAME_CONFLICT_MS = 1000;

/** Asked for, and not answered for yet: nobody is known to have had it. `sent`: probes so far. */
export interface ProbingTenure {
  readonly kind: 'probing';
  readonly sent: number;
}

/** Ours to answer for. `defendedMs`: when it was last defended. */
export interface HeldTenure {
  readonly kind: 'held';
  readonly defendedMs: number;
}

/** Left to the machine at `mac`, which has it. `toldMs`: when that was told; `sent`: probes of the check that runs; 0: none runs. */
export interface YieldedTenure {
  readonly kind: 'yielded';
  readonly mac: string;
  readonly toldMs: number;
  readonly sent: number;
}

/** Whether an address that we own is ours on the wire, too. */
export type Tenure = ProbingTenure | HeldTenure | YieldedTenure;

/**
 * `begin`: the address became ours, or the link came back, and what waited meanwhile waits no more; `due`: the time of a wait is over;
 * `claim`: a machine that is none
 * of ours claims the address, or asks for it to take it.
 */
export type TenureInput =
  | { readonly type: 'begin' }
  | { readonly type: 'due' }
  | {
      readonly type: 'claim';
      readonly mac: string;
      readonly tentative: boolean;
      readonly nowMs: number;
    };

/**
 * What is to be done. `probe`: ask the segment; `wait`: be called with `due` after `ms`, which replaces an earlier wait; `announce`: tell
 * the neighbours that it is ours; `defend`: tell them once; `conflict`: say who has it, and whether we left it to them; `cleared`: say that
 * they are gone. That only a held address is answered for and announced needs no effect.
 */
export type TenureEffect =
  | { readonly type: 'probe' | 'announce' | 'defend' | 'cleared' }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'conflict'; readonly mac: string; readonly yielded: boolean };

/** What comes of a step: the next state, and what is to be done, in this order: others are told last. */
export type TenureStep = readonly [Tenure, readonly TenureEffect[]];

/** Ours, and never defended yet. */
const HELD: HeldTenure = { kind: 'held', defendedMs: Number.NEGATIVE_INFINITY };
const ASK: readonly TenureEffect[] = [{ type: 'probe' }, { type: 'wait', ms: PROBE_INTERVAL_MS }];

/** The tenure of an address that becomes ours; `fresh`: nobody is known to have had it, so it is asked for first. */
export function newTenure(fresh: boolean): Tenure {
  return fresh ? { kind: 'probing', sent: 0 } : HELD;
}

/** One step. Pure. A machine that has the address is never fought: defended against once, and then left alone until it is gone. */
export function tenureStep(tenure: Tenure, input: TenureInput): TenureStep {
  if (input.type === 'due') return onDue(tenure);
  if (input.type === 'begin') {
    return tenure.kind === 'held'
      ? [tenure, [{ type: 'announce' }]]
      : [{ ...tenure, sent: 1 }, ASK];
  }
  const { mac, nowMs } = input;
  switch (tenure.kind) {
    case 'probing':
      return yieldTo(mac, nowMs);
    case 'yielded': {
      // Two machines that take turns are not told of at each turn.
      const isNews = mac !== tenure.mac && nowMs - tenure.toldMs >= DEFEND_INTERVAL_MS;
      return isNews ? yieldTo(mac, nowMs) : [{ ...tenure, sent: 0 }, [RECHECK]];
    }
    case 'held': {
      // Who only asks has our answer, which is the defence.
      const agoMs = nowMs - tenure.defendedMs;
      if (input.tentative || agoMs < SAME_CONFLICT_MS) return [tenure, []];
      if (agoMs < DEFEND_INTERVAL_MS) return yieldTo(mac, nowMs);
      return [
        { kind: 'held', defendedMs: nowMs },
        [{ type: 'defend' }, { type: 'conflict', mac, yielded: false }],
      ];
    }
  }
}

const RECHECK: TenureEffect = { type: 'wait', ms: RECHECK_MS };

function yieldTo(mac: string, nowMs: number): TenureStep {
  return [
    { kind: 'yielded', mac, toldMs: nowMs, sent: 0 },
    [RECHECK, { type: 'conflict', mac, yielded: true }],
  ];
}

function onDue(tenure: Tenure): TenureStep {
  if (tenure.kind === 'held') return [tenure, []];
  if (tenure.sent < PROBES) return [{ ...tenure, sent: tenure.sent + 1 }, ASK];
  const cleared: TenureEffect[] = tenure.kind === 'yielded' ? [{ type: 'cleared' }] : [];
  return [HELD, [{ type: 'announce' }, ...cleared]];
}
