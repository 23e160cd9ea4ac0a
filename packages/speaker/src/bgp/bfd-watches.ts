import { type BfdSession, BfdSpeaker, type BfdStateName } from '@picluster/bfd';
import type { Clock } from '@picluster/kube';
import type { BfdSessionMetrics } from './bgp-metrics.ts';
import type { BfdPlan } from './peer-plan.ts';

/** The ends of a path that is watched, and how packets go on it. */
export interface BfdPath {
  readonly local: string;
  readonly remote: string;
  /** Over several hops: the lowest TTL that is heard. `undefined`: a neighbour. */
  readonly minTtl: number | undefined;
  /** An interface or VRF. */
  readonly device: string | undefined;
}

/** What watches work with. */
export interface BfdWatchesDeps {
  /** Hears packets on one of our addresses. @throws where the system refuses */
  readonly receive: (
    path: Omit<BfdPath, 'remote'>,
    onPacket: (bytes: Uint8Array, address: string) => void,
  ) => Disposable;
  /** Sends packets on a path. @throws where the system refuses */
  readonly send: (path: BfdPath) => Disposable & { send(bytes: Uint8Array): void };
  readonly metrics: (path: BfdPath) => BfdSessionMetrics;
  readonly clock: Pick<Clock, 'nowMs' | 'timer'>;
  readonly random: () => number;
  readonly log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
  };
}

/** A path that is watched for somebody. */
export interface BfdWatch extends Disposable {
  /** Other timings; the session stays as it is. */
  change(options: BfdPlan['options']): void;
}

/** A place where packets are heard, for all sessions of one address of ours. */
interface Ear {
  readonly speaker: BfdSpeaker;
  readonly socket: Disposable;
  /** By the address of the peer. */
  readonly metrics: Map<string, BfdSessionMetrics>;
}

interface Session {
  readonly session: BfdSession;
  readonly listeners: Set<() => void>;
  /** Frees all that it holds. */
  readonly free: () => void;
}

/**
 * The BFD sessions of this node. Peers at one address share one, as a path is up or down for both. A session that its peer ends on purpose tells nobody: that
 * says nothing of the path (RFC 5882 §4.2).
 */
export class BfdWatches {
  readonly #deps: BfdWatchesDeps;
  readonly #ears = new Map<string, Ear>();
  readonly #sessions = new Map<string, Session>();
  readonly #ending = new Set<Promise<void>>();

  constructor(deps: BfdWatchesDeps) {
    this.#deps = deps;
  }

  /** Watches a path; `onDown` is called whenever it fails. Where there is a session for it already, that one goes on as it is. @throws where the system refuses a socket */
  watch(path: BfdPath, { options }: BfdPlan, onDown: () => void): BfdWatch {
    const key = JSON.stringify(path);
    const known = this.#sessions.get(key) ?? this.#make(key, path, options);
    known.listeners.add(onDown);
    // Also one that was about to end.
    known.session.start();
    return {
      change: (changed) => known.session.change(changed),
      [Symbol.dispose]: () => {
        if (known.listeners.delete(onDown) && known.listeners.size === 0) this.#end(known);
      },
    };
  }

  /** Resolves when every session that was ended has told its peer so. */
  async ended(): Promise<void> {
    await Promise.all(this.#ending);
  }

  #end({ session, listeners, free }: Session): void {
    const ending = session.stop().then(() => {
      this.#ending.delete(ending);
      if (listeners.size === 0) free();
    });
    this.#ending.add(ending);
  }

  #make(key: string, path: BfdPath, options: BfdPlan['options']): Session {
    const { clock, log } = this.#deps;
    const { remote, ...place } = path;
    const sender = this.#deps.send(path);
    const ear = this.#listen(place, sender);
    const metrics = this.#deps.metrics(path);
    const listeners = new Set<() => void>();
    const send = (bytes: Uint8Array): void => {
      metrics.sent();
      sender.send(bytes);
    };
    const onState = (to: BfdStateName, from: BfdStateName): void => {
      metrics.up(to === 'Up');
      if (to === 'Up') metrics.wentUp();
      if (from !== 'Up') return;
      metrics.wentDown();
      const isFailure = to === 'Down' && session.remoteState !== 'AdminDown';
      if (isFailure) for (const onDown of listeners) onDown();
    };
    const session = ear.speaker.add(remote, { clock, log, send, onState }, options);
    ear.metrics.set(remote, metrics);
    const free = (): void => {
      // Who begins anew while the session ends, and ends again, hears of both ends at once.
      if (this.#sessions.get(key) !== made) return;
      this.#sessions.delete(key);
      ear.speaker.remove(session);
      ear.metrics.delete(remote);
      sender[Symbol.dispose]();
      metrics.end();
      if (ear.metrics.size > 0) return;
      this.#ears.delete(JSON.stringify(place));
      ear.socket[Symbol.dispose]();
    };
    const made: Session = { session, listeners, free };
    this.#sessions.set(key, made);
    return made;
  }

  /** `sender` is closed where nothing can be heard. */
  #listen(place: Omit<BfdPath, 'remote'>, sender: Disposable): Ear {
    const key = JSON.stringify(place);
    const known = this.#ears.get(key);
    if (known !== undefined) return known;
    const speaker = new BfdSpeaker(this.#deps.random);
    const metrics = new Map<string, BfdSessionMetrics>();
    try {
      const socket = this.#deps.receive(place, (bytes, address) => {
        metrics.get(address)?.received();
        speaker.receive(bytes, address);
      });
      const ear = { speaker, socket, metrics };
      this.#ears.set(key, ear);
      return ear;
    } catch (error) {
      sender[Symbol.dispose]();
      throw error;
    }
  }
}
