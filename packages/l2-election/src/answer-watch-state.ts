import type { AnswerReport } from './answer-report.ts';
import type { Candidacy, ElectionState } from './election-state.ts';
import type { NodeId } from './heartbeat.ts';

/** How often is asked, and how much counts. What nodes do not agree on costs time, not safety. */
export interface AnswerWatchRules {
  /** Each address is asked for so often, by all that ask for it together. */
  readonly askEveryMs: number;
  /** All together ask at most so often: with more addresses each is asked for less often. */
  readonly askGapMs: number;
  /** After a question without an answer the next one waits so long, which is also how long an answer is waited for. */
  readonly againMs: number;
  /** So many questions in a row must stay without an answer before that is told. */
  readonly missesMin: number;
  /** For so long a holder that did not answer does not stand for the address, and is not named as a successor. */
  readonly asideMs: number;
}

/**
 * Where a fifth of all frames is lost, a question and its answer both arrive with 0.8², so a question is in vain with 0.36, and twenty in a
 * row with 1.3·10⁻⁹: one false word in 300 years, if one node asks for one address every 10 s. The questions take 5 s.
 */
export const answerWatchRules: AnswerWatchRules = {
  askEveryMs: 10_000,
  askGapMs: 500,
  againMs: 250,
  missesMin: 20,
  asideMs: 300_000,
};

/** What one node knows of the answers for an address that another holds. */
export interface WatchedHold {
  readonly holder: NodeId;
  /** The hardware address that answers should name. */
  readonly mac: string;
  readonly term: number;
  /** When it is asked for next. */
  readonly askAtMs: number;
  /** A question was asked, and its wait is not over. */
  readonly asked: boolean;
  /** Questions in a row without an answer, and when the first of them was over. */
  readonly misses: number;
  readonly missedAtMs: number;
  /** The holder does not answer: that was told. */
  readonly silent: boolean;
  /** Other speakers that answer too, by hardware address. */
  readonly strays: ReadonlyMap<string, Stray>;
}

/** See {@link WatchedHold.strays}: in how many questions it was heard, and in how many since then it was not. */
export interface Stray {
  readonly node: NodeId;
  readonly heard: number;
  readonly unheard: number;
}

/** An address that this node does not stand for although it may. */
export interface SetAside {
  readonly untilMs: number;
  readonly candidacy: Candidacy;
}

/** All that one node knows on one segment of who answers. A value: `answerWatchStep` makes a new one. */
export interface AnswerWatchState {
  readonly rules: AnswerWatchRules;
  readonly watched: ReadonlyMap<string, WatchedHold>;
  /** When it was last looked who holds what. */
  readonly followedAtMs: number;
  /** When a question was last asked, and when anybody last answered one, by family. */
  readonly askedAtMs: number;
  readonly answeredAtMs: { readonly 4: number; readonly 6: number };
  /** When machines that certainly answer were last asked, by family. */
  readonly controlledAtMs: { readonly 4: number; readonly 6: number };
  /** When the last report was sent. */
  readonly reportedAtMs: number;
  /** Who said of an address that this node does not answer for it, and when. */
  readonly told: ReadonlyMap<string, ReadonlyMap<NodeId, number>>;
  /** Until when a node counts as one that does not answer for an address: `<address> <node>`. */
  readonly silentUntilMs: ReadonlyMap<string, number>;
  readonly aside: ReadonlyMap<string, SetAside>;
  /** The terms under which this node kept an address although it was told that it does not answer. */
  readonly kept: ReadonlyMap<string, number>;
  /** When the next `look` is due. */
  readonly wakeAtMs: number;
}

/** What can happen. `election` is the state of the election on the segment at that moment. */
export type AnswerWatchInput = {
  readonly nowMs: number;
  readonly election: ElectionState;
} & (
  | { readonly kind: 'look' }
  /** The wait after a question is over: hardware addresses of all other machines that answered; `undefined`: it could not be asked. */
  | {
      readonly kind: 'heard';
      readonly address: string;
      readonly macs: readonly string[] | undefined;
    }
  /** A machine that has nothing to do with the address answered a question of ours. */
  | { readonly kind: 'control-heard'; readonly family: 4 | 6 }
  | { readonly kind: 'report'; readonly report: AnswerReport }
  /** This node may not answer for the address any more, whatever was said. */
  | { readonly kind: 'resigned'; readonly address: string }
);

/** What is wrong with the answers for an address: its holder does not answer, or another speaker, which does not hold it, answers too. */
export type AnswerFault = 'silent' | 'answers-too';

/** What is to be done. */
export type AnswerWatchEffect =
  /** Ask once, and give back after `waitMs` who answered. */
  | { readonly kind: 'ask'; readonly address: string; readonly waitMs: number }
  /** Ask machines that certainly answer: perhaps it is we who cannot ask. */
  | { readonly kind: 'control'; readonly family: 4 | 6; readonly waitMs: number }
  | { readonly kind: 'report'; readonly report: AnswerReport }
  /** A question was answered by its holder, by others only, or by nobody. */
  | { readonly kind: 'counted'; readonly outcome: 'right' | 'wrong' | 'none' }
  /** From now on, or not any more. `isTeller`: of those who ask, this node is the one to tell people. */
  | {
      readonly kind: 'fault';
      readonly fault: AnswerFault;
      readonly address: string;
      readonly node: NodeId;
      readonly mac: string;
      readonly now: boolean;
      readonly isTeller: boolean;
    }
  /** A machine that is no speaker answers. */
  | { readonly kind: 'foreign'; readonly address: string; readonly mac: string }
  /**
   * So many of so many others say that we do not answer: give it up, but to none of `except`, and do not stand for it; nor for what belongs together
   * with it, or that would draw it back here.
   */
  | {
      readonly kind: 'set-aside';
      readonly address: string;
      readonly tellers: number;
      readonly others: number;
      readonly except: readonly NodeId[];
    }
  /** They say so, and no other node could answer. Told once for a hold. */
  | {
      readonly kind: 'kept';
      readonly address: string;
      readonly tellers: number;
      readonly others: number;
    }
  /** Stand for it again, and for what went with it. */
  | { readonly kind: 'back'; readonly address: string };

/** The state of a node that starts now. */
export function initialAnswerWatch(
  nowMs: number,
  rules: Partial<AnswerWatchRules> = {},
): AnswerWatchState {
  return {
    rules: { ...answerWatchRules, ...rules },
    watched: new Map(),
    followedAtMs: -Infinity,
    askedAtMs: -Infinity,
    answeredAtMs: { 4: -Infinity, 6: -Infinity },
    controlledAtMs: { 4: -Infinity, 6: -Infinity },
    reportedAtMs: -Infinity,
    told: new Map(),
    silentUntilMs: new Map(),
    aside: new Map(),
    kept: new Map(),
    wakeAtMs: nowMs,
  };
}

/** A state that a step writes on. */
export type AnswerWatchDraft = {
  -readonly [Key in keyof AnswerWatchState]: AnswerWatchState[Key] extends ReadonlyMap<
    infer Name,
    infer Value
  >
    ? Map<Name, Value>
    : AnswerWatchState[Key];
};
