import { KubeError } from './kube-error.ts';
import { keyOf } from './kube-object.ts';
import { LineSplitter } from './line-splitter.ts';
import { asListPage } from './list-page.ts';
import { type Logger, silentLogger } from './logger.ts';
import { type Entries, Mirror, type Subscriber } from './mirror.ts';
import {
  completeReflectorOptions,
  type ReflectorDeps,
  type ReflectorOptions,
  type ReflectorSettings,
} from './reflector-options.ts';
import { RetryPolicy } from './retry-policy.ts';
import { Silence } from './silence.ts';
import { readWatchChunk, type WatchNews } from './watch-line.ts';

/** A watch that lived so long was a good one: what comes after starts with a clean sheet. */
const goodWatchMs = 5000;
/** A server's limit on a watch is drawn from [300, 600] seconds, so that many clients do not come back in step. */
const watchSeconds = { min: 300, spread: 301 } as const;
/** Client errors that pages would meet as well. */
const refusalsOfAnyList: ReadonlySet<number> = new Set([401, 403, 404, 408, 410, 429]);

/** One reading of the stream: the list it starts with, as long as that is not complete. */
interface WatchSession<P> {
  initial: Entries<P> | undefined;
  openedMs: number | undefined;
}

/**
 * Mirrors a collection of the API server and never stops doing so before it is told to.
 *
 * It reads the collection as a streamed list (WatchList) that goes over into the watch; where the server refuses that, in pages, then
 * watches. Bookmarks keep the resource version young. A watch that ends goes on from the last version; a version that is too old, a line that
 * makes no sense or an error in the stream means reading anew, and what vanished meanwhile is noticed. Every failure is logged and retried
 * after a delay with jitter, capped, at least as long as the server asks; meanwhile the last known state stays readable, and
 * {@link staleMs} says how old it is.
 *
 * Keys are `namespace/name`, or `name` for cluster-scoped objects.
 */
export class Reflector<P> {
  readonly #deps: ReflectorDeps;
  readonly #log: Logger;
  readonly #settings: ReflectorSettings;
  readonly #mirror: Mirror<P>;
  readonly #retries: RetryPolicy;
  readonly #firstSync = Promise.withResolvers<void>();
  #running = false;
  #synced = false;
  #connected = false;
  /** Where a watch goes on; `undefined` means that the collection must be read anew. */
  #version: string | undefined;
  /** The last streamed list failed in a way that pages may not. */
  #pagesNext = false;
  #aliveMs = 0;

  constructor(deps: ReflectorDeps, options: ReflectorOptions<P>) {
    this.#deps = deps;
    this.#log = deps.log ?? silentLogger;
    this.#settings = completeReflectorOptions(options);
    this.#retries = new RetryPolicy(this.#settings.backoff, deps.random);
    this.#mirror = new Mirror(options.project, this.#log);
  }

  /** The collection was read once. What is here may be stale, never partial. */
  get synced(): boolean {
    return this.#synced;
  }

  /** A watch is open and shows signs of life. */
  get connected(): boolean {
    return this.#connected;
  }

  /** How many objects are kept. */
  get size(): number {
    return this.#mirror.size;
  }

  /** What is kept of an object. */
  get(key: string): P | undefined {
    return this.#mirror.get(key);
  }

  /** The keys of all objects kept. Take a copy before you await. */
  keys(): IterableIterator<string> {
    return this.#mirror.keys();
  }

  /** What is kept of all objects. Take a copy before you await. */
  values(): IterableIterator<P> {
    return this.#mirror.values();
  }

  /**
   * Calls back at each change from now on, synchronously, after the change is visible in {@link get}. What is already there is not told; what
   * the callback throws is logged. An object written anew without a change of its version is not told.
   */
  subscribe(subscriber: Subscriber<P>): Disposable {
    return this.#mirror.subscribe(subscriber);
  }

  /** Resolves once {@link synced}; rejects with the signal's reason where that aborts first. */
  async whenSynced(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (signal === undefined || this.#synced) return await this.#firstSync.promise;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#firstSync.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /**
   * How old the state may be, in ms: 0 while a watch is open and alive; else the time since the last sign of life (a line, a page);
   * `Infinity` before the first sync. A connection that died without a word counts as alive until the inactivity limit (90 s) ends it.
   */
  staleMs(): number {
    if (!this.#synced) return Infinity;
    return this.#connected ? 0 : this.#deps.clock.nowMs() - this.#aliveMs;
  }

  /** Mirrors until the signal aborts, then resolves. Whatever the world does, it does not reject. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#running) throw new Error('this reflector runs already');
    this.#running = true;
    try {
      while (!signal.aborted) {
        const delayMs = await this.#round(signal);
        if (delayMs > 0) await this.#deps.clock.sleep(delayMs, signal).catch(() => undefined);
      }
    } finally {
      this.#running = false;
    }
  }

  /** Watches once, with the list before it where one is due; gives the delay before the next time. */
  async #round(signal: AbortSignal): Promise<number> {
    const session: WatchSession<P> = { initial: undefined, openedMs: undefined };
    try {
      if (this.#version === undefined && this.#pagesNext) await this.#listPages(signal);
      await this.#watch(session, signal);
      return this.#afterEnd(session);
    } catch (error) {
      if (signal.aborted) return 0;
      return this.#afterFailure(session, error);
    } finally {
      this.#connected = false;
    }
  }

  #afterEnd(session: WatchSession<P>): number {
    this.#log.debug('watch ended', { path: this.#settings.path });
    if (this.#wasGood(session)) {
      this.#retries.succeeded();
      return 0;
    }
    return this.#retries.failed(undefined);
  }

  #afterFailure(session: WatchSession<P>, error: unknown): number {
    const failure = error instanceof KubeError ? error : undefined;
    if (this.#wasGood(session)) this.#retries.succeeded();
    if (this.#version === undefined && !this.#pagesNext && this.#mayPage(session, failure)) {
      this.#pagesNext = true;
      if (session.openedMs === undefined) {
        this.#log.debug('streamed list refused, using pages', { path: this.#settings.path, error });
        return 0;
      }
    }
    if (failure?.code === 'gone') this.#version = undefined;
    const delayMs = this.#retries.failed(failure);
    this.#deps.metrics?.failed(failure?.code ?? 'unexpected');
    this.#log.warn('list or watch failed', {
      path: this.#settings.path,
      error,
      retryMs: Math.round(delayMs),
      failures: this.#retries.failures,
    });
    return delayMs;
  }

  #wasGood({ openedMs }: WatchSession<P>): boolean {
    return openedMs !== undefined && this.#deps.clock.nowMs() - openedMs >= goodWatchMs;
  }

  /** Whether pages may do where a streamed list did not: it was refused, or it began and was never completed. */
  #mayPage(session: WatchSession<P>, failure: KubeError | undefined): boolean {
    if (session.openedMs !== undefined) return session.initial !== undefined;
    const status = failure?.status ?? 0;
    return status >= 400 && status < 500 && !refusalsOfAnyList.has(status);
  }

  async #listPages(signal: AbortSignal): Promise<void> {
    const { path, selectors, pageSize } = this.#settings;
    const entries: Entries<P> = new Map();
    let next: string | undefined;
    let version: string;
    do {
      const page = await this.#deps.client.request<unknown>({
        method: 'GET',
        path,
        query: { ...selectors, limit: pageSize, continue: next },
        signal,
      });
      const { items, metadata } = asListPage(page, `GET ${path}`);
      for (const item of items) this.#mirror.collect(entries, item);
      version = metadata.resourceVersion;
      next = metadata.continue === '' ? undefined : metadata.continue;
      this.#aliveMs = this.#deps.clock.nowMs();
    } while (next !== undefined);
    this.#pagesNext = false;
    this.#complete(entries, version, 'pages');
  }

  async #watch(session: WatchSession<P>, signal: AbortSignal): Promise<void> {
    const { path, selectors, inactivityMs, initialInactivityMs, lineBytesMax } = this.#settings;
    if (this.#version === undefined) session.initial = new Map();
    const silence = new Silence(this.#deps.clock, signal, () =>
      session.initial === undefined ? inactivityMs : initialInactivityMs,
    );
    try {
      const stream = await this.#deps.client.stream({
        path,
        query: { ...selectors, ...this.#watchQuery(session) },
        signal: silence.signal,
      });
      session.openedMs = this.#deps.clock.nowMs();
      this.#aliveMs = session.openedMs;
      this.#connected = session.initial === undefined;
      silence.broken();
      const lines = new LineSplitter(lineBytesMax);
      for await (const chunk of stream) {
        this.#aliveMs = this.#deps.clock.nowMs();
        silence.broken();
        this.#take(session, lines, chunk);
      }
    } catch (error) {
      throw silence.fault(`GET ${path}`) ?? error;
    } finally {
      silence[Symbol.dispose]();
    }
    if (session.initial !== undefined) {
      throw new KubeError('network', 'the stream ended before the list was complete');
    }
  }

  #watchQuery(session: WatchSession<P>): Readonly<Record<string, string | number | boolean>> {
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: watchSeconds.min + Math.floor(this.#deps.random() * watchSeconds.spread),
    };
    if (session.initial !== undefined || this.#version === undefined) {
      return { ...query, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
    }
    return { ...query, resourceVersion: this.#version };
  }

  #take(session: WatchSession<P>, lines: LineSplitter, chunk: Uint8Array): void {
    try {
      for (const event of readWatchChunk(lines, chunk, `GET ${this.#settings.path}`)) {
        if (session.initial === undefined) this.#apply(event);
        else this.#collect(session, session.initial, event);
      }
    } catch (error) {
      // What the stream says of itself casts doubt on what it said before: read anew.
      this.#version = undefined;
      throw error;
    }
  }

  #collect(session: WatchSession<P>, initial: Entries<P>, event: WatchNews): void {
    if (event.type === 'DELETED') {
      initial.delete(keyOf(event.object));
    } else if (event.type !== 'BOOKMARK') {
      this.#mirror.collect(initial, event.object);
    } else if (event.initialEventsEnd) {
      session.initial = undefined;
      this.#connected = true;
      this.#complete(initial, event.resourceVersion, 'stream');
    }
  }

  #apply(event: WatchNews): void {
    if (event.type === 'BOOKMARK') {
      this.#version = event.resourceVersion;
      return;
    }
    this.#version = event.object.metadata.resourceVersion;
    if (event.type === 'DELETED') this.#mirror.remove(event.object);
    else this.#mirror.put(event.object);
  }

  #complete(entries: Entries<P>, version: string, how: 'stream' | 'pages'): void {
    this.#version = version;
    this.#synced = true;
    this.#mirror.replace(entries);
    this.#firstSync.resolve();
    this.#deps.metrics?.listed(how, entries.size);
    this.#log.debug('list complete', { path: this.#settings.path, how, objects: entries.size });
  }
}
