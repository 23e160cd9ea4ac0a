import type { Timings } from '../src/index.ts';
import type { SimNode } from './sim-node.ts';

const nobody = -1;

/**
 * Watches from outside who would answer for each address at each moment. It knows nothing of the protocol's state but the answers;
 * who can exchange frames is measured at the receivers, in frames that arrived in time.
 */
export class Oracle {
  readonly violations: string[] = [];
  /** Changes of the answerer of an address from one node to another. */
  moves = 0;
  /** How long two answered for one address, summed over addresses. */
  doubleMs = 0;
  readonly #nodes: readonly SimNode[];
  readonly #addresses: readonly string[];
  readonly #timings: Timings;
  readonly #strict: boolean;
  readonly #lastHeardMs: number[][];
  readonly #hearsSinceMs: number[][];
  readonly #owner: number[];
  readonly #doubleSinceMs: number[];
  readonly #silentSinceMs: number[];
  readonly #longestSilenceMs: number[];

  /** @param strict whether two must never answer, wherever they are */
  constructor(
    nodes: readonly SimNode[],
    addresses: readonly string[],
    timings: Timings,
    strict: boolean,
  ) {
    const fill = <T>(length: number, value: T): T[] => Array.from({ length }, () => value);
    this.#nodes = nodes;
    this.#addresses = addresses;
    this.#timings = timings;
    this.#strict = strict;
    this.#lastHeardMs = nodes.map(() => fill(nodes.length, -Infinity));
    this.#hearsSinceMs = nodes.map(() => fill(nodes.length, 0));
    this.#owner = fill(addresses.length, nobody);
    this.#doubleSinceMs = fill(addresses.length, Infinity);
    this.#silentSinceMs = fill(addresses.length, 0);
    this.#longestSilenceMs = fill(addresses.length, 0);
  }

  heard(by: number, from: number, nowMs: number): void {
    const last = this.#lastHeardMs[by];
    const since = this.#hearsSinceMs[by];
    if (last === undefined || since === undefined) return;
    if (nowMs - (last[from] ?? 0) > 0.99 * this.#timings.bindingMs) since[from] = nowMs;
    last[from] = nowMs;
  }

  /** The longest that an address had no answerer since the last {@link forgetSilence}; silence that goes on counts. */
  longestSilenceMs(nowMs: number): number {
    return Math.max(
      ...this.#longestSilenceMs,
      ...this.#silentSinceMs.map((sinceMs) => (sinceMs === Infinity ? 0 : nowMs - sinceMs)),
    );
  }

  forgetSilence(nowMs: number): void {
    for (const index of this.#addresses.keys()) {
      this.#longestSilenceMs[index] = 0;
      if (this.#silentSinceMs[index] !== Infinity) this.#silentSinceMs[index] = nowMs;
    }
  }

  /** Whether nobody has ever answered for some address. */
  isAnyUnanswered(): boolean {
    return this.#owner.includes(nobody);
  }

  /** The answerers of each address now. */
  answerers(): number[][] {
    return this.#addresses.map((address) =>
      this.#nodes.filter((node) => node.answers(address)).map(({ index }) => index),
    );
  }

  look(nowMs: number): void {
    for (const [index, address] of this.#addresses.entries()) {
      let first = nobody;
      let double = false;
      for (const node of this.#nodes) {
        if (!node.answers(address)) continue;
        if (first === nobody) first = node.index;
        else {
          double = true;
          this.#judge(address, first, node.index, nowMs);
        }
      }
      this.#count(index, first, double, nowMs);
    }
  }

  /**
   * Invariant 1. Of two that answer, neither may have heard the other for so long that the word got through (1a), and they must not
   * both have heard each other for a heartbeat (1b).
   */
  #judge(address: string, one: number, other: number, nowMs: number): void {
    const { graceMs, heartbeatMs, delayMs } = this.#timings;
    const there = this.#hearsForMs(one, other, nowMs);
    const back = this.#hearsForMs(other, one, nowMs);
    const mutual = Math.min(there, back) > heartbeatMs + 2 * delayMs;
    const oneWay = Math.max(there, back) > graceMs + heartbeatMs + 2 * delayMs;
    if (!mutual && !oneWay && !this.#strict) return;
    this.violations.push(
      `${nowMs.toFixed(1)} ms: ${address} answered by ${one} and ${other}; ${one} hears ${other} for ${there.toFixed(0)} ms, ${other} hears ${one} for ${back.toFixed(0)} ms`,
    );
  }

  #hearsForMs(by: number, from: number, nowMs: number): number {
    const lastMs = this.#lastHeardMs[by]?.[from] ?? -Infinity;
    if (nowMs - lastMs > 0.99 * this.#timings.bindingMs) return -1;
    return nowMs - (this.#hearsSinceMs[by]?.[from] ?? nowMs);
  }

  #count(index: number, answerer: number, double: boolean, nowMs: number): void {
    const doubleSinceMs = this.#doubleSinceMs[index] ?? Infinity;
    if (double && doubleSinceMs === Infinity) this.#doubleSinceMs[index] = nowMs;
    if (!double && doubleSinceMs !== Infinity) {
      this.doubleMs += nowMs - doubleSinceMs;
      this.#doubleSinceMs[index] = Infinity;
    }
    const silentSinceMs = this.#silentSinceMs[index] ?? Infinity;
    if (answerer === nobody) {
      if (silentSinceMs === Infinity) this.#silentSinceMs[index] = nowMs;
      return;
    }
    if (silentSinceMs !== Infinity) {
      const longest = this.#longestSilenceMs[index] ?? 0;
      this.#longestSilenceMs[index] = Math.max(longest, nowMs - silentSinceMs);
      this.#silentSinceMs[index] = Infinity;
    }
    if (this.#owner[index] === answerer) return;
    if (this.#owner[index] !== nobody) this.moves++;
    this.#owner[index] = answerer;
  }
}
