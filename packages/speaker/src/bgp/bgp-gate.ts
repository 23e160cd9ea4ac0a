import { BGPPeerResource, parseBGPPeer } from '@picluster/api';
import { Reflector, resourcePath, type ReflectorDeps } from '@picluster/kube';
import type { Announcement } from '../announced-services.ts';
import { viewBgpPeer } from './bgp-views.ts';
import type { BgpPeerView } from './peer-plan.ts';
import { Readable, readingOf, type Reading } from './readable.ts';

/** BGP at work: see `BgpTask`. */
export interface RunningBgp {
  /** Mirrors the API, and has sessions from when `begun` resolves until the signal aborts. Does not reject. */
  run(signal: AbortSignal, begun: Promise<void>): Promise<void>;
  /** Ends all sessions at once. */
  stop(): void;
  /** Resolves when all peers have been told of the end. */
  ended(): Promise<void>;
  /** Removes all that it has said of Services to the API. Rejects where the API refuses or the signal aborts. */
  clear(signal: AbortSignal): Promise<void>;
  /** All that it announces. */
  announcements(): Iterable<Announcement>;
  /** Why it is not to be trusted; `undefined`: all is well. */
  problem(): string | undefined;
}

/** What the gate works with. */
export interface BgpGateDeps extends ReflectorDeps {
  /** Makes BGP; called once, when there is a BGPPeer. */
  readonly make: (peers: Readable<BgpPeerView>) => RunningBgp;
  /** Told what is wrong with the configuration where there is no BGPPeer: nothing. */
  readonly problems: (problems: readonly string[]) => void;
}

/**
 * Waits for the first BGPPeer. Clusters without one have nothing of BGP in memory but its code, and mirror nothing but that there is none.
 */
export class BgpGate {
  readonly #deps: BgpGateDeps;
  readonly #peers: Reflector<Reading<BgpPeerView>>;
  readonly #begun = Promise.withResolvers<void>();
  #bgp: RunningBgp | undefined;

  /** BGPPeers count only in `namespace`. */
  constructor(deps: BgpGateDeps, namespace: string) {
    this.#deps = deps;
    const { group, version, plural } = BGPPeerResource;
    const path = resourcePath({ group, version, plural, namespace });
    const project = readingOf('BGPPeer', parseBGPPeer, viewBgpPeer);
    this.#peers = new Reflector(deps, { path, project });
  }

  /** Mirrors BGPPeers, and prepares all that sessions need as soon as there is one. Does not reject: a cluster that lacks the kind has no BGP. */
  async run(signal: AbortSignal): Promise<void> {
    const mirror = this.#peers.run(signal);
    const first = Promise.withResolvers<void>();
    using _subscription = this.#peers.subscribe(() => first.resolve());
    signal.addEventListener('abort', () => first.resolve(), { once: true });
    const isNone = (): boolean => this.#bgp === undefined && this.#peers.size === 0;
    void this.#peers.whenSynced(signal).then(
      () => isNone() && this.#deps.problems([]),
      () => undefined,
    );
    if (!signal.aborted) await first.promise;
    if (!signal.aborted) {
      const bgp = this.#deps.make(new Readable(this.#peers));
      this.#bgp = bgp;
      await bgp.run(signal, this.#begun.promise);
    }
    await mirror;
  }

  /** No other process of this node has sessions any more: they may begin. */
  begin(): void {
    this.#begun.resolve();
  }

  /** Ends all sessions at once; nothing begins any more once the signal of {@link run} aborts. */
  stop(): void {
    this.#bgp?.stop();
  }

  /** Resolves when all peers have been told of the end. */
  async ended(): Promise<void> {
    await this.#bgp?.ended();
  }

  /** Removes all that BGP has said of Services to the API, once {@link run} is over. Rejects where the API refuses or the signal aborts. */
  async clear(signal: AbortSignal): Promise<void> {
    await this.#bgp?.clear(signal);
  }

  /** All that BGP announces. */
  announcements(): Iterable<Announcement> {
    return this.#bgp?.announcements() ?? [];
  }

  /** Why BGP is not to be trusted; `undefined`: all is well, or there is none. */
  problem(): string | undefined {
    return this.#bgp?.problem();
  }
}
