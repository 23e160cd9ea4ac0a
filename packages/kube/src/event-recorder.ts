import type { Clock } from './clock.ts';
import { EventRate, forgetOldest } from './event-rate.ts';
import type { KubeClient } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import type { ObjectReference } from './kube-object.ts';
import { type Logger, silentLogger } from './logger.ts';
import { resourcePath } from './resource-path.ts';
import { formatTimestamp } from './seams/timestamp.ts';

/** How `kubectl` marks an event. */
export type EventType = 'Normal' | 'Warning';

/** What an event recorder runs on. */
export interface EventRecorderDeps {
  readonly client: Pick<KubeClient, 'request'>;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs' | 'timer' | 'sleep'>;
  /** Default: silent. */
  readonly log?: Logger;
}

/** Who records. */
export interface EventRecorderOptions {
  /** What `kubectl describe` shows under From, such as `metallb-speaker`. */
  readonly component: string;
  /** The node, where several instances record: shown behind the component. */
  readonly instance?: string;
}

/** Events that wait to be sent (about 1 kB each), and how many distinct ones (0.5 kB) are remembered for aggregation. */
const limits = { waiting: 10_000, known: 1024 } as const;
const triesMax = 5;
const retryBaseMs = 500;
const requestTimeoutMs = 10_000;

interface Occurrence {
  readonly regarding: ObjectReference;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  readonly firstWallMs: number;
  lastWallMs: number;
  /** How often it happened since it was last sent. */
  times: number;
}

interface KnownEvent {
  readonly path: string;
  readonly firstWallMs: number;
  count: number;
}

/**
 * Records core/v1 Events, the ones that `kubectl describe` shows. Best effort by intention: nothing waits for it and nothing fails by it.
 *
 * The same reason and message for the same object is one Event whose count grows. An object gets 25 events at once and one each five
 * minutes after; what is more is dropped. At most 10,000 wait, so that a controller can tell of 10,000 objects at once; each is tried five
 * times. What finds no place is counted, and a warning says how many were lost when the burst is over. Needs the verbs create and patch on events.
 */
export class EventRecorder implements Disposable {
  readonly #deps: EventRecorderDeps;
  readonly #log: Logger;
  readonly #options: EventRecorderOptions;
  readonly #rate: EventRate;
  readonly #waiting = new Map<string, Occurrence>();
  readonly #known = new Map<string, KnownEvent>();
  readonly #end = new AbortController();
  #made = 0;
  /** Events of this burst that found no place, or were given up at the end. */
  #lost = 0;
  #pump: Promise<void> | undefined;

  constructor(deps: EventRecorderDeps, options: EventRecorderOptions) {
    this.#deps = deps;
    this.#log = deps.log ?? silentLogger;
    this.#options = options;
    this.#rate = new EventRate(deps.clock);
  }

  /** Takes down that something happened to an object, and returns at once. Never throws; sending goes on behind. */
  record(regarding: ObjectReference, type: EventType, reason: string, message: string): void {
    if (this.#end.signal.aborted) return;
    const { kind, namespace, name, uid } = regarding;
    const object = JSON.stringify([kind, namespace, name, uid]);
    const fields = { kind, namespace, name, reason };
    if (!this.#rate.allows(object)) {
      this.#log.debug('event dropped: too many for this object', fields);
      return;
    }
    const key = JSON.stringify([object, type, reason, message]);
    const wallMs = this.#deps.clock.wallMs();
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.times++;
      waiting.lastWallMs = wallMs;
    } else if (this.#waiting.size >= limits.waiting) {
      this.#lost++;
      this.#log.debug('event lost: too many wait', fields);
    } else {
      const occurrence = {
        regarding,
        type,
        reason,
        message,
        firstWallMs: wallMs,
        lastWallMs: wallMs,
      };
      this.#waiting.set(key, { ...occurrence, times: 1 });
      this.#pump ??= this.#sendAll();
    }
  }

  /** Resolves when everything recorded was sent or given up, or when the signal aborts. Never rejects. */
  async flush(signal: AbortSignal): Promise<void> {
    if (this.#pump === undefined || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const onAbort = (): void => aborted.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    await Promise.race([this.#pump, aborted.promise]);
    signal.removeEventListener('abort', onAbort);
  }

  /** Gives up what waits; what is recorded from now on is ignored. {@link flush} first. */
  [Symbol.dispose](): void {
    this.#end.abort();
    this.#lost += this.#waiting.size;
    this.#waiting.clear();
    this.#tellLost();
  }

  async #sendAll(): Promise<void> {
    // Lets a burst of equal events, recorded in one go, become one request.
    await Promise.resolve();
    for (const [key, occurrence] of this.#waiting) {
      this.#waiting.delete(key);
      await this.#sendOne(key, occurrence);
    }
    this.#pump = undefined;
    this.#tellLost();
  }

  /** Once for a burst: a line for each would be a flood of its own. */
  #tellLost(): void {
    if (this.#lost === 0) return;
    this.#log.warn('events lost', { lost: this.#lost });
    this.#lost = 0;
  }

  async #sendOne(key: string, occurrence: Occurrence): Promise<void> {
    for (let tries = 1; !this.#end.signal.aborted; tries++) {
      try {
        await this.#send(key, occurrence);
        return;
      } catch (error) {
        if (this.#end.signal.aborted) return;
        if (tries === triesMax || !mayPass(error)) {
          const { reason, message } = occurrence;
          this.#log.warn('event not recorded', { reason, message, error });
          return;
        }
        const askedMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
        const delayMs = Math.max(retryBaseMs * 2 ** (tries - 1), askedMs);
        await this.#deps.clock.sleep(delayMs, this.#end.signal).catch(() => undefined);
      }
    }
  }

  async #send(key: string, occurrence: Occurrence): Promise<void> {
    const known = this.#known.get(key);
    if (known !== undefined && (await this.#count(known, occurrence))) return;
    // It was never there, or the server forgot it after its hour: begin anew, but keep counting.
    const count = (known?.count ?? 0) + occurrence.times;
    const firstWallMs = known?.firstWallMs ?? occurrence.firstWallMs;
    const path = await this.#create(occurrence, count, firstWallMs);
    this.#known.delete(key);
    this.#known.set(key, { path, firstWallMs, count });
    forgetOldest(this.#known, limits.known);
  }

  async #count(known: KnownEvent, { times, lastWallMs }: Occurrence): Promise<boolean> {
    try {
      await this.#deps.client.request({
        method: 'PATCH',
        path: known.path,
        body: { count: known.count + times, lastTimestamp: formatTimestamp(lastWallMs) },
        signal: this.#end.signal,
        timeoutMs: requestTimeoutMs,
      });
      known.count += times;
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.code === 'not-found') return false;
      throw error;
    }
  }

  async #create(occurrence: Occurrence, count: number, firstWallMs: number): Promise<string> {
    const { regarding, type, reason, message, lastWallMs } = occurrence;
    const { component, instance } = this.#options;
    const namespace = regarding.namespace ?? 'default';
    const collection = { version: 'v1', plural: 'events', namespace };
    const name = `${regarding.name.slice(0, 200)}.${lastWallMs.toString(16)}.${(this.#made++).toString(16)}`;
    await this.#deps.client.request({
      method: 'POST',
      path: resourcePath(collection),
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: regarding,
        type,
        reason,
        message,
        count,
        firstTimestamp: formatTimestamp(firstWallMs),
        lastTimestamp: formatTimestamp(lastWallMs),
        source: { component, ...(instance === undefined ? {} : { host: instance }) },
        reportingComponent: component,
        reportingInstance: instance ?? '',
      },
      signal: this.#end.signal,
      timeoutMs: requestTimeoutMs,
    });
    return resourcePath({ ...collection, name });
  }
}

/** Whether it may succeed another time: no answer, an overload, or a name that another instance took in the same millisecond. */
function mayPass(error: unknown): boolean {
  return (
    error instanceof KubeError &&
    [
      'network',
      'timeout',
      'server',
      'too-many-requests',
      'already-exists',
      'unauthorized',
    ].includes(error.code)
  );
}
