import { Responder, type LinkSocket, type ResponderDeps } from '@picluster/arp-responder';

/** How long to wait before an interface that could not be opened is tried again. */
export const REOPEN_MS = 5000;

/** What the announcer works with. */
export interface AnnouncerDeps {
  /** Opens a link socket on an interface; throws where it cannot be had. */
  readonly openLink: (interfaceName: string) => LinkSocket;
  readonly clock: ResponderDeps['clock'];
  readonly log: NonNullable<ResponderDeps['log']>;
  readonly metrics: NonNullable<ResponderDeps['metrics']>;
  /** An interface that could not be opened before is open now. */
  readonly onReady: () => void;
}

interface Holding {
  readonly untilMs: () => number;
  interfaces: ReadonlySet<string>;
}

/**
 * Answers for the addresses that this node holds, on the interfaces that each of them wants. A socket is opened when the first
 * address could want its interface: a node that cannot listen must not stand for an address.
 */
export class Announcer {
  readonly #deps: AnnouncerDeps;
  readonly #open = new Map<string, { readonly responder: Responder; readonly link: LinkSocket }>();
  readonly #failures = new Map<string, { readonly message: string; readonly retry: Disposable }>();
  readonly #holdings = new Map<string, Holding>();

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
      this.#deps.log.info('interface closed', { interface: name });
    }
    for (const [name, { retry }] of this.#failures) {
      if (interfaceNames.includes(name)) continue;
      retry[Symbol.dispose]();
      this.#failures.delete(name);
    }
  }

  /** Answers for `address` (text) until `untilMs()`, which is asked for every packet. Owning it again replaces interfaces and right. */
  own(address: string, untilMs: () => number, interfaces: readonly string[]): void {
    this.#holdings.set(address, { untilMs, interfaces: new Set(interfaces) });
    for (const name of interfaces) this.ready(name);
    this.#settle(address);
  }

  /** Moves an address that is owned to other interfaces; one that is not is left alone. */
  move(address: string, interfaces: readonly string[]): void {
    const holding = this.#holdings.get(address);
    if (holding !== undefined) this.own(address, holding.untilMs, interfaces);
  }

  /** Stops answering for an address at once. */
  disown(address: string): void {
    if (!this.#holdings.delete(address)) return;
    for (const { responder } of this.#open.values()) responder.disown(address);
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
    this.retain([]);
  }

  #settle(address: string): void {
    const holding = this.#holdings.get(address);
    if (holding === undefined) return;
    for (const [name, { responder }] of this.#open) {
      if (holding.interfaces.has(name)) responder.own(address, holding.untilMs);
      else responder.disown(address);
    }
  }

  #tryOpen(interfaceName: string): boolean {
    const { openLink, clock, log, metrics } = this.#deps;
    const before = this.#failures.get(interfaceName);
    try {
      const link = openLink(interfaceName);
      const responder = new Responder({ link, clock, log, metrics });
      responder.start();
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
    if (!this.#tryOpen(interfaceName)) return;
    for (const address of this.#holdings.keys()) this.#settle(address);
    this.#deps.onReady();
  }
}
