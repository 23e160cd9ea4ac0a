import { Draws } from './draws.ts';

/** What happens to one request that is no watch. `executed`: the API server does it, and the client cannot know. */
export type RequestFault =
  | { readonly kind: 'reset'; readonly executed: boolean }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'status'; readonly code: number; readonly retryAfterSeconds?: number }
  /** Nothing for so long; then the request goes on as if nothing had been, or the connection breaks. */
  | {
      readonly kind: 'stall';
      readonly ms: number;
      readonly executed: boolean;
      readonly breaks: boolean;
    };

/** How a watch goes wrong once it is open. */
export interface WatchTrouble {
  /** Every so manyth event comes twice; 0: none. */
  readonly duplicateEvery: number;
  /** Each event comes so much later; the order stays. */
  readonly lateMs: number;
  /** After how many events it ends badly; `Infinity`: it does not. */
  readonly endsAfter: number;
  readonly end:
    | 'reset'
    | 'inside an event'
    | 'between events'
    | 'error 410'
    | 'error 500'
    | 'silence';
}

/** What the faults of a run are made of. */
const REQUEST_FAULTS = [
  'reset before',
  'reset after',
  'truncate',
  '409',
  '410',
  '429',
  '500',
  '503',
  'stall before',
  'stall after',
] as const;
const WATCH_FAULTS = ['refuse', 'duplicate', 'late', 'end'] as const;
const WATCH_ENDS = [
  'reset',
  'inside an event',
  'between events',
  'error 410',
  'error 500',
  'silence',
] as const;

const STALL_MS_MAX = 900;

/**
 * The faults of one schedule. Each schedule has only some kinds of them, so that no kind always hides behind another. What
 * strikes a request depends on the seed, on what the request does, and on how many of its kind there were before: one
 * request more of one kind does not shift the faults of the others.
 */
export class FaultPlan {
  readonly #seed: number;
  readonly #rate: number;
  readonly #kinds: readonly (typeof REQUEST_FAULTS)[number][];
  readonly #watchKinds: readonly (typeof WATCH_FAULTS)[number][];
  readonly #counts = new Map<string, number>();

  constructor(seed: number) {
    const draws = Draws.of(seed, 'faults');
    this.#seed = seed;
    this.#rate = draws.pick([0.15, 0.3, 0.6]);
    this.#kinds = draws.some(REQUEST_FAULTS, 0.6);
    this.#watchKinds = draws.some(WATCH_FAULTS, 0.6);
  }

  /** In words, for whoever reads of a failure. */
  get description(): string {
    const kinds = [...this.#kinds, ...this.#watchKinds.map((kind) => `watch ${kind}`)];
    return `${this.#rate * 100} % of requests: ${kinds.join(', ') || 'nothing at all'}`;
  }

  /** What strikes the next request with this label; `undefined`: nothing. */
  forRequest(label: string): RequestFault | undefined {
    const draws = this.#next(label);
    if (this.#kinds.length === 0 || !draws.chance(this.#rate)) return undefined;
    return requestFault(draws.pick(this.#kinds), draws);
  }

  /** A refusal of a watch before it begins. */
  forNewWatch(label: string): RequestFault | undefined {
    const draws = this.#next(`new ${label}`);
    if (!this.#watchKinds.includes('refuse') || !draws.chance(this.#rate)) return undefined;
    return requestFault(
      draws.pick(['reset before', '410', '429', '500', '503', 'stall before']),
      draws,
    );
  }

  /** What an open watch will suffer. */
  forOpenWatch(label: string): WatchTrouble {
    const draws = this.#next(`open ${label}`);
    const has = (kind: (typeof WATCH_FAULTS)[number]): boolean => this.#watchKinds.includes(kind);
    return {
      duplicateEvery: has('duplicate') ? draws.between(1, 3) : 0,
      lateMs: has('late') ? draws.between(10, 250) : 0,
      endsAfter: has('end') && draws.chance(0.8) ? draws.between(0, 12) : Infinity,
      end: draws.pick(WATCH_ENDS),
    };
  }

  #next(label: string): Draws {
    const count = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, count);
    return Draws.of(this.#seed, `${label} ${count}`);
  }
}

function requestFault(kind: (typeof REQUEST_FAULTS)[number], draws: Draws): RequestFault {
  switch (kind) {
    case 'reset before':
      return { kind: 'reset', executed: false };
    case 'reset after':
      return { kind: 'reset', executed: true };
    case 'truncate':
      return { kind };
    case '429':
      return { kind: 'status', code: 429, retryAfterSeconds: draws.pick([0, 0, 0, 1]) };
    case 'stall before':
    case 'stall after':
      return {
        kind: 'stall',
        ms: draws.between(20, STALL_MS_MAX),
        executed: kind === 'stall after',
        breaks: draws.chance(0.3),
      };
    default:
      return { kind: 'status', code: Number(kind) };
  }
}

/** A fault in words. */
export function describeFault(fault: RequestFault): string {
  switch (fault.kind) {
    case 'reset':
      return fault.executed ? 'done, then reset' : 'reset';
    case 'truncate':
      return 'done, answer truncated';
    case 'status':
      return fault.retryAfterSeconds === undefined
        ? `${fault.code}`
        : `${fault.code}, Retry-After ${fault.retryAfterSeconds}`;
    case 'stall':
      return `${fault.executed ? 'done, then ' : ''}stalled ${fault.ms} ms${fault.breaks ? ', then reset' : ''}`;
  }
}
