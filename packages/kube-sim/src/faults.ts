/** Which requests a fault strikes: all that every given field matches. */
export interface FaultMatch {
  /** HTTP method, such as `PATCH`. */
  readonly method?: string;
  /** What the request does. */
  readonly verb?: Verb;
  /** Plural resource, such as `services`. */
  readonly resource?: string;
  /** Path without query: a text it must equal, or a pattern. */
  readonly path?: string | RegExp;
  /** User behind the token. */
  readonly user?: string;
  /** How many times it strikes; default: until it is lifted. */
  readonly times?: number;
}

/** What requests do, in RBAC's words. */
export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'other';

/**
 * What goes wrong.
 *
 * For a watch, `afterEvents` lets it begin and strikes after that many events; without it the request itself is struck.
 * A watch that is open already when the fault is added is struck too, after `afterEvents` more events (default 0).
 */
export type FaultAction =
  /** A TCP reset. `executed: true` does the request first: the client cannot know whether it was done. */
  | { readonly kind: 'reset'; readonly executed?: boolean; readonly afterEvents?: number }
  /** The request is done, the answer stops half-way and the connection closes; a watch stops inside an event. */
  | { readonly kind: 'truncate'; readonly afterEvents?: number }
  /** Silence: no answer, no more events, no bookmarks, and the connection stays open. */
  | { readonly kind: 'stall'; readonly afterEvents?: number }
  /** An error: 410, 429 (with `Retry-After`), 500, …; inside a watch an ERROR event and its end. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly retryAfterSeconds?: number;
      readonly afterEvents?: number;
    }
  /** The request is done late, by the simulator's clock. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Each event of a watch comes twice. */
  | { readonly kind: 'duplicate' }
  /** Events of a watch come in swapped pairs; one without a partner waits for the next bookmark. */
  | { readonly kind: 'reorder' };

/** What a fault can match. */
export interface RequestFacts {
  readonly method: string;
  readonly verb: Verb;
  readonly resource: string;
  readonly path: string;
  readonly user: string;
}

/** A fault that was added; disposing it lifts it. */
export interface Fault extends Disposable {
  /** How many requests and watches it has struck. */
  readonly hits: number;
}

interface Strikable {
  strike(action: FaultAction): void;
  lift(): void;
}

/** The faults of one simulator. They strike in the order they were added, one for each request. */
export class Faults {
  readonly #faults = new Set<InjectedFault>();
  readonly #watches = new Map<Strikable, RequestFacts>();

  /** Adds a fault; open watches that match are struck at once. */
  add(match: FaultMatch, action: FaultAction): Fault {
    const fault = new InjectedFault(match, action, () => this.#lift(fault));
    this.#faults.add(fault);
    for (const [watch, facts] of this.#watches) {
      if (action.kind !== 'delay' && fault.takes(facts)) fault.strike(watch);
    }
    return fault;
  }

  /** Lifts all faults. */
  clear(): void {
    for (const fault of this.#faults) this.#lift(fault);
  }

  /**
   * The fault that strikes a new request, or undefined; counts it as a hit.
   *
   * @internal
   */
  take(facts: RequestFacts): InjectedFault | undefined {
    for (const fault of this.#faults) {
      const { kind } = fault.action;
      const onlyWatch = kind === 'duplicate' || kind === 'reorder';
      if ((!onlyWatch || facts.verb === 'watch') && fault.takes(facts)) return fault;
    }
    return undefined;
  }

  /**
   * Makes an open watch known to faults that are added later.
   *
   * @internal
   */
  track(watch: Strikable, facts: RequestFacts): Disposable {
    this.#watches.set(watch, facts);
    return { [Symbol.dispose]: () => void this.#watches.delete(watch) };
  }

  #lift(fault: InjectedFault): void {
    this.#faults.delete(fault);
    fault.lift();
  }
}

/** One fault with its counter and the watches it holds. */
class InjectedFault implements Fault {
  readonly action: FaultAction;
  readonly #match: FaultMatch;
  readonly #onDispose: () => void;
  readonly #struck = new Set<Strikable>();
  #hits = 0;

  constructor(match: FaultMatch, action: FaultAction, onDispose: () => void) {
    this.#match = match;
    this.action = action;
    this.#onDispose = onDispose;
  }

  get hits(): number {
    return this.#hits;
  }

  [Symbol.dispose](): void {
    this.#onDispose();
  }

  /** Whether it strikes this request; counts it if so. */
  takes(facts: RequestFacts): boolean {
    const { times, path, ...fields } = this.#match;
    if (times !== undefined && this.#hits >= times) return false;
    if (
      path instanceof RegExp ? !path.test(facts.path) : path !== undefined && path !== facts.path
    ) {
      return false;
    }
    for (const [field, wanted] of Object.entries(fields)) {
      if (wanted !== undefined && facts[field as keyof RequestFacts] !== wanted) return false;
    }
    this.#hits += 1;
    return true;
  }

  /** Strikes a watch and remembers it, so that lifting the fault reaches it. */
  strike(watch: Strikable): void {
    this.#struck.add(watch);
    watch.strike(this.action);
  }

  lift(): void {
    for (const watch of this.#struck) watch.lift();
    this.#struck.clear();
  }
}
