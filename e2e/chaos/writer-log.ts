import type { Answered, Observer, Seen } from './misbehaving-proxy.ts';

/** From when on somebody held the Lease; `by` is empty where it was given up. */
export interface Reign {
  readonly by: string;
  readonly transitions: number;
  readonly fromMs: number;
}

/** A write of something that only the leader may write, when it came to the API server's door. */
export interface LeaderWrite {
  readonly by: string;
  readonly what: string;
  readonly atMs: number;
}

/** Who wrote what, and who led meanwhile, both as seen in front of the API server: all of it on one clock. */
export class WriterLog {
  readonly reigns: Reign[] = [];
  /** Without those that the API server refused: they carried an old version, and changed nothing. */
  readonly writes: LeaderWrite[] = [];
  readonly #pending = new Map<Seen, LeaderWrite>();

  /** What to give the proxy of one controller. */
  observer(by: string): Observer {
    return {
      request: (seen) => this.#request(by, seen),
      answer: (seen, answered) => this.#answer(by, seen, answered),
    };
  }

  /** Who holds the Lease now; `undefined`: nobody. */
  get holder(): string | undefined {
    const by = this.reigns.at(-1)?.by;
    return by === '' ? undefined : by;
  }

  #request(by: string, seen: Seen): void {
    const { method, path, atMs } = seen;
    if (method === 'GET' || !path.endsWith('/status')) return;
    const write = { by, what: `${method} ${path}`, atMs };
    this.writes.push(write);
    this.#pending.set(seen, write);
  }

  /** The Lease is another's as soon as the API server says so, not when the other hears of it. */
  #answer(by: string, seen: Seen, { status, body, atMs }: Answered): void {
    const { method, path } = seen;
    const write = this.#pending.get(seen);
    this.#pending.delete(seen);
    if (write !== undefined && status > 299) this.writes.splice(this.writes.indexOf(write), 1);
    if (method === 'GET' || !path.includes('/leases') || status > 299) return;
    const { spec } = JSON.parse(body) as {
      readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
    };
    const transitions = spec.leaseTransitions ?? 0;
    const holder = (spec.holderIdentity ?? '') === '' ? '' : by;
    const last = this.reigns.at(-1);
    if (last?.by === holder && last.transitions === transitions) return;
    this.reigns.push({ by: holder, transitions, fromMs: atMs });
  }
}

/** Each write of somebody who did not lead any more, or did not lead yet, in words. */
export function writesOutOfTurn({
  reigns,
  writes,
}: Pick<WriterLog, 'reigns' | 'writes'>): readonly string[] {
  return writes.flatMap(({ by, what, atMs }) => {
    const reign = reigns.findLast(({ fromMs }) => fromMs <= atMs);
    if (reign?.by === by) return [];
    const led =
      reign === undefined
        ? 'nobody had led'
        : `${reign.by || 'nobody'} led since ${Math.round(atMs - reign.fromMs)} ms`;
    return [`${by}: ${what}, when ${led}`];
  });
}
