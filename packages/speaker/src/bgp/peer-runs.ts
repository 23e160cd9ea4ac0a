import type { Prefix } from '@picluster/bgp';
import { PeerRun, type PeerRunDeps } from './peer-run.ts';
import type { PeerPlan } from './peer-plan.ts';

/** What a peer is told when its session ends because somebody wrote something else. */
const CHANGED = 'the configuration has changed';
const REMOVED = 'the configuration has no such peer any more';
const ENDING = 'the speaker ends';

/** The sessions of this node: brought in line with what is planned, each by itself. */
export class PeerRuns {
  readonly #deps: PeerRunDeps;
  /** By the name of the BGPPeer. */
  readonly #runs = new Map<string, PeerRun>();

  constructor(deps: PeerRunDeps) {
    this.#deps = deps;
  }

  /** The names of the BGPPeers that there is a session for, established or not. */
  get names(): string[] {
    return [...this.#runs.keys()];
  }

  /**
   * From now on there are these sessions. What is not touched goes on; what ends, ends before anything begins, as it may be for the same router.
   * `restarted`: see {@link PeerRun.start}.
   */
  apply(plans: readonly PeerPlan[], restarted: boolean): void {
    const planned = new Map(plans.map((plan) => [plan.name, plan]));
    for (const [name, run] of this.#runs) {
      const plan = planned.get(name);
      if (plan !== undefined && goesOn(run, plan)) continue;
      run.stop('shutdown', plan === undefined ? REMOVED : CHANGED);
      this.#runs.delete(name);
    }
    for (const plan of plans) {
      const run = this.#runs.get(plan.name);
      if (run === undefined) this.#begin(plan, restarted);
      else if (JSON.stringify(run.plan) !== JSON.stringify(plan)) run.adjust(plan);
    }
  }

  /** Something else may be wanted of these prefixes. */
  changed(prefixes: readonly Prefix[]): void {
    for (const run of this.#runs.values()) run.changed(prefixes);
  }

  /** Ends all; peers with graceful restart keep our routes for the next process of this node. */
  stop(): void {
    for (const run of this.#runs.values()) {
      const isKept = run.plan.session.gracefulRestart !== undefined;
      run.stop(isKept ? 'restart' : 'shutdown', ENDING);
    }
    this.#runs.clear();
  }

  #begin(plan: PeerPlan, restarted: boolean): void {
    const run = new PeerRun(this.#deps, plan);
    this.#runs.set(plan.name, run);
    run.start(restarted);
  }
}

/** How the path is watched may change while a session stands, and after which delays it would come back: the router is told of neither. Who still waits begins anew, without the wait. */
function goesOn(run: PeerRun, plan: PeerPlan): boolean {
  const told = ({ place, session, socket }: PeerPlan): string => {
    const { connectRetryMs, retryFirstMs, ...agreed } = session;
    const waits = run.established ? [] : [connectRetryMs, retryFirstMs];
    return JSON.stringify({ place, agreed, socket, waits });
  };
  return told(plan) === told(run.plan);
}
