import { seededRandom } from '@picluster/testkit';
import { describe, expect, test } from 'vitest';
import { Segment } from './segment.ts';

const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
const old = 6;
const fresh = 4;

/** As `e2e/acceptance/isolation.lab.test.ts` goes: who hears whom changes again and again, and most changes follow each other faster than heartbeats do. */
class ChangingCuts {
  readonly segment: Segment;
  readonly #random: () => number;
  #introduced = old;

  constructor(seed: number) {
    this.#random = seededRandom(seed + 99);
    this.segment = new Segment(seed, {
      nodes: 3,
      addresses: old,
      newAddresses: 3 * fresh,
      startWithinMs: 500,
    });
    this.segment.api.unheardMs = 12_000;
    this.segment.api.delayMs = [1, 20];
  }

  goOn(ms: number): void {
    this.segment.run(this.segment.queue.nowMs + ms);
  }

  heal(): void {
    for (const one of this.segment.nodes) {
      for (const other of this.segment.nodes) this.segment.cut(one, other, false);
    }
    const quick = this.#random() < 0.8;
    this.goOn(this.#random() * (quick ? 10 : 300));
  }

  isolate(): void {
    for (const one of this.segment.nodes) {
      for (const other of this.segment.nodes) this.segment.cut(one, other, one !== other);
    }
  }

  /** The second of each pair gets nothing of the first. */
  cut(...pairs: readonly (readonly [number, number])[]): void {
    for (const [from, to] of pairs) {
      const [one, other] = [this.segment.nodes[from], this.segment.nodes[to]];
      if (one !== undefined && other !== undefined) this.segment.cut(one, other, true);
      this.goOn(this.#random() * 20);
    }
  }

  /** The node that answers for the first address, and another. */
  get ownerAndOther(): [number, number] {
    const owner = this.segment.oracle.answerers()[0]?.[0] ?? 0;
    return [owner, owner === 0 ? 1 : 0];
  }

  /** All isolated from the start, again from some moment on, and with the owner killed; then the owner and one other do not hear each other. */
  begin(): void {
    this.isolate();
    this.goOn(45_000);
    this.heal();
    this.goOn(2_500);
    this.isolate();
    this.goOn(44_000);
    this.heal();
    this.goOn(2_500);
    this.isolate();
    this.goOn(22_000);
    const killed = this.segment.nodes[this.ownerAndOther[0]];
    killed?.crash();
    this.goOn(15_000);
    if (killed !== undefined) this.segment.boot(killed);
    this.goOn(4_000);
    this.heal();
    for (const ways of [[0], [1], [0, 1]]) {
      this.goOn(2_000);
      const [owner, other] = this.ownerAndOther;
      const there = [owner, other] as const;
      const back = [other, owner] as const;
      this.cut(...ways.map((way) => (way === 0 ? there : back)));
      this.goOn(6_000);
      this.heal();
    }
  }

  /** Four Services get addresses, one after the other; how long the last of them had no answer then. */
  newAddresses(): number {
    const indexes = Array.from({ length: fresh }, (_, index) => this.#introduced + index);
    this.#introduced += fresh;
    for (const index of indexes) {
      this.goOn(100 + this.#random() * 300);
      this.segment.api.introduce(this.segment.addresses[index] ?? '');
    }
    const sinceMs = this.segment.queue.nowMs;
    const isSilent = (): boolean =>
      indexes.some((index) => this.segment.oracle.answerers()[index]?.length === 0);
    while (isSilent() && this.segment.queue.nowMs < sinceMs + 60_000) this.goOn(50);
    return this.segment.queue.nowMs - sinceMs;
  }
}

describe('where cuts change again and again', () => {
  test('a new address is answered for soon, or when the API tells who lives, and never by two', () => {
    const patterns = [
      [
        [1, 0],
        [2, 0],
      ],
      [
        [0, 1],
        [0, 2],
      ],
      [
        [1, 0],
        [2, 1],
      ],
    ] as const;
    const silentMs: number[] = [];
    for (const seed of seeds) {
      const cuts = new ChangingCuts(seed);
      cuts.begin();
      const doubleMs = cuts.segment.oracle.doubleMs;
      for (const pattern of patterns) {
        cuts.cut(...pattern);
        silentMs.push(cuts.newAddresses());
        cuts.goOn(5_500);
        cuts.heal();
      }
      expect(cuts.segment.oracle.doubleMs, `seed ${seed}`).toBe(doubleMs);
    }
    const slow = silentMs.filter((ms) => ms > 5_000);
    expect(Math.max(...silentMs)).toBeLessThan(13_000);
    expect(slow.length / silentMs.length).toBeLessThan(0.1);
  });
});
