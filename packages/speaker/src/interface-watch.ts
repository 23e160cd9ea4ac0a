import { scanInterfaces, type InterfaceReader, type LocalInterface } from './interfaces.ts';

/** How often the interfaces are looked at. What must be noticed at once, the sockets notice. */
const SCAN_INTERVAL_MS = 1000;

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
  readonly log: { info(message: string, fields?: Record<string, unknown>): void };
}

/** Knows which interfaces of this node can carry answers, and tells when that changes. */
export class InterfaceWatch {
  readonly #deps: InterfaceWatchDeps;
  readonly #onChange: () => void;
  /** When each interface was last seen usable. */
  readonly #usableAtMs = new Map<string, number>();
  #interfaces: readonly LocalInterface[] = [];
  #timer: Disposable | undefined;

  constructor(deps: InterfaceWatchDeps, onChange: () => void) {
    this.#deps = deps;
    this.#onChange = onChange;
  }

  /** The interfaces as of the last look, by name. */
  get interfaces(): readonly LocalInterface[] {
    return this.#interfaces;
  }

  /** Looks now, and from now on. */
  start(): void {
    this.#scan();
    this.#timer = this.#deps.clock.timer(SCAN_INTERVAL_MS, () => this.start());
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }

  #scan(): void {
    const before = JSON.stringify(this.#interfaces);
    this.#interfaces = this.#withGrace(scanInterfaces(this.#deps.reader));
    if (JSON.stringify(this.#interfaces) === before) return;
    this.#deps.log.info('interfaces changed', {
      usable: this.#interfaces.filter((one) => one.fitness === 'usable').map((one) => one.name),
      others: this.#interfaces
        .filter((one) => one.fitness !== 'usable')
        .map((one) => `${one.name} (${one.fitness})`),
    });
    this.#onChange();
  }

  #withGrace(found: readonly LocalInterface[]): LocalInterface[] {
    const nowMs = this.#deps.clock.nowMs();
    const all = new Map(found.map((one) => [one.name, one]));
    for (const { name, fitness } of found)
      if (fitness === 'usable') this.#usableAtMs.set(name, nowMs);
    for (const [name, atMs] of this.#usableAtMs) {
      const fitness = all.get(name)?.fitness;
      if (fitness !== undefined && fitness !== 'down' && fitness !== 'usable') {
        // It became another kind of interface: that is no accident.
        this.#usableAtMs.delete(name);
      } else if (nowMs - atMs < DOWN_GRACE_MS) all.set(name, { name, fitness: 'usable' });
      else this.#usableAtMs.delete(name);
    }
    return [...all.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }
}
