import {
  Responder,
  type ConflictWatch,
  type LinkSocket,
  type ResponderDeps,
} from '@picluster/arp-responder';

/** How long to wait before an interface that could not be opened is tried again. */
export const REOPEN_MS = 5000;

/** What the announcer works with. */
export interface AnnouncerDeps {
  /** Opens a link socket on an interface; throws where it cannot be had. */
  readonly openLink: (interfaceName: string) => LinkSocket;
  readonly clock: ResponderDeps['clock'];
  readonly log: NonNullable<ResponderDeps['log']>;
  readonly metrics: NonNullable<ResponderDeps['metrics']>;
  /** Who looks after conflicts with other machines on an interface. Absent: nobody looks for them. */
  readonly conflicts?: (interfaceName: string) => ConflictWatch;
  /** How often held addresses are announced again; 0 or absent: never. */
  readonly announceRefreshMs?: number;
  /** An interface that could not be opened before is open now. */
  readonly onReady: () => void;
}

/** The addresses that are held on one interface, each with its right to answer. */
type Holdings = Map<string, (address: string) => number>;

/**
 * Answers for the addresses that this node holds, on each interface for those that it holds there. A socket is opened when the first
 * address could want its interface: a node that cannot listen must not stand for an address.
 */
export class Announcer {
  readonly #deps: AnnouncerDeps;
  readonly #open = new Map<string, { readonly responder: Responder; readonly link: LinkSocket }>();
  readonly #failures = new Map<string, { readonly message: string; readonly retry: Disposable }>();
  readonly #holdings = new Map<string, Holdings>();
  /** Those that are to be asked for first, `<address> <interface>`. */
  readonly #fresh = new Set<string>();
  /** The addresses that are being asked for, `<address> <interface>`. */
  readonly #probing = new Set<string>();

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  /** Whether this node can listen on an interface; opens it at the first call, and again and again where that fails. */
  ready(interfaceName: string): boolean {
    if (this.#open.has(interfaceName)) return true;
    return !this.#failures.has(interfaceName) && this.#tryOpen(interfaceName);
  }

  /** Closes every interface but these. */
  retain(interfaceNames: readonly string[]): void {
    for (const [name, { responder }] of this.#open) {
      if (interfaceNames.includes(name)) continue;
      responder.close();
      this.#open.delete(name);
      for (const key of this.#probing) if (key.endsWith(` ${name}`)) this.#probing.delete(key);
      this.#deps.log.info('interface closed', { interface: name });
    }
    for (const [name, { retry }] of this.#failures) {
      if (interfaceNames.includes(name)) continue;
      retry[Symbol.dispose]();
      this.#failures.delete(name);
    }
  }

  /**
   * Listens for questions about an address on these open interfaces alone, so that it can be answered for at once when it becomes ours.
   * To be said again for an interface that is opened later.
   */
  standBy(address: string, interfaceNames: readonly string[]): void {
    for (const [name, { responder }] of this.#open) {
      if (interfaceNames.includes(name)) responder.standBy(address);
      else responder.standDown(address);
    }
  }

  /**
   * Answers for `address` (text) on an interface until `untilMs(address)`. Owning it there again replaces the right. `isFresh`: the segment is asked first
   * whether another machine has it.
   */
  own(
    address: string,
    interfaceName: string,
    untilMs: (address: string) => number,
    isFresh: boolean = false,
  ): void {
    const holdings: Holdings = this.#holdings.get(interfaceName) ?? new Map();
    this.#holdings.set(interfaceName, holdings.set(address, untilMs));
    if (isFresh) this.#fresh.add(`${address} ${interfaceName}`);
    else this.#fresh.delete(`${address} ${interfaceName}`);
    if (!this.ready(interfaceName)) return;
    this.#open.get(interfaceName)?.responder.own(address, untilMs, { fresh: isFresh });
  }

  /** Stops answering for an address on an interface at once. */
  disown(address: string, interfaceName: string): void {
    const holdings = this.#holdings.get(interfaceName);
    if (holdings?.delete(address) !== true) return;
    this.#fresh.delete(`${address} ${interfaceName}`);
    if (holdings.size === 0) this.#holdings.delete(interfaceName);
    this.#open.get(interfaceName)?.responder.disown(address);
  }

  /** On which interfaces this node holds an address, whether they are open or not. */
  heldOn(address: string): string[] {
    return [...this.#holdings].flatMap(([name, held]) => (held.has(address) ? [name] : []));
  }

  /** The rights on an interface have moved: all of them end at `untilMs` now. */
  refresh(interfaceName: string, untilMs: number): void {
    this.#open.get(interfaceName)?.responder.refresh(untilMs);
  }

  /** Tells the neighbours once more whose the address is. */
  announce(address: string, interfaceName: string): void {
    this.#open.get(interfaceName)?.responder.announce(address);
  }

  /** Asks three times within 300 ms who has the address; `foreign` is called if a machine that is none of ours says so. */
  probe(address: string, interfaceName: string, foreign: (mac: string) => void): void {
    const key = `${address} ${interfaceName}`;
    const responder = this.#open.get(interfaceName)?.responder;
    if (responder === undefined || this.#probing.has(key)) return;
    this.#probing.add(key);
    responder.probe(address, (outcome) => {
      this.#probing.delete(key);
      if (outcome.kind === 'foreign') foreign(outcome.mac);
    });
  }

  /**
   * Asks once who has the address; `done` is called `waitMs` later with all other machines that said so, by hardware address; `undefined`: it could
   * not be asked.
   */
  whoHas(
    address: string,
    interfaceName: string,
    waitMs: number,
    done: (macs: readonly string[] | undefined) => void,
  ): Disposable {
    const responder = this.#open.get(interfaceName)?.responder;
    if (responder !== undefined) return responder.whoHas(address, waitMs, done);
    return this.#deps.clock.timer(0, () => done(undefined));
  }

  /** What keeps this node from answering where it should; `undefined`: nothing. */
  problem(): string | undefined {
    for (const [name, { message }] of this.#failures) return `no socket on ${name}: ${message}`;
    for (const [name, { link }] of this.#open) if (!link.up) return `${name} is down`;
    return undefined;
  }

  /** Stops answering for everything, and lets go of all sockets. */
  close(): void {
    this.#holdings.clear();
    this.#fresh.clear();
    this.retain([]);
  }

  #tryOpen(interfaceName: string): boolean {
    const { openLink, clock, log, metrics, announceRefreshMs = 0, conflicts } = this.#deps;
    const before = this.#failures.get(interfaceName);
    try {
      const link = openLink(interfaceName);
      const responder = new Responder(
        {
          link,
          clock,
          log,
          metrics,
          ...(conflicts && { conflicts: conflicts(interfaceName) }),
        },
        announceRefreshMs > 0 ? { announceRefreshMs } : {},
      );
      responder.start();
      for (const [address, untilMs] of this.#holdings.get(interfaceName) ?? []) {
        const fresh = this.#fresh.has(`${address} ${interfaceName}`);
        responder.own(address, untilMs, { fresh });
      }
      this.#open.set(interfaceName, { responder, link });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const fields = { interface: interfaceName, error: message, retryMs: REOPEN_MS };
      // Once, not at each try.
      if (before?.message !== message) log.warn('interface not opened', fields);
      const retry = clock.timer(REOPEN_MS, () => this.#reopen(interfaceName));
      this.#failures.set(interfaceName, { message, retry });
      return false;
    }
    this.#failures.delete(interfaceName);
    log.info('interface opened', { interface: interfaceName });
    return true;
  }

  #reopen(interfaceName: string): void {
    if (this.#tryOpen(interfaceName)) this.#deps.onReady();
  }
}
