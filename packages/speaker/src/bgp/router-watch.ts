import { parseAddress, RouterFinder, type LinkSocket } from '@picluster/arp-responder';
import type { Clock } from '@picluster/kube';
import type { LocalNetworks } from './next-hops.ts';

/** How long to wait until an interface that cannot be used is tried again. */
const RETRY_MS = 10_000;

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

/** Finds the router behind an interface of this node, which may come later. */
export class RouterWatch implements Disposable {
  readonly #deps: RouterWatchDeps;
  readonly #interfaceName: string;
  readonly #onRouter: (address: string) => void;
  #finder: RouterFinder | undefined;
  #retry: Disposable | undefined;
  #hasComplained = false;

  /** Does nothing yet. `onRouter` gets the address of each router that is found, `fe80::1%eth0`; the same one again where the link was down meanwhile. */
  constructor(deps: RouterWatchDeps, interfaceName: string, onRouter: (address: string) => void) {
    this.#deps = deps;
    this.#interfaceName = interfaceName;
    this.#onRouter = onRouter;
  }

  /** Begins; once. */
  start(): void {
    const { openLink, clock, log } = this.#deps;
    const name = this.#interfaceName;
    try {
      const link = openLink(name);
      this.#finder = new RouterFinder({
        ...this.#deps,
        link,
        linkLocal: () => this.#linkLocal(),
        onRouter: (address) => {
          if (address !== undefined) this.#onRouter(address);
        },
      });
      this.#finder.start();
    } catch (error) {
      if (!this.#hasComplained) log.warn('no router can be found', { interface: name, error });
      this.#hasComplained = true;
      this.#retry = clock.timer(RETRY_MS, () => this.start());
    }
  }

  /** Ends it; nothing is told any more. */
  [Symbol.dispose](): void {
    this.#retry?.[Symbol.dispose]();
    this.#finder?.[Symbol.dispose]();
  }

  #linkLocal(): Uint8Array | undefined {
    const here = this.#deps.interfaces().find(({ name }) => name === this.#interfaceName);
    const network = here?.networks.find((each) => /^fe[89ab].:/i.test(each));
    return network === undefined ? undefined : parseAddress(network.replace(/\/.*/, ''));
  }
}
