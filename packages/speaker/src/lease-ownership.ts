import {
  LeaderElector,
  type LeaderElectorDeps,
  type LeaseLock,
  type Term,
} from '@picluster/leader-election';
import type { OwnershipListener, OwnershipStrategy } from './ownership.ts';

/** What the strategy works with. */
export interface LeaseOwnershipDeps {
  /** The lock for the Lease of that name. */
  readonly lockFor: (leaseName: string) => LeaseLock;
  readonly clock: LeaderElectorDeps['clock'];
  readonly random: () => number;
  readonly log: NonNullable<LeaderElectorDeps['log']>;
  readonly listener: OwnershipListener;
}

/** How the strategy behaves. */
export interface LeaseOwnershipOptions {
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

/** One address that this node stood for. */
interface Candidacy {
  /** `undefined`: resigned, and waiting for the last run to end. */
  rank: number | undefined;
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

  stand(address: string, rank: number): void {
    const candidacy = this.#candidacies.get(address) ?? { rank, run: undefined };
    this.#candidacies.set(address, candidacy);
    candidacy.rank = rank;
    // While the last run gives its Lease up, a new one waits: it starts when that is done.
    if (candidacy.run === undefined) this.#start(address, candidacy, rank);
  }

  resign(address: string): void {
    const candidacy = this.#candidacies.get(address);
    if (candidacy === undefined) return;
    candidacy.rank = undefined;
    // The term's signal aborts within this call, and with it this node stops answering.
    candidacy.run?.abort.abort();
  }

  async stop(): Promise<void> {
    const runs = [...this.#candidacies.values()].flatMap(({ run }) => run?.over ?? []);
    for (const address of this.#candidacies.keys()) this.resign(address);
    await Promise.all(runs);
  }

  #start(address: string, candidacy: Candidacy, rank: number): void {
    const abort = new AbortController();
    const over = this.#contend(address, rank, abort.signal).then(() => {
      candidacy.run = undefined;
      if (candidacy.rank === undefined) this.#candidacies.delete(address);
      else this.#start(address, candidacy, candidacy.rank);
    });
    candidacy.run = { abort, over };
  }

  async #contend(address: string, rank: number, signal: AbortSignal): Promise<void> {
    const { lockFor, clock, random, log } = this.#deps;
    const { staggerMs = STAGGER_MS, ...options } = this.#options;
    const elector = new LeaderElector(
      { lock: lockFor(leaseNameFor(address)), clock, random, log },
      { ...options, firstTryDelayMs: rank * staggerMs },
    );
    await elector.run((term) => this.#hold(address, term), signal);
  }

  #hold(address: string, term: Term): void {
    const { listener } = this.#deps;
    term.signal.addEventListener('abort', () => listener.lost(address), { once: true });
    listener.gained(address, () => (term.signal.aborted ? -Infinity : term.untilMs()));
  }
}

/**
 * The name of the Lease of an address. Names of Leases may hold neither colons nor a dash at the end, so `2001:db8::` gets the
 * zero back that its text leaves out.
 */
export function leaseNameFor(address: string): string {
  return `picluster-l2-${address.replaceAll(/[.:]/g, '-')}`.replace(/-$/, '-0');
}
