import {
  LeaderElector,
  type LeaderElectorDeps,
  type LeaseLock,
  type Term,
} from '@picluster/leader-election';
import { leaseNameFor } from './lease-name.ts';
import type { OwnershipListener, OwnershipStrategy, Standing } from './ownership.ts';

/** What the strategy works with. */
export interface LeaseOwnershipDeps {
  /** The lock for the Lease of that name. */
  readonly lockFor: (leaseName: string) => LeaseLock;
  /** The name of the node that the API shows as the holder of the Lease of that name; empty or `undefined`: nobody. */
  readonly holderOf?: (leaseName: string) => string | undefined;
  readonly clock: LeaderElectorDeps['clock'];
  readonly random: () => number;
  readonly log: NonNullable<LeaderElectorDeps['log']>;
  readonly listener: OwnershipListener;
}

/** How the strategy behaves. */
export interface LeaseOwnershipOptions {
  /** The node's name in its cluster. */
  readonly nodeName: string;
  /** Unique for each process: `<node>_<uuid>`. */
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  /** How much longer each rank waits before it first tries for a free Lease. */
  readonly staggerMs?: number;
}

/** Long enough for the first in line to write a Lease on a slow API server, short enough that nobody notices it is gone. */
export const STAGGER_MS = 150;

/** For so long after a node gave an address up nobody else has taken it: the next one need not ask the segment. */
export const FREED_WITHIN_MS = 5000;

/** An address whose companion another node has held for so long goes there. */
export const GATHER_AFTER_MS = 2000;
/** One who did not take it is not waited for again for so long. */
export const GATHER_AGAIN_MS = 600_000;

/** One address that this node stood for. */
interface Candidacy {
  /** `undefined`: resigned, and waiting for the last run to end. */
  standing: Standing | undefined;
  /** The right to answer, and the interfaces that were told of it. */
  hold:
    | {
        readonly untilMs: () => number;
        readonly isFresh: boolean;
        readonly interfaces: Set<string>;
      }
    | undefined;
  /** When another node gave it up, as far as we know. */
  freedAtMs: number;
  /** Runs while another holds what this address of ours belongs beside. */
  gathering: Disposable | undefined;
  /** For whom we last gave it up therefore. */
  gathered: { readonly node: string; readonly atMs: number } | undefined;
  run: { readonly abort: AbortController; readonly over: Promise<void> } | undefined;
}

/**
 * The strategy `lease`: one Lease for each *address*, not for each Service, because Services may share an address and an address must
 * have one that answers. The holder may answer until its term's fencing deadline, and nothing moves back by itself.
 */
export class LeaseOwnership implements OwnershipStrategy {
  readonly #deps: LeaseOwnershipDeps;
  readonly #options: LeaseOwnershipOptions;
  readonly #candidacies = new Map<string, Candidacy>();

  constructor(deps: LeaseOwnershipDeps, options: LeaseOwnershipOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  stand(address: string, standing: Standing): void {
    const candidacy = this.#candidacies.get(address) ?? {
      standing,
      hold: undefined,
      run: undefined,
      freedAtMs: -Infinity,
      gathering: undefined,
      gathered: undefined,
    };
    this.#candidacies.set(address, candidacy);
    candidacy.standing = standing;
    // While the last run gives its Lease up, a new one waits: it starts when that is done.
    if (candidacy.run === undefined) this.#start(address, candidacy, standing);
    this.#tell(address, candidacy, standing.interfaces);
    this.#gatherLater(candidacy);
  }

  resign(address: string): void {
    const candidacy = this.#candidacies.get(address);
    if (candidacy === undefined) return;
    candidacy.standing = undefined;
    this.#gatherLater(candidacy);
    // The term's signal aborts within this call, and with it this node stops answering.
    candidacy.run?.abort.abort();
  }

  /** The API shows that nobody holds the Lease of that name: candidates try now, in their order, instead of at their next look. */
  onFree(leaseName: string): void {
    for (const [address, candidacy] of this.#candidacies) {
      if (candidacy.hold !== undefined || leaseNameFor(address) !== leaseName) continue;
      candidacy.freedAtMs = this.#deps.clock.nowMs();
      // Ended without having held it, the run is begun anew.
      candidacy.run?.abort.abort();
    }
  }

  /** The API shows another holder of a Lease. */
  onHolder(leaseName: string): void {
    for (const candidacy of this.#candidacies.values()) {
      const beside = candidacy.standing?.beside;
      if (beside !== undefined && leaseNameFor(beside) === leaseName) this.#gatherLater(candidacy);
    }
  }

  async stop(): Promise<void> {
    const runs = [...this.#candidacies.values()].flatMap(({ run }) => run?.over ?? []);
    for (const address of this.#candidacies.keys()) this.resign(address);
    await Promise.all(runs);
  }

  #start(address: string, candidacy: Candidacy, standing: Standing): void {
    const abort = new AbortController();
    const over = this.#contend(address, candidacy, this.#placeOf(standing), abort.signal).then(
      () => {
        candidacy.run = undefined;
        if (candidacy.standing === undefined) this.#candidacies.delete(address);
        else this.#start(address, candidacy, candidacy.standing);
      },
    );
    candidacy.run = { abort, over };
  }

  /** The first for an address that belongs beside another is who holds that; the others come after it, in their order. */
  #placeOf({ beside, candidates }: Standing): number {
    const rank = Math.max(0, candidates.indexOf(this.#options.nodeName));
    if (beside === undefined) return rank;
    if (this.#candidacies.get(beside)?.hold !== undefined) return 0;
    return this.#leaderElsewhere(beside, candidates) === undefined ? rank : rank + 1;
  }

  #leaderElsewhere(beside: string, candidates: readonly string[]): string | undefined {
    const node = this.#deps.holderOf?.(leaseNameFor(beside)) ?? '';
    return node !== this.#options.nodeName && candidates.includes(node) ? node : undefined;
  }

  /** For whom this node would give up what it holds, as that one holds what it belongs beside. */
  #betterHolder({ hold, standing, gathered }: Candidacy): string | undefined {
    if (hold === undefined || standing?.beside === undefined) return undefined;
    const node = this.#leaderElsewhere(standing.beside, standing.candidates);
    const wasAsked =
      gathered?.node === node &&
      this.#deps.clock.nowMs() - (gathered?.atMs ?? -Infinity) < GATHER_AGAIN_MS;
    return wasAsked ? undefined : node;
  }

  #gatherLater(candidacy: Candidacy): void {
    const node = this.#betterHolder(candidacy);
    if (node === undefined) {
      candidacy.gathering?.[Symbol.dispose]();
      candidacy.gathering = undefined;
      return;
    }
    candidacy.gathering ??= this.#deps.clock.timer(GATHER_AFTER_MS, () => {
      candidacy.gathering = undefined;
      if (this.#betterHolder(candidacy) !== node) {
        this.#gatherLater(candidacy);
        return;
      }
      candidacy.gathered = { node, atMs: this.#deps.clock.nowMs() };
      // Given up, it is free for whom it belongs to; we come after that one.
      candidacy.run?.abort.abort();
    });
  }

  async #contend(
    address: string,
    candidacy: Candidacy,
    place: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { lockFor, clock, random, log } = this.#deps;
    const { identity, leaseDurationMs, renewDeadlineMs, retryPeriodMs, staggerMs } = this.#options;
    const elector = new LeaderElector(
      { lock: lockFor(leaseNameFor(address)), clock, random, log },
      {
        identity,
        leaseDurationMs,
        renewDeadlineMs,
        retryPeriodMs,
        firstTryDelayMs: place * (staggerMs ?? STAGGER_MS),
      },
    );
    await elector.run((term) => this.#hold(address, candidacy, term), signal);
  }

  #hold(address: string, candidacy: Candidacy, term: Term): void {
    candidacy.hold = {
      untilMs: () => (term.signal.aborted ? -Infinity : term.untilMs()),
      isFresh: this.#deps.clock.nowMs() - candidacy.freedAtMs >= FREED_WITHIN_MS,
      interfaces: new Set(),
    };
    const onEnd = (): void => {
      this.#tell(address, candidacy, []);
      candidacy.hold = undefined;
      this.#gatherLater(candidacy);
    };
    term.signal.addEventListener('abort', onEnd, { once: true });
    this.#tell(address, candidacy, candidacy.standing?.interfaces ?? []);
    this.#gatherLater(candidacy);
  }

  /** Makes `interfaces` those on which the speaker knows of the hold. */
  #tell(address: string, { hold }: Candidacy, interfaces: readonly string[]): void {
    if (hold === undefined) return;
    for (const name of hold.interfaces) {
      if (interfaces.includes(name)) continue;
      hold.interfaces.delete(name);
      this.#deps.listener.lost(address, name);
    }
    for (const name of interfaces) {
      if (hold.interfaces.has(name)) continue;
      hold.interfaces.add(name);
      this.#deps.listener.gained(address, name, hold.untilMs, hold.isFresh);
    }
  }
}
