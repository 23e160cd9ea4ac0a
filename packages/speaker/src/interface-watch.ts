import { EXCLUDED_INTERFACES } from './excluded-interfaces.ts';
import { scanInterfaces, type InterfaceReader, type LocalInterface } from './interfaces.ts';

/** How often the interfaces are looked at where nothing tells of changes. What must be noticed at once, the sockets notice. */
const SCAN_INTERVAL_MS = 1000;
/** The same where something does: addresses change without a word, and a word can be lost. */
const SLOW_SCAN_INTERVAL_MS = 10_000;
/** A node that starts many Pods at once has hundreds of changes: they are looked at together. A look costs 8 ms where there are 400 interfaces. */
const SCAN_SPACING_MS = 100;

/**
 * How long an interface that can carry answers may be down or gone before that counts. A cable that is moved, or an interface that
 * a network manager makes anew, must not move the addresses: the holder's sockets come back with it.
 */
export const DOWN_GRACE_MS = 2000;

/** What the watch works with. */
export interface InterfaceWatchDeps {
  readonly reader: InterfaceReader;
  readonly clock: {
    nowMs(): number;
    timer(ms: number, fire: () => void): Disposable;
  };
  readonly log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
  /** Calls back soon after any interface changed, until it is disposed of. Absent: the interfaces are looked at each second. */
  readonly changes?: (changed: () => void) => Disposable;
}

/** What is watched. */
export interface InterfaceWatchOptions {
  /** Interfaces whose name matches one of these are none of ours. Default: {@link EXCLUDED_INTERFACES}. */
  readonly excluded?: readonly RegExp[];
}

/** Knows which interfaces of this node can carry answers, and tells when that changes. */
export class InterfaceWatch {
  readonly #deps: InterfaceWatchDeps;
  readonly #onChange: () => void;
  readonly #excluded: readonly RegExp[];
  /** Each interface that is usable as it was last seen so, and since when it is not. */
  readonly #usable = new Map<
    string,
    { readonly as: LocalInterface; readonly awaySinceMs?: number }
  >();
  /** The networks of each interface at the last look. */
  #networks: ReadonlyMap<string, readonly string[]> = new Map();
  #interfaces: readonly LocalInterface[] = [];
  #scannedAtMs = -Infinity;
  #complaint: string | undefined;
  #timer: Disposable | undefined;
  #subscription: Disposable | undefined;

  constructor(deps: InterfaceWatchDeps, onChange: () => void, options: InterfaceWatchOptions = {}) {
    this.#deps = deps;
    this.#onChange = onChange;
    this.#excluded = options.excluded ?? EXCLUDED_INTERFACES;
  }

  /** The interfaces as of the last look, by name. */
  get interfaces(): readonly LocalInterface[] {
    return this.#interfaces;
  }

  /** Looks now, and from now on. */
  start(): void {
    this.#subscription = this.#deps.changes?.(() => this.#soon());
    this.#look();
  }

  /** Looks no more. */
  stop(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
  }

  #look(): void {
    this.#scan();
    this.#lookAgainIn(this.#pauseMs());
  }

  #soon(): void {
    const sinceMs = this.#deps.clock.nowMs() - this.#scannedAtMs;
    if (sinceMs >= SCAN_SPACING_MS) this.#look();
    else this.#lookAgainIn(SCAN_SPACING_MS - sinceMs);
  }

  #lookAgainIn(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#deps.clock.timer(ms, () => this.#look());
  }

  /** Until the next look: sooner where the grace of an interface that is away ends before. */
  #pauseMs(): number {
    const usualMs = this.#subscription === undefined ? SCAN_INTERVAL_MS : SLOW_SCAN_INTERVAL_MS;
    const graceMs = [...this.#usable.values()].flatMap(({ awaySinceMs }) =>
      awaySinceMs === undefined ? [] : awaySinceMs + DOWN_GRACE_MS - this.#scannedAtMs,
    );
    return Math.min(usualMs, ...graceMs);
  }

  #scan(): void {
    this.#scannedAtMs = this.#deps.clock.nowMs();
    const found = this.#read();
    if (found === undefined) return;
    const before = JSON.stringify(this.#interfaces);
    this.#interfaces = this.#withGrace(this.#withNetworks(found));
    if (JSON.stringify(this.#interfaces) === before) return;
    this.#deps.log.info('interfaces changed', {
      usable: this.#interfaces.filter((one) => one.fitness === 'usable').map((one) => one.name),
      others: this.#interfaces
        .filter((one) => one.fitness !== 'usable')
        .map((one) => `${one.name} (${one.fitness})`),
    });
    this.#onChange();
  }

  /** `undefined`: the system cannot be asked now, as when descriptors have run out. Then what was seen last stays true. */
  #read(): LocalInterface[] | undefined {
    try {
      const found = scanInterfaces(this.#deps.reader, this.#excluded);
      this.#complaint = undefined;
      return found;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // Once, not at each look.
      if (message !== this.#complaint)
        this.#deps.log.warn('interfaces not read', { error: message });
      this.#complaint = message;
      return undefined;
    }
  }

  /** One that is down keeps its addresses, though the system names none of them. */
  #withNetworks(found: readonly LocalInterface[]): LocalInterface[] {
    const known = new Map<string, readonly string[]>();
    const all = found.map((one): LocalInterface => {
      const before = one.fitness === 'down' ? this.#networks.get(one.name) : undefined;
      const networks = one.networks ?? before;
      if (networks === undefined) return one;
      known.set(one.name, networks);
      return { ...one, networks };
    });
    this.#networks = known;
    return all;
  }

  #withGrace(found: readonly LocalInterface[]): LocalInterface[] {
    const nowMs = this.#scannedAtMs;
    const all = new Map(found.map((one) => [one.name, one]));
    for (const one of found) {
      if (one.fitness === 'usable') this.#usable.set(one.name, { as: one });
    }
    for (const [name, { as, awaySinceMs = nowMs }] of this.#usable) {
      const fitness = all.get(name)?.fitness;
      if (fitness === 'usable') continue;
      // It became another kind of interface: that is no accident.
      const isAccident = fitness === undefined || fitness === 'down';
      if (isAccident && nowMs - awaySinceMs < DOWN_GRACE_MS) {
        this.#usable.set(name, { as, awaySinceMs });
        all.set(name, as);
      } else this.#usable.delete(name);
    }
    return [...all.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }
}
