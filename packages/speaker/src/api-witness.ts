import type { L2Election } from '@picluster/l2-election';
import type { Cache } from './speaker.ts';

/** What is kept of a speaker's Pod. */
export interface SpeakerPodView {
  readonly node: string;
  readonly ready: boolean;
}

/** Keeps of a Pod what is used. */
export function viewSpeakerPod(raw: unknown): SpeakerPodView {
  const { metadata, spec, status } = raw as {
    readonly metadata?: { readonly deletionTimestamp?: string };
    readonly spec?: { readonly nodeName?: string };
    readonly status?: {
      readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
    };
  };
  const ready = (status?.conditions ?? []).some(
    (one) => one.type === 'Ready' && one.status === 'True',
  );
  return {
    node: spec?.nodeName ?? '',
    ready: ready && metadata?.deletionTimestamp === undefined,
  };
}

/** Keeps of a node's Lease its last renewal. */
export function viewRenewal(raw: unknown): string {
  return (raw as { readonly spec?: { readonly renewTime?: string } }).spec?.renewTime ?? '';
}

/** What the witness works with. */
export interface ApiWitnessDeps {
  /** The Leases that kubelets renew, `<namespace>/<node>`: when each was renewed. */
  readonly renewals: Cache<string>;
  readonly pods: Cache<SpeakerPodView>;
  /** How old what we know of the API may be. */
  readonly api: { readonly synced: boolean; staleMs(): number };
  readonly clock: {
    nowMs(): number;
    sleep(ms: number, signal: AbortSignal): Promise<void>;
  };
  /** The election of the network that the nodes share; `undefined`: there is none now. */
  readonly election: () => L2Election | undefined;
  /** The identity of a node in heartbeats. */
  readonly idOf: (nodeName: string) => string;
  /** Other speakers than before are not heard on the segment, and shown alive by the API or by others that hear them: these, sorted. */
  readonly unheard?: (nodeNames: readonly string[]) => void;
}

/** The API counts as reachable for so long after the last sign of life. */
export const API_STALE_MS = 5000;
/**
 * Not before a speaker was unheard for so long does the API's word for it count. A kubelet renews each 10 s: it did so once meanwhile. And what
 * a speaker recorded after it was last heard is left to it for 15 s: before they are over, the API's word must be there.
 */
export const UNHEARD_MS = 12_000;
/** For so long after its last sign of life in the API an unheard speaker is reported. */
const REPORTED_MS = 30_000;
const LOOK_MS = 1000;

/**
 * Tells an election which speakers the API shows alive that the segment does not: where they cannot hear each other, as behind an access point that
 * isolates its clients, they must not take addresses from each other.
 *
 * A sign of life is a node's Lease that its kubelet renewed, while a Pod of ours runs there and is ready. A kubelet alone proves nothing: it goes on
 * when the speaker has died. And a speaker that was heard a moment ago and fell silent has died, whatever the API, which learns of it
 * seconds later, still says: its renewals wait until it was unheard for long, and count then if its Pod is still ready.
 */
export class ApiWitness {
  readonly #deps: ApiWitnessDeps;
  /** When the Lease of a node was renewed, as we saw it, if the election was not told of that yet. */
  readonly #renewedAtMs = new Map<string, number>();
  /** When an unheard speaker last gave a sign of life. */
  readonly #seenAtMs = new Map<string, number>();
  /** Since when a speaker is known by what others say of it alone. */
  readonly #hearsaySinceMs = new Map<string, number>();
  #reported = '';

  constructor(deps: ApiWitnessDeps) {
    this.#deps = deps;
  }

  /** Watches until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { renewals, clock } = this.#deps;
    using _subscription = renewals.subscribe((key, now, before) => {
      // What was there already when we first looked may be old.
      if (now === undefined || before === undefined || now === before) return;
      this.#renewedAtMs.set(key.slice(key.lastIndexOf('/') + 1), clock.nowMs());
      this.#tell();
    });
    while (!signal.aborted) {
      this.#look();
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  /** Elections that begin later are told at the next look. */
  #look(): void {
    const { api, election } = this.#deps;
    const reachable = api.synced && api.staleMs() < API_STALE_MS;
    const now = election();
    if (now === undefined) return;
    if (now.state.apiReachable !== reachable) now.setApiReachable(reachable);
    this.#tell();
    this.#report();
  }

  /** Tells of the renewals that count by now, and forgets those that the segment has outdated. */
  #tell(): void {
    const { pods, clock, election, idOf } = this.#deps;
    const now = election();
    if (now === undefined) return;
    const nowMs = clock.nowMs();
    const ready = new Set([...pods.values()].filter((pod) => pod.ready).map(({ node }) => node));
    for (const [nodeName, renewedAtMs] of this.#renewedAtMs) {
      const evidenceAtMs = this.#evidenceAtMs(now, nodeName);
      if (idOf(nodeName) === now.state.node || evidenceAtMs >= renewedAtMs) {
        this.#renewedAtMs.delete(nodeName);
      } else if (nowMs - evidenceAtMs >= UNHEARD_MS && ready.has(nodeName)) {
        this.#renewedAtMs.delete(nodeName);
        this.#seenAtMs.set(nodeName, renewedAtMs);
        now.nodeSeen(nodeName, nowMs - renewedAtMs);
      }
    }
  }

  /** Says which speakers are unheard, where that is news. */
  #report(): void {
    const { clock, election, unheard } = this.#deps;
    const now = election();
    if (now === undefined) return;
    for (const [nodeName, seenAtMs] of this.#seenAtMs) {
      const isOver = clock.nowMs() - seenAtMs >= REPORTED_MS;
      if (isOver || this.#evidenceAtMs(now, nodeName) >= seenAtMs) this.#seenAtMs.delete(nodeName);
    }
    this.#noteHearsay(now);
    const long = [...this.#hearsaySinceMs].filter(
      ([, sinceMs]) => clock.nowMs() - sinceMs >= UNHEARD_MS,
    );
    const names = [...new Set([...this.#seenAtMs.keys(), ...long.map(([name]) => name)])].sort();
    if (names.join() === this.#reported) return;
    this.#reported = names.join();
    unheard?.(names);
  }

  /** Where a third hears two that do not hear each other, nothing is wrong until it dies. */
  #noteHearsay({ state }: L2Election): void {
    const { pods, clock, idOf } = this.#deps;
    const nowMs = clock.nowMs();
    const { bindingMs, deadAfterMs } = state.timings;
    const known = new Set<string>();
    for (const { node, ready } of pods.values()) {
      const peer = state.peers.get(idOf(node));
      if (!ready || peer === undefined || nowMs - peer.evidenceAtMs >= deadAfterMs) continue;
      if (nowMs - peer.heardAtMs < bindingMs) continue;
      known.add(node);
      if (!this.#hearsaySinceMs.has(node)) this.#hearsaySinceMs.set(node, nowMs);
    }
    for (const name of this.#hearsaySinceMs.keys()) {
      if (!known.has(name)) this.#hearsaySinceMs.delete(name);
    }
  }

  #evidenceAtMs({ state }: L2Election, nodeName: string): number {
    return state.peers.get(this.#deps.idOf(nodeName))?.evidenceAtMs ?? -Infinity;
  }
}
