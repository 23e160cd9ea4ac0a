import type { BGPProblem } from '@picluster/api';
import type { PeerRunDeps } from './peer-run.ts';

/** Says what is wrong, once for each change: in the log, and of a BGPPeer to its owner as well. */
export class Complaints {
  readonly #log: Pick<PeerRunDeps['log'], 'info' | 'warn'>;
  readonly #onPeer: (name: string, problem: string) => void;
  /** What was last said of each object that something is wrong with. */
  readonly #said = new Map<string, string>();

  constructor(
    log: Pick<PeerRunDeps['log'], 'info' | 'warn'>,
    onPeer: (name: string, problem: string) => void,
  ) {
    this.#log = log;
    this.#onPeer = onPeer;
  }

  /** Of objects of these kinds these are all problems. */
  ofConfiguration(kinds: readonly BGPProblem['kind'][], problems: readonly BGPProblem[]): void {
    const told = new Map<string, string>();
    for (const { kind, name, message } of problems) {
      const key = `${kind} ${name}`;
      told.set(key, [told.get(key), message].filter((each) => each !== undefined).join('; '));
    }
    const isOfKinds = (key: string): boolean => kinds.some((kind) => key.startsWith(`${kind} `));
    const before = [...this.#said.keys()].filter(isOfKinds);
    for (const key of new Set([...before, ...told.keys()])) {
      const problem = told.get(key);
      if (!this.#isNew(key, problem) || problem === undefined) continue;
      this.#log.warn('bgp configuration', { object: key, problem });
      const [kind, name = ''] = key.split(' ');
      if (kind === 'BGPPeer') this.#onPeer(name, problem);
    }
  }

  /** Two advertisements want different preferences or paths of a prefix; `undefined`: none do. */
  ofPrefix(prefix: string, conflict: readonly [string, string] | undefined): void {
    const problem = conflict?.join(', ');
    if (!this.#isNew(`prefix ${prefix}`, problem)) return;
    const fields = { prefix, advertisements: problem };
    this.#log.warn(
      'different localPref or asPathPrepend for one prefix, the highest counts',
      fields,
    );
  }

  /** Why a Service is not announced; `undefined`: it is, or there is none. */
  ofService(service: string, reason: string | undefined): void {
    // What no advertisement of BGP is about is none of our business.
    if (!this.#isNew(`Service ${service}`, reason) || reason === 'notOwner') return;
    this.#log.info('service not announced', { service, reason, protocol: 'bgp' });
  }

  /** Whether there is a problem that was not said yet. */
  #isNew(key: string, problem: string | undefined): boolean {
    if (this.#said.get(key) === problem) return false;
    if (problem === undefined) this.#said.delete(key);
    else this.#said.set(key, problem);
    return problem !== undefined;
  }
}
