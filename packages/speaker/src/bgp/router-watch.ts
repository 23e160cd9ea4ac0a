import { parseAddress, RouterFinder, type LinkSocket } from '@picluster/arp-responder';
import type { Clock } from '@picluster/kube';
import type { LocalNetworks } from './next-hops.ts';

/** How long to wait until an interface that cannot be used is tried again. */
const RETRY_MS = 10_000;
/** A router answers the second question, five seconds after the first, at the latest (RFC 4861 §6.2.6): after this nobody is there. */
export const ROUTER_MISSED_MS = 15_000;

/** Who hears of the router behind an interface. */
export interface RouterListener {
  /** A router was found: its address, `fe80::1%eth0`. The same one again where the link was down meanwhile. */
  found(address: string): void;
  /** None is known, and has not been for a while; called again and again as long as that lasts. `trouble`: what is wrong with the interface; `undefined`: nobody advertises there. */
  missed(trouble: string | undefined): void;
}

/** What a {@link RouterWatch} works with. */
export interface RouterWatchDeps {
  /** @throws where the system has no such interface, or refuses */
  readonly openLink: (interfaceName: string) => LinkSocket;
  /** The interfaces of this node, as of now. */
  readonly interfaces: () => readonly LocalNetworks[];
  readonly clock: Pick<Clock, 'nowMs' | 'timer'>;
  readonly random: () => number;
  readonly log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
}

const IS_DOWN = 'it is down';
const HAS_NO_ADDRESS = 'it has no link-local address: is IPv6 switched off there?';

/** Finds the router behind an interface of this node, which may come later. */
export class RouterWatch implements Disposable {
  readonly #deps: RouterWatchDeps;
  readonly #interfaceName: string;
  readonly #listener: RouterListener;
  #link: LinkSocket | undefined;
  #finder: RouterFinder | undefined;
  #retry: Disposable | undefined;
  #missed: Disposable | undefined;

  /** Does nothing yet. */
  constructor(deps: RouterWatchDeps, interfaceName: string, listener: RouterListener) {
    this.#deps = deps;
    this.#interfaceName = interfaceName;
    this.#listener = listener;
  }

  /** Begins; once. */
  start(): void {
    this.#miss();
    this.#open();
  }

  #open(): void {
    const { openLink, clock } = this.#deps;
    try {
      const link = openLink(this.#interfaceName);
      this.#link = link;
      this.#finder = new RouterFinder({
        ...this.#deps,
        link,
        linkLocal: () => this.#linkLocal(),
        onRouter: (address) => this.#onRouter(address),
      });
      this.#finder.start();
    } catch (error) {
      this.#listener.missed(error instanceof Error ? error.message : String(error));
      this.#retry = clock.timer(RETRY_MS, () => this.#open());
    }
  }

  #onRouter(address: string | undefined): void {
    this.#missed?.[Symbol.dispose]();
    if (address === undefined) this.#miss();
    else this.#listener.found(address);
  }

  /** None is known from now on. */
  #miss(): void {
    this.#missed = this.#deps.clock.timer(ROUTER_MISSED_MS, () => {
      // What keeps the link from being opened was told by whoever tried.
      if (this.#link !== undefined) this.#listener.missed(this.#trouble(this.#link));
      this.#miss();
    });
  }

  #trouble({ up }: LinkSocket): string | undefined {
    if (!up) return IS_DOWN;
    return this.#linkLocal() === undefined ? HAS_NO_ADDRESS : undefined;
  }

  /** Ends it; nothing is told any more. */
  [Symbol.dispose](): void {
    this.#retry?.[Symbol.dispose]();
    this.#missed?.[Symbol.dispose]();
    this.#finder?.[Symbol.dispose]();
  }

  #linkLocal(): Uint8Array | undefined {
    const here = this.#deps.interfaces().find(({ name }) => name === this.#interfaceName);
    const network = here?.networks.find((each) => /^fe[89ab].:/i.test(each));
    return network === undefined ? undefined : parseAddress(network.replace(/\/.*/, ''));
  }
}
