/**
 * Some texts for each key, each once and in the order in which they came. Nearly every key has one: then an array takes a third of what a Set would.
 */
export class TextsByKey {
  readonly #texts = new Map<string, readonly string[]>();

  /** How many keys have any. */
  get size(): number {
    return this.#texts.size;
  }

  /** What a key has. A later change makes another array. */
  of(key: string): readonly string[] {
    return this.#texts.get(key) ?? [];
  }

  /** From now on a key has these, each of which is here once. */
  set(key: string, texts: readonly string[]): void {
    if (texts.length === 0) this.#texts.delete(key);
    else this.#texts.set(key, texts);
  }

  add(key: string, text: string): void {
    const before = this.of(key);
    if (before.length === 0) this.#texts.set(key, [text]);
    else if (!before.includes(text)) this.#texts.set(key, [...before, text]);
  }

  delete(key: string, text: string): void {
    const before = this.of(key);
    if (before.includes(text)) {
      this.set(
        key,
        before.filter((one) => one !== text),
      );
    }
  }
}
