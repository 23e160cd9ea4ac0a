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
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
  };
  /** The election of the network that the nodes share; `undefined`: there is none now. */
  readonly election: () => L2Election | undefined;
  /** The identity of a node in heartbeats. */
  readonly idOf: (nodeName: string) => string;
}

/** The API counts as reachable for so long after the last sign of life. */
export const API_STALE_MS = 5000;
/** Not before a speaker was unheard for so long does the API's word for it count. */
export const UNHEARD_MS = 15_000;
const LOOK_MS = 1000;

/**
 * Tells an election which speakers the API shows alive that the segment does not: where they cannot hear each other, as behind an access point that
 * isolates its clients, they must not take addresses from each other.
 *
 * A sign of life is a node's Lease that its kubelet renewed, while a Pod of ours runs there and is ready. A kubelet alone proves nothing: it goes on
 * when the speaker has died. And a speaker that was heard a moment ago and fell silent has died, whatever the API, which learns of it
 * seconds later, still says.
 */
export class ApiWitness {
  readonly #deps: ApiWitnessDeps;

  constructor(deps: ApiWitnessDeps) {
    this.#deps = deps;
  }

  /** Watches until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { renewals, clock } = this.#deps;
    using _subscription = renewals.subscribe((key, now, before) => {
      // What was there already when we first looked may be old.
      if (now !== undefined && before !== undefined && now !== before) this.#onRenewal(key);
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
    if (now === undefined || now.state.apiReachable === reachable) return;
    now.setApiReachable(reachable);
  }

  #onRenewal(key: string): void {
    const { pods, clock, election, idOf } = this.#deps;
    const nodeName = key.slice(key.lastIndexOf('/') + 1);
    const now = election();
    if (now === undefined || idOf(nodeName) === now.state.node) return;
    if (![...pods.values()].some(({ node, ready }) => node === nodeName && ready)) return;
    const evidenceAtMs = now.state.peers.get(idOf(nodeName))?.evidenceAtMs ?? -Infinity;
    if (clock.nowMs() - evidenceAtMs >= UNHEARD_MS) now.nodeSeen(nodeName);
  }
}
