import { isCalm } from './calm.ts';

/** What the engine's heap is at one moment, in bytes. */
export interface HeapSize {
  /** Objects, with the garbage that was not collected yet. */
  readonly used: number;
  /** What the heap takes from the system. */
  readonly taken: number;
}

const MB = 2 ** 20;
/** What is not worth a collection. */
const WORTHWHILE_BYTES = 3 * MB;
/** So many looks it waits for calm. */
const PATIENCE = 5;

/**
 * Collects garbage when a burst is over. The engine does so by itself only when it needs room, and a process that rests never needs any: it would keep
 * for good what it took to read its first lists.
 *
 * `look` is to be called every few seconds. It collects where the heap has grown since the last collection, once nothing much happens any more or that
 * does not come, and then once more when it has come.
 */
export class MemoryKeeper {
  readonly #heap: () => HeapSize;
  readonly #collect: () => void;
  #usedBefore = 0;
  #takenAtLast = 0;
  #waited = 0;
  /** The last collection was in the middle of a burst. */
  #inBurst = false;

  constructor(deps: { readonly heap: () => HeapSize; readonly collect: () => void }) {
    this.#heap = deps.heap;
    this.#collect = deps.collect;
  }

  /** Looks at the heap, and collects where it is worthwhile. */
  look(): void {
    const { used, taken } = this.#heap();
    const calm = isCalm(this.#usedBefore, used);
    this.#usedBefore = used;
    const isOver = calm && this.#inBurst;
    if (!isOver && taken - this.#takenAtLast < WORTHWHILE_BYTES) return;
    if (!calm && ++this.#waited < PATIENCE) return;
    this.#waited = 0;
    this.#inBurst = !calm;
    this.#collect();
    const after = this.#heap();
    this.#usedBefore = after.used;
    this.#takenAtLast = after.taken;
  }
}
