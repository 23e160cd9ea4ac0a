import { type KubeObject, keyOf } from './kube-object.ts';
import type { Logger } from './logger.ts';

/** Told of a change: `now` is `undefined` when the object went away, `before` when it is new. */
export type Subscriber<P> = (key: string, now: P | undefined, before: P | undefined) => void;

/** What is kept of one object. Versions are compared for equality only, as the API asks. */
interface Entry<P> {
  readonly version: string | number | undefined;
  readonly value: P;
}

/** What is kept of each object, by key. */
export type Entries<P> = Map<string, Entry<P>>;

/** The mirrored collection and those who want to know of its changes. Nothing a subscriber or a projection throws gets out of here. */
export class Mirror<P> {
  readonly #project: (raw: KubeObject) => P | undefined;
  readonly #log: Logger;
  readonly #subscribers = new Set<{ readonly notify: Subscriber<P> }>();
  #entries: Entries<P> = new Map();

  constructor(project: (raw: KubeObject) => P | undefined, log: Logger) {
    this.#project = project;
    this.#log = log;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): P | undefined {
    return this.#entries.get(key)?.value;
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  *values(): Generator<P> {
    for (const entry of this.#entries.values()) yield entry.value;
  }

  subscribe(notify: Subscriber<P>): Disposable {
    const subscription = { notify };
    this.#subscribers.add(subscription);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(subscription) };
  }

  /** Takes over an object that was added or changed. */
  put(raw: KubeObject): void {
    const key = keyOf(raw);
    const before = this.#entries.get(key);
    const now = this.#entryOf(key, raw);
    if (now === before) return;
    if (now === undefined) this.#entries.delete(key);
    else this.#entries.set(key, now);
    this.#notify(key, now, before);
  }

  /** Takes over that an object went away. */
  remove(raw: KubeObject): void {
    const key = keyOf(raw);
    const before = this.#entries.get(key);
    if (this.#entries.delete(key)) this.#notify(key, undefined, before);
  }

  /** Puts an object in a collection that is still being read; {@link replace} makes it the mirrored one. */
  collect(into: Entries<P>, raw: KubeObject): void {
    const key = keyOf(raw);
    const entry = this.#entryOf(key, raw);
    if (entry === undefined) into.delete(key);
    else into.set(key, entry);
  }

  /** Swaps the whole collection at once, then tells of every difference: whoever is told sees the new state only. */
  replace(entries: Entries<P>): void {
    const old = this.#entries;
    this.#entries = entries;
    for (const [key, before] of old) if (!entries.has(key)) this.#notify(key, undefined, before);
    for (const [key, now] of entries) {
      const before = old.get(key);
      if (before !== now) this.#notify(key, now, before);
    }
  }

  /** The kept entry itself where the version is the same, or where the projection fails: the last good value is better than none. */
  #entryOf(key: string, raw: KubeObject): Entry<P> | undefined {
    const kept = this.#entries.get(key);
    const version = compactVersion(raw.metadata.resourceVersion);
    if (kept !== undefined && kept.version === version) return kept;
    try {
      const value = this.#project(raw);
      return value === undefined ? undefined : { version, value };
    } catch (error) {
      this.#log.error('projection failed', { key, error });
      return kept;
    }
  }

  #notify(key: string, now: Entry<P> | undefined, before: Entry<P> | undefined): void {
    for (const { notify } of this.#subscribers) {
      try {
        notify(key, now?.value, before?.value);
      } catch (error) {
        this.#log.error('subscriber failed', { key, error });
      }
    }
  }
}

/** The same version in less memory where that can be: a small number takes no room of its own, a text 24 bytes, and there may be thousands. */
function compactVersion(version: string | undefined): string | number | undefined {
  return version !== undefined && /^[1-9]\d{0,8}$/.test(version) ? Number(version) : version;
}
