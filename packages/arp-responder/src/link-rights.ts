import { AnswerTable } from './answer-table.ts';
import type { Address } from './address.ts';
import type { LinkSocket } from './link-socket.ts';

/**
 * The moment of the responder's clock at which a right to answer ends; `Infinity`: when the address is disowned. A function is asked for
 * every packet, so whoever renews the right elsewhere (an elector's term) need not tell the responder; whoever does tell it, with
 * `refresh`, is asked then instead. It is given the address as canonical text, so that one function serves thousands of them.
 */
export type Deadline = number | ((address: string) => number);

/** The moment that a right's deadline names now. */
export function endOf({ deadline, text }: Pick<LinkRight, 'deadline' | 'text'>): number {
  return typeof deadline === 'number' ? deadline : deadline(text);
}

/** The right to answer for one address; {@link LinkRights} keeps it. */
export interface LinkRight {
  /** The address. */
  readonly text: string;
  readonly deadline: Deadline;
  /** What the deadline was when it was last read, on the responder's clock. */
  readMs: number;
  /** The same moment on the link's clock. */
  linkMs: number;
  /** Whether nothing may be answered although the right runs. */
  withheld: boolean;
  /** Where the link reads it. */
  readonly slot: number | undefined;
}

const NEVER_READ = { readMs: Number.NaN, linkMs: Number.NaN, withheld: false } as const;

/** Translates rights to answer to the link's clock, and writes them where the link reads them, if it does. */
export class LinkRights {
  readonly #link: LinkSocket;
  readonly #clock: { nowMs(): number };
  readonly #table: AnswerTable | undefined;
  /** By slot of the table. */
  readonly #inTable: (LinkRight | undefined)[] = [];
  /** Whether we are told when deadlines that are functions change. */
  #told = false;

  constructor(link: LinkSocket, clock: { nowMs(): number }) {
    this.#link = link;
    this.#clock = clock;
    if (link.answerFrom !== undefined) {
      this.#table = new AnswerTable((memory) => link.answerFrom?.(memory));
    }
  }

  /** The right to answer for an address until `deadline`; in place of `before`, an earlier one for the same address. */
  grant({ bytes, text }: Address, deadline: Deadline, before?: LinkRight): LinkRight {
    const slot = before?.slot ?? (bytes.length === 4 ? this.#table?.add(bytes) : undefined);
    const { readMs, linkMs, withheld } = before ?? NEVER_READ;
    const right: LinkRight = { text, deadline, readMs, linkMs, withheld, slot };
    if (slot !== undefined) this.#inTable[slot] = right;
    this.read(right);
    return right;
  }

  /** Withholds a right, or gives it back. It goes on meanwhile. */
  withhold(right: LinkRight, withheld: boolean): void {
    right.withheld = withheld;
    this.read(right);
  }

  /** Ends a right at once, and for good. */
  end({ slot }: LinkRight): void {
    if (slot === undefined) return;
    this.#inTable[slot] = undefined;
    this.#table?.remove(slot);
  }

  /** The moment of the link's clock at which the right ends, by what its deadline says now; the link knows it too then. */
  read(right: LinkRight): number {
    return this.#read(right, endOf(right), undefined);
  }

  /** Reads all deadlines in the table anew; `untilMs`: what all that are functions say now. Allocates nothing: it may be called often. */
  refresh(untilMs?: number): void {
    if (this.#table === undefined) return;
    this.#told = true;
    const aheadMs = this.#linkAheadMs();
    for (let slot = 0; slot < this.#inTable.length; slot++) {
      const right = this.#inTable[slot];
      if (right === undefined) continue;
      const isTold = untilMs !== undefined && typeof right.deadline !== 'number';
      this.#read(right, isTold ? untilMs : endOf(right), aheadMs);
    }
  }

  /**
   * A deadline that did not change keeps the moment it had on the link's clock: if only one of the clocks went on while the machine
   * slept, the right must not begin again. For the same reason an earlier deadline is never a later moment.
   */
  #read(right: LinkRight, untilMs: number, aheadMs: number | undefined): number {
    if (untilMs !== right.readMs) {
      const linkMs = untilMs + (aheadMs ?? this.#linkAheadMs());
      right.linkMs = untilMs < right.readMs ? Math.min(linkMs, right.linkMs) : linkMs;
      right.readMs = untilMs;
    }
    const { slot } = right;
    // The slot of a right that was ended is another's.
    if (slot !== undefined && this.#inTable[slot] === right) {
      this.#table?.set(slot, this.#answerableMs(right));
    }
    return right.linkMs;
  }

  /** The link must not rely on a function that may change unheard. */
  #answerableMs({ deadline, linkMs, withheld }: LinkRight): number {
    if (withheld) return 0;
    return typeof deadline === 'number' || this.#told ? linkMs : 0;
  }

  /** What the link's clock shows when ours shows 0. Stopped between the two lines, it is too little: a right may end early, not late. */
  #linkAheadMs(): number {
    const linkMs = this.#link.nowMs();
    return linkMs - this.#clock.nowMs();
  }
}
