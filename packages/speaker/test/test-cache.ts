import type { Cache } from '../src/speaker.ts';

/** A cache in the hands of the test. */
export class TestCache<T> implements Cache<T> {
  readonly #values = new Map<string, T>();
  readonly #subscribers = new Set<
    (key: string, now: T | undefined, before: T | undefined) => void
  >();
  get = (key: string): T | undefined => this.#values.get(key);
  keys = (): Iterable<string> => this.#values.keys();
  values = (): Iterable<T> => this.#values.values();
  subscribe(changed: (key: string, now: T | undefined, before: T | undefined) => void): Disposable {
    this.#subscribers.add(changed);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(changed) };
  }
  set(key: string, now: T | undefined): void {
    const before = this.#values.get(key);
    if (now === undefined) this.#values.delete(key);
    else this.#values.set(key, now);
    for (const changed of this.#subscribers) changed(key, now, before);
  }
}
