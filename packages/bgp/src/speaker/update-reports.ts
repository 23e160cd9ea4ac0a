import type { UpdateError } from '../codec/fault.ts';
import type { BgpPeerDeps } from './peer-deps.ts';

/** Tells what was wrong with UPDATEs: all of it to the metrics, and once a session to the log, as a peer may send a whole table of the same. */
export class UpdateReports {
  readonly #deps: Pick<BgpPeerDeps, 'log' | 'metrics'>;
  readonly #peer: string;
  readonly #told = new Set<string>();

  constructor(deps: Pick<BgpPeerDeps, 'log' | 'metrics'>, peer: string) {
    this.#deps = deps;
    this.#peer = peer;
  }

  /** Another session begins. */
  begin(): void {
    this.#told.clear();
  }

  /** An UPDATE had these errors. */
  tell(errors: readonly UpdateError[]): void {
    const { log, metrics } = this.#deps;
    for (const { grade, reason, attribute } of errors) {
      metrics?.faulty(reason);
      const complaint = `${grade} ${reason} ${attribute}`;
      if (this.#told.has(complaint)) continue;
      this.#told.add(complaint);
      const fields = { peer: this.#peer, grade, reason, attribute };
      log?.warn('bgp update is malformed', fields);
    }
  }
}
