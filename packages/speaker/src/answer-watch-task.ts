import {
  type AnswerReport,
  type AnswerWatchEffect,
  type AnswerWatchInput,
  answerWatchStep,
  type AnswerWatchRules,
  type AnswerWatchState,
  initialAnswerWatch,
  type NodeId,
} from '@picluster/l2-election';
import type { SegmentFollower, WireSegment } from './wire-segment.ts';

/** What of an input the task is told; the rest it adds. */
type Told = AnswerWatchInput extends infer One
  ? One extends AnswerWatchInput
    ? Omit<One, 'nowMs' | 'election'>
    : never
  : never;

/** What people are told of; see `AnswerWatchEffect`. */
export type AnswerNews = Extract<
  AnswerWatchEffect,
  { readonly kind: 'counted' | 'fault' | 'foreign' | 'set-aside' | 'kept' | 'back' }
>;

/** What the watch over the answers works with on one interface. */
export interface AnswerWatchTaskDeps {
  readonly segment: WireSegment;
  readonly clock: { nowMs(): number; timer(ms: number, fire: () => void): Disposable };
  /** Asks once on the interface; see `Announcer.whoHas`. */
  readonly whoHas: (
    address: string,
    waitMs: number,
    done: (macs: readonly string[] | undefined) => void,
  ) => Disposable;
  /** Whether a hardware address is this machine's. */
  readonly isSelf: (mac: string) => boolean;
  /** Addresses of machines on the segment that certainly answer: gateways, nodes. */
  readonly neighbours: () => readonly string[];
  readonly idOf: (nodeName: string) => NodeId;
  readonly tell: (news: AnswerNews) => void;
}

/** Of the machines that certainly answer so many are asked at a time: one of them may be down. */
const CONTROLS = 3;

/** Watches on one interface whether the holders of addresses answer for them, and stands aside where this node is told that it does not. */
export class AnswerWatchTask implements SegmentFollower {
  readonly #deps: AnswerWatchTaskDeps;
  readonly #asking = new Set<Disposable>();
  #state: AnswerWatchState;
  #wake: Disposable | undefined;
  #turn = 0;
  #ended = false;

  constructor(deps: AnswerWatchTaskDeps, rules: Partial<AnswerWatchRules> = {}) {
    this.#deps = deps;
    this.#state = initialAnswerWatch(deps.clock.nowMs(), rules);
  }

  begin(): void {
    this.#take({ kind: 'look' });
  }

  /** A report was heard on the segment. */
  reported(report: AnswerReport): void {
    this.#take({ kind: 'report', report });
  }

  resigned(address: string): void {
    this.#take({ kind: 'resigned', address });
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#wake?.[Symbol.dispose]();
    for (const asking of this.#asking) asking[Symbol.dispose]();
    // What was wrong is no longer known to be.
    for (const [address, { holder, mac, silent, strays }] of this.#state.watched) {
      const over = { kind: 'fault', address, now: false, isTeller: false } as const;
      if (silent) this.#deps.tell({ ...over, fault: 'silent', node: holder, mac });
      for (const [stray, { node }] of strays) {
        this.#deps.tell({ ...over, fault: 'answers-too', node, mac: stray });
      }
    }
  }

  #take(told: Told): void {
    const { clock, segment } = this.#deps;
    if (this.#ended || segment.election === undefined) return;
    const nowMs = clock.nowMs();
    const input = { ...told, nowMs, election: segment.election.state } as AnswerWatchInput;
    const [state, effects] = answerWatchStep(this.#state, input);
    this.#state = state;
    this.#wake?.[Symbol.dispose]();
    this.#wake = clock.timer(Math.max(1, state.wakeAtMs - nowMs), () =>
      this.#take({ kind: 'look' }),
    );
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: AnswerWatchEffect): void {
    const { segment, idOf, tell } = this.#deps;
    switch (effect.kind) {
      case 'ask':
        this.#ask(effect.address, this.#withTurn(effect.waitMs), (macs) =>
          this.#take({ kind: 'heard', address: effect.address, macs }),
        );
        return;
      case 'control':
        this.#control(effect.family, effect.waitMs);
        return;
      case 'report':
        segment.election?.report(effect.report);
        return;
      case 'set-aside':
        // Why it goes is told while it is still here.
        tell(effect);
        segment.setAside(effect.address, (name) => effect.except.includes(idOf(name)));
        return;
      case 'back':
        segment.standAgain(effect.address);
        break;
      case 'counted':
      case 'fault':
      case 'foreign':
      case 'kept':
        break;
    }
    tell(effect);
  }

  /** Not much before the next turn, for which the process wakes anyway. */
  #withTurn(waitMs: number): number {
    const { clock, segment } = this.#deps;
    const nextAtMs = segment.election?.state.wakeAtMs ?? -Infinity;
    return Math.max(waitMs, nextAtMs - clock.nowMs());
  }

  #control(family: 4 | 6, waitMs: number): void {
    const all = this.#deps.neighbours().filter((one) => one.includes(':') === (family === 6));
    for (let count = 0; count < Math.min(CONTROLS, all.length); count++) {
      const address = all[this.#turn++ % all.length];
      if (address === undefined) return;
      this.#ask(address, waitMs, (macs) => {
        if (macs !== undefined && macs.length > 0) this.#take({ kind: 'control-heard', family });
      });
    }
  }

  #ask(address: string, waitMs: number, done: (macs: readonly string[] | undefined) => void): void {
    const { whoHas, isSelf } = this.#deps;
    const asking = whoHas(address, waitMs, (macs) => {
      this.#asking.delete(asking);
      done(macs?.filter((mac) => !isSelf(mac)));
    });
    this.#asking.add(asking);
  }
}
