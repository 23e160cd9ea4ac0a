const NONE: readonly string[] = [];

/**
 * Some texts for each key, each once and in the order in which they came. Nearly every key has one: that is kept as it is, where a list of one would take
 * 56 bytes more, and a Set four times as many.
 */
export class TextsByKey {
  readonly #texts = new Map<string, string | readonly string[]>();

  /** How many keys have any. */
  get size(): number {
    return this.#texts.size;
  }

  /** What a key has. A later change makes another array. */
  of(key: string): readonly string[] {
    const texts = this.#texts.get(key) ?? NONE;
    return typeof texts === 'string' ? [texts] : texts;
  }

  *entries(): Generator<readonly [key: string, texts: readonly string[]]> {
    for (const key of this.#texts.keys()) yield [key, this.of(key)];
  }

  /** From now on a key has these, each of which is here once. */
  set(key: string, texts: readonly string[]): void {
    const [first] = texts;
    if (first === undefined) this.#texts.delete(key);
    else this.#texts.set(key, texts.length === 1 ? first : texts);
  }

  add(key: string, text: string): void {
    const before = this.of(key);
    if (!before.includes(text)) this.set(key, [...before, text]);
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
