import { formatAddress } from './address.ts';
import type { LinkSocket } from './link-socket.ts';
import type { ResponderClock, ResponderLog } from './responder-deps.ts';
import { decodeRouterFrame, routerAdvertisement, routerSolicitation } from './router-frame.ts';
import { ROUTER_TYPE } from './router-message.ts';
import {
  NO_SEARCH,
  routerSearchStep,
  type RouterSearch,
  type RouterSearchEffect,
  type RouterSearchInput,
} from './router-search.ts';

/** What a {@link RouterFinder} works with. */
export interface RouterFinderDeps {
  /** The link; it is the finder's alone, which closes it. */
  readonly link: LinkSocket;
  /** Our link-local address on that link now, 16 bytes; `undefined`: it has none (yet). */
  readonly linkLocal: () => Uint8Array | undefined;
  readonly clock: ResponderClock;
  /** Numbers in [0, 1), for jitter. */
  readonly random: () => number;
  /** Another router than before is the one: its link-local address with the link's name, `fe80::1%eth0`. `undefined`: there is none any more. */
  readonly onRouter: (address: string | undefined) => void;
  readonly log?: ResponderLog;
}

/**
 * Finds the one router behind a link by the advertisements that it sends, and lets it find us by ours: what is called unnumbered BGP. See
 * {@link routerSearchStep} for when is asked and advertised, and {@link routerAdvertisement} for why nobody routes through us for that.
 */
export class RouterFinder implements Disposable {
  readonly #deps: RouterFinderDeps;
  #state: RouterSearch = NO_SEARCH;
  #wake: Disposable | undefined;

  /** Does nothing yet. */
  constructor(deps: RouterFinderDeps) {
    this.#deps = deps;
  }

  /** The router, `fe80::1%eth0`; `undefined`: none was heard. */
  get router(): string | undefined {
    return this.#named(this.#state.router);
  }

  /** Begins; once. */
  start(): void {
    const { link } = this.#deps;
    link.listen({
      onFrame: (frame) => this.#onFrame(frame),
      onLink: (state) => this.#feed({ kind: state }),
    });
    link.watch({ ipv4: [], ipv6: [], routers: true });
    if (link.up) this.#feed({ kind: 'up' });
  }

  /** Ends it and closes the link; nothing is told any more. */
  [Symbol.dispose](): void {
    this.#wake?.[Symbol.dispose]();
    this.#deps.link.close();
  }

  #onFrame(bytes: Uint8Array): void {
    const frame = decodeRouterFrame(bytes);
    if (typeof frame === 'string' || frame.message.type !== ROUTER_TYPE.ADVERTISEMENT) return;
    this.#feed({ kind: 'heard', address: formatAddress(frame.source) });
  }

  #feed(input: RouterSearchInput): void {
    const { clock, random } = this.#deps;
    const at = { nowMs: clock.nowMs(), random: random() };
    const [state, effects] = routerSearchStep(this.#state, input, at);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: RouterSearchEffect): void {
    switch (effect.kind) {
      case 'ask':
        this.#send(routerSolicitation);
        break;
      case 'advertise':
        this.#send(routerAdvertisement);
        break;
      case 'router':
        this.#onRouter(this.#named(effect.address));
        break;
      case 'wake-at':
        this.#wakeAt(effect.atMs);
        break;
    }
  }

  /** Without an address nothing can be said; the next turn comes soon enough. */
  #send(frameOf: (source: Uint8Array, mac: Uint8Array) => Uint8Array): void {
    const { link, linkLocal } = this.#deps;
    const source = linkLocal();
    if (source !== undefined) link.send(frameOf(source, link.mac));
  }

  #onRouter(router: string | undefined): void {
    const { link, log, onRouter } = this.#deps;
    const fields = { interface: link.interfaceName, router };
    if (router === undefined) log?.warn('router lost with its link', fields);
    else log?.info('router found', fields);
    onRouter(router);
  }

  #wakeAt(atMs: number): void {
    const { clock } = this.#deps;
    this.#wake?.[Symbol.dispose]();
    this.#wake =
      atMs === Infinity
        ? undefined
        : clock.timer(Math.max(0, atMs - clock.nowMs()), () => this.#feed({ kind: 'wake' }));
  }

  #named(address: string | undefined): string | undefined {
    return address === undefined ? undefined : `${address}%${this.#deps.link.interfaceName}`;
  }
}
