import { step, type Step } from './elector-machine.ts';
import {
  completeOptions,
  type ElectorSettings,
  type LeaderElectorOptions,
} from './elector-options.ts';
import { ElectionRun } from './election-run.ts';
import { LeaderElectionError } from './leader-election-error.ts';
import type { Lead, LeaderElectorDeps } from './elector-deps.ts';
import type { Term } from './term.ts';

/**
 * Elects one leader among all electors that share a lock, in TypeScript or Go: it follows client-go's `tools/leaderelection` in rules,
 * names and defaults, and both kinds may contend for one Lease.
 *
 * Why no two lead at once: a leader may act for `renewDeadlineMs` from the moment *before* it sent its last successful renewal. Others take
 * over only by replacing the very version they saw, `leaseDurationMs` after they saw it appear. No clock is compared with another
 * machine's; only their rates must not differ by more than {@link driftTolerance}.
 *
 * Where it differs from client-go, always to the careful side:
 * - A term has its own signal and end; losing it does not end the elector, which stands as a candidate again.
 * - While the lock fails, observed time does not count: after an outage a candidate must see the record unchanged for a whole lease from its
 *   first successful read on. The recorded holder renews at once, so nothing moves only because the API server was away. It leads in a
 *   new term then, with the same token, for nobody led in between.
 * - A record that bears our identity but was written by another process (or by this one before a restart) is waited for like a
 *   stranger's, and taken under a new token. client-go takes it at once, so two processes with one name both lead.
 * - A Lease that somebody deletes still counts for those who saw it held, and tokens go on from it.
 * - A new term waits until the work of the last one has ended.
 * - A candidate looks again the moment a lease runs out, not up to 2.2 retry periods later.
 */
export class LeaderElector {
  readonly #deps: LeaderElectorDeps;
  readonly #settings: ElectorSettings;
  readonly #onNewLeader: ((identity: string) => void) | undefined;
  readonly #step: Step;
  #run: ElectionRun | undefined;
  #observedHolder: string | undefined;

  /**
   * Does nothing yet.
   *
   * @param machine for tests alone: a broken machine shows that a simulation would catch it
   * @throws LeaderElectionError `bad-options`, listing every problem
   */
  constructor(deps: LeaderElectorDeps, options: LeaderElectorOptions, machine: Step = step) {
    this.#deps = deps;
    this.#settings = completeOptions(options);
    this.#onNewLeader = options.onNewLeader;
    this.#step = machine;
  }

  /** Who holds the lease, as last seen: an empty string where it is free, `undefined` before the first answer. Not a basis to act on. */
  get observedHolder(): string | undefined {
    return this.#observedHolder;
  }

  /** The term that lasts now, if any. */
  get term(): Term | undefined {
    const term = this.#run?.term;
    return term?.valid() === true ? term : undefined;
  }

  /**
   * Takes part until `signal` aborts, leading as often as it is elected.
   *
   * `lead` is called at the start of each term and should end soon after `term.signal` aborts. It may also return at once and keep the
   * term: returning does not end it. Before the next term starts, and before a stop gives the lease up, what it returned is awaited; a
   * work that does not end within its term keeps the lease from being released, and it runs out instead.
   *
   * Resolves when all is over. Rejects with what `lead` throws (the lease is given up first), never because the lock fails: that is
   * logged and tried again.
   *
   * @throws LeaderElectionError `already-running`
   */
  async run(lead: Lead, signal: AbortSignal): Promise<void> {
    if (this.#run !== undefined) {
      throw new LeaderElectionError('already-running', 'this elector runs already; make another', {
        lease: this.#deps.lock.description,
      });
    }
    if (signal.aborted) return;
    const run = new ElectionRun(this.#deps, this.#settings, this.#step, lead, (holder) => {
      this.#observedHolder = holder;
      this.#onNewLeader?.(holder);
    });
    this.#run = run;
    const stop = (): void => run.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await run.untilOver();
    } finally {
      signal.removeEventListener('abort', stop);
      this.#run = undefined;
    }
  }
}
