import { type BackoffOptions, backoffMs } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import { KubeError } from './kube-error.ts';
import { type Logger, silentLogger } from './logger.ts';

/** Work that never waits would otherwise hold up timers and sockets until the last key; a turn for them costs about 1 ms. */
const sliceMs = 10;

/** What a work queue runs on. */
export interface WorkQueueDeps {
  readonly clock: Pick<Clock, 'nowMs' | 'timer'>;
  readonly random: Random;
  /** Default: silent. */
  readonly log?: Logger;
}

/** How a work queue behaves. */
export interface WorkQueueOptions {
  /** For the log. Default: none. */
  readonly name?: string;
  /** How many keys may be worked on at once. Default 1. */
  readonly concurrency?: number;
  /** Delay after a key's first failure, doubled for each further one. Default 5 ms. */
  readonly backoffBaseMs?: number;
  /** The longest delay between two tries of a key. Default 60 s. */
  readonly backoffMaxMs?: number;
}

/** Brings the world in line with one key. Its signal aborts when the queue ends. Throwing means: again, later. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<void>;

/**
 * Keys to be worked on, each once however often it was added, and never one key twice at a time: a key added while it is worked on comes
 * again afterwards. A key whose work throws comes again after a delay that doubles up to a limit; success forgets the failures.
 */
export class WorkQueue {
  readonly #deps: WorkQueueDeps;
  readonly #log: Logger;
  readonly #name: string | undefined;
  readonly #concurrency: number;
  readonly #backoff: BackoffOptions;
  readonly #waiting = new Set<string>();
  readonly #active = new Set<string>();
  readonly #delayed = new Map<string, { readonly dueMs: number; readonly timer: Disposable }>();
  readonly #failures = new Map<string, number>();
  #wake: (() => void) | undefined;
  #running = false;

  constructor(deps: WorkQueueDeps, options: WorkQueueOptions = {}) {
    this.#deps = deps;
    this.#log = deps.log ?? silentLogger;
    this.#name = options.name;
    this.#concurrency = options.concurrency ?? 1;
    this.#backoff = { baseMs: options.backoffBaseMs ?? 5, maxMs: options.backoffMaxMs ?? 60_000 };
  }

  /** Keys that wait to be worked on now; neither those in work nor the delayed ones. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a key, to be worked on as soon as its turn comes, whatever delay it may have. Allowed before `run`. */
  add(key: string): void {
    this.#waiting.add(key);
    this.#wake?.();
  }

  /** Adds a key after `ms`. Of several delays for one key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#deps.clock.nowMs() + ms;
    const before = this.#delayed.get(key);
    if (before !== undefined && before.dueMs <= dueMs) return;
    before?.timer[Symbol.dispose]();
    const timer = this.#deps.clock.timer(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** Takes all keys that wait now out of the queue, for a caller who works on them himself, at once. */
  takeAll(): string[] {
    const keys = [...this.#waiting];
    this.#waiting.clear();
    return keys;
  }

  /**
   * Works until the signal aborts; then starts nothing more, drops the delays, and resolves when what was begun is over. Does not reject for
   * anything `reconcile` throws.
   */
  async run(reconcile: Reconcile, signal: AbortSignal): Promise<void> {
    if (this.#running) throw new Error('this work queue runs already');
    this.#running = true;
    const works = new Set<Promise<void>>();
    let yieldedMs = this.#deps.clock.nowMs();
    while (!signal.aborted) {
      const key = works.size < this.#concurrency ? this.#next() : undefined;
      if (key === undefined) {
        const idle = works.size === 0;
        await this.#change(signal);
        if (idle) yieldedMs = this.#deps.clock.nowMs();
        continue;
      }
      if (this.#deps.clock.nowMs() - yieldedMs >= sliceMs) {
        await this.#turn();
        yieldedMs = this.#deps.clock.nowMs();
        continue;
      }
      const work = this.#work(key, reconcile, signal).then(() => {
        works.delete(work);
        this.#wake?.();
      });
      works.add(work);
    }
    await Promise.all(works);
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]();
    this.#delayed.clear();
    this.#running = false;
  }

  /** Lets everything else in the process have its turn. */
  #turn(): Promise<void> {
    return new Promise((resolve) => void this.#deps.clock.timer(0, resolve));
  }

  #next(): string | undefined {
    for (const key of this.#waiting) if (!this.#active.has(key)) return key;
    return undefined;
  }

  /** Resolves when a key came, a work ended, or the signal aborted. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  async #work(key: string, reconcile: Reconcile, signal: AbortSignal): Promise<void> {
    this.#waiting.delete(key);
    this.#active.add(key);
    try {
      await reconcile(key, signal);
      this.#failures.delete(key);
    } catch (error) {
      if (!signal.aborted) this.#retry(key, error);
    } finally {
      this.#active.delete(key);
    }
  }

  #retry(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const askedMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(backoffMs(this.#backoff, failures, this.#deps.random), askedMs);
    this.#log.warn('reconcile failed', {
      ...(this.#name === undefined ? {} : { queue: this.#name }),
      key,
      error,
      failures,
      retryMs: Math.round(delayMs),
    });
    this.addAfter(key, delayMs);
  }
}
