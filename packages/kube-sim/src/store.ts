import type { KubeObject } from './object.ts';

/** What happened to an object, in the spelling of watch events. */
type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One entry of the history. */
export interface Change {
  /** The store's version after this change. */
  readonly version: number;
  readonly type: ChangeType;
  /** Storage name, such as `services` or `ipaddresspools.metallb.io`. */
  readonly resource: string;
  readonly key: string;
  /** The object after the change; a deleted one as it last was, with the version of its deletion. */
  readonly object: KubeObject;
  /** The object before the change; absent for `ADDED`. */
  readonly previous?: KubeObject;
}

/** An object and its key. */
export interface Entry {
  readonly key: string;
  readonly object: KubeObject;
}

/** How the store is sized. */
export interface StoreOptions {
  /** How many changes are remembered; a version older than all of them has expired. */
  readonly historyLength: number;
}

/**
 * Versioned objects with a bounded history, as etcd gives them to an API server.
 *
 * One counter numbers all changes of all resources. Every version inside the history can be listed, because each change
 * remembers what it replaced; so paging needs no snapshots. Knows nothing of HTTP, kinds or time.
 */
export class Store {
  readonly #historyLength: number;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  #history: Change[] = [];
  #version = 0;
  #oldest = 0;

  constructor(options: StoreOptions) {
    this.#historyLength = options.historyLength;
  }

  /** The version after the last change. */
  get version(): number {
    return this.#version;
  }

  /** The oldest version that can still be listed or watched from. */
  get oldestVersion(): number {
    return this.#oldest;
  }

  /** The object at a key, or undefined. */
  get(resource: string, key: string): KubeObject | undefined {
    return this.#objects.get(resource)?.get(key);
  }

  /** Writes an object at a key and returns it with its new `resourceVersion`. */
  put(resource: string, key: string, object: KubeObject): KubeObject {
    const previous = this.get(resource, key);
    const version = this.#version + 1;
    const stored = stamped(object, version);
    let objects = this.#objects.get(resource);
    if (objects === undefined) this.#objects.set(resource, (objects = new Map()));
    objects.set(key, stored);
    const base = { version, resource, key, object: stored };
    this.#record(
      previous === undefined ? { ...base, type: 'ADDED' } : { ...base, type: 'MODIFIED', previous },
    );
    return stored;
  }

  /** Removes an object; returns its last state, stamped with the version of its deletion, or undefined. */
  remove(resource: string, key: string): KubeObject | undefined {
    const previous = this.get(resource, key);
    if (previous === undefined) return undefined;
    const version = this.#version + 1;
    const object = stamped(previous, version);
    this.#objects.get(resource)?.delete(key);
    this.#record({ version, type: 'DELETED', resource, key, object, previous });
    return object;
  }

  /** All objects of a resource in key order, now or as they were at `version`; undefined when that version has expired. */
  list(resource: string, version: number = this.#version): Entry[] | undefined {
    if (version < this.#oldest) return undefined;
    const objects = new Map(this.#objects.get(resource));
    for (const change of this.#history.slice(this.#indexAfter(version)).toReversed()) {
      if (change.resource !== resource) continue;
      if (change.previous === undefined) objects.delete(change.key);
      else objects.set(change.key, change.previous);
    }
    return [...objects]
      .map(([key, object]) => ({ key, object }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** The changes of a resource after `version`, oldest first; undefined when that version has expired. */
  since(resource: string, version: number): Change[] | undefined {
    if (version < this.#oldest) return undefined;
    return this.#history
      .slice(this.#indexAfter(version))
      .filter((change) => change.resource === resource);
  }

  /** Calls `listener` after each change of any resource, until disposed. */
  subscribe(listener: (change: Change) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Forgets the history, as a compaction does: every version before this one has expired. */
  compact(): void {
    this.#history = [];
    this.#oldest = this.#version;
  }

  #record(change: Change): void {
    this.#version = change.version;
    this.#history.push(change);
    this.#oldest = Math.max(this.#oldest, this.#version - this.#historyLength);
    if (this.#history.length > 2 * this.#historyLength) {
      this.#history = this.#history.slice(this.#indexAfter(this.#oldest));
    }
    for (const listener of this.#listeners) listener(change);
  }

  /** Versions have no gaps, so the place of a change follows from its version. */
  #indexAfter(version: number): number {
    const first = this.#history[0]?.version ?? this.#version + 1;
    return Math.max(0, version + 1 - first);
  }
}

function stamped(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}
