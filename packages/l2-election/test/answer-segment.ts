import {
  type AnswerReport,
  type AnswerWatchEffect,
  type AnswerWatchInput,
  type AnswerWatchRules,
  type AnswerWatchState,
  answerWatchStep,
  initialAnswerWatch,
} from '../src/index.ts';
import { Segment, type SegmentOptions } from './segment.ts';
import type { SimNode } from './sim-node.ts';

/** What of an input a caller gives; the rest is the node's. */
type Input = AnswerWatchInput extends infer One
  ? One extends AnswerWatchInput
    ? Omit<One, 'nowMs' | 'election'>
    : never
  : never;

/** What is wrong with the answers of a segment. Nodes by index. */
export interface AnswerFaults {
  /** These answer nothing, though their heartbeats pass. */
  readonly silent: Set<number>;
  /** These answer for everything, as a kernel that has the addresses on an interface does. */
  readonly strays: Set<number>;
  /** These get no answers of anybody. */
  readonly unable: Set<number>;
  /** From the first of a pair no answer comes to the second. */
  readonly apart: Set<string>;
  /** A machine that is no speaker answers for these addresses. */
  readonly foreign: Set<string>;
}

/** A {@link Segment} whose nodes watch the answers too. */
export class AnswerSegment {
  readonly segment: Segment;
  readonly faults: AnswerFaults = {
    silent: new Set(),
    strays: new Set(),
    unable: new Set(),
    apart: new Set(),
    foreign: new Set(),
  };
  /** What watches said, but for questions and reports: `<node> <kind> <address> …`. */
  readonly said: string[] = [];
  asks = 0;
  reports = 0;
  readonly #rules: Partial<AnswerWatchRules>;
  readonly #watches = new Map<SimNode, { bootCount: number; state: AnswerWatchState }>();

  constructor(seed: number, options: SegmentOptions, rules: Partial<AnswerWatchRules> = {}) {
    this.segment = new Segment(seed, options);
    this.#rules = rules;
    for (const node of this.segment.nodes) this.#lookAfter(node, 0);
  }

  run(untilMs: number): void {
    this.segment.run(untilMs);
  }

  /** The one node that answers for the address by the election; fails where it is not one. */
  ownerOf(address: string): SimNode {
    const owners = this.segment.nodes.filter((node) => node.answers(address));
    if (owners.length !== 1 || owners[0] === undefined) {
      throw new Error(`${owners.length} answer for ${address}`);
    }
    return owners[0];
  }

  #lookAfter(node: SimNode, ms: number): void {
    const { queue } = this.segment;
    queue.at(queue.nowMs + ms, () => {
      this.#tell(node, { kind: 'look' });
      const wakeAtMs = this.#watches.get(node)?.state.wakeAtMs ?? 0;
      this.#lookAfter(node, Math.max(1, Math.min(1000, wakeAtMs - node.localMs())));
    });
  }

  #tell(node: SimNode, input: Input): void {
    if (node.state === undefined || node.frozen) return;
    const nowMs = node.localMs();
    let watch = this.#watches.get(node);
    if (watch?.bootCount !== node.bootCount) {
      watch = { bootCount: node.bootCount, state: initialAnswerWatch(nowMs, this.#rules) };
    }
    const whole = { ...input, nowMs, election: node.state } as AnswerWatchInput;
    const [state, effects] = answerWatchStep(watch.state, whole);
    this.#watches.set(node, { ...watch, state });
    for (const effect of effects) this.#perform(node, effect);
  }

  #perform(node: SimNode, effect: AnswerWatchEffect): void {
    switch (effect.kind) {
      case 'ask':
        this.#ask(node, effect.address, effect.waitMs);
        break;
      case 'control':
        if (this.#passes(node) && this.#passes(node)) {
          this.#later(node, 1, { kind: 'control-heard', family: effect.family });
        }
        break;
      case 'report':
        this.#broadcast(node, effect.report);
        break;
      case 'set-aside': {
        const { address, except } = effect;
        const ids = this.segment.nodes.map(({ id }) => id);
        const candidates = ids.filter((id) => !except.includes(id));
        this.#say(node, `set-aside ${address} ${effect.tellers}/${effect.others}`);
        node.tell({ kind: 'stand', address, candidacy: { candidates } });
        node.tell({ kind: 'resign', address });
        break;
      }
      case 'back':
        this.#say(node, `back ${effect.address}`);
        node.tell({ kind: 'stand', address: effect.address, candidacy: {} });
        break;
      case 'fault': {
        const about = this.segment.indexOf(effect.node);
        this.#say(
          node,
          `${effect.fault} ${effect.address} ${about} ${effect.now ? 'now' : 'over'}`,
        );
        break;
      }
      case 'kept':
      case 'foreign':
        this.#say(node, `${effect.kind} ${effect.address}`);
        break;
      case 'counted':
        break;
    }
  }

  #say(node: SimNode, what: string): void {
    this.said.push(`${node.index} ${what}`);
    this.segment.trace?.(
      `${this.segment.queue.nowMs.toFixed(0).padStart(7)} ${node.index} ${what}`,
    );
  }

  #ask(node: SimNode, address: string, waitMs: number): void {
    this.asks++;
    const macs = this.segment.nodes
      .filter((other) => other !== node && this.#isAnsweredBy(other, node, address))
      .map(({ index }) => `mac-${index}`);
    if (this.faults.foreign.has(address) && this.#passes(node)) macs.push('mac-foreign');
    this.#later(node, waitMs, { kind: 'heard', address, macs });
  }

  #isAnsweredBy(other: SimNode, node: SimNode, address: string): boolean {
    const { silent, strays, apart } = this.faults;
    const answers = other.answers(address) || (strays.has(other.index) && other.isUp);
    if (!answers || silent.has(other.index) || apart.has(`${other.index} ${node.index}`)) {
      return false;
    }
    // The question and its answer both have to arrive.
    return this.#passes(node) && this.#passes(node);
  }

  #passes(node: SimNode): boolean {
    const isAble = !node.mute && !node.deaf && !node.linkDown && !this.segment.allLost;
    return (
      isAble && !this.faults.unable.has(node.index) && this.segment.random() >= this.segment.loss
    );
  }

  #broadcast(from: SimNode, report: AnswerReport): void {
    this.reports++;
    if (from.mute || from.linkDown || this.segment.allLost) return;
    for (const to of this.segment.nodes) {
      if (to === from || to.deaf || to.linkDown) continue;
      if (this.segment.random() >= this.segment.loss)
        this.#later(to, 1, { kind: 'report', report });
    }
  }

  #later(node: SimNode, ms: number, input: Input): void {
    const { queue } = this.segment;
    const { bootCount } = node;
    queue.at(queue.nowMs + ms, () => {
      if (node.bootCount === bootCount) this.#tell(node, input);
    });
  }
}
