/** So many are kept at once; where there are more, it begins anew. */
const KEPT_MAX = 256;

/** Values by a text that tells each of them from all others: thousands have one in common, and few differ. */
export class KeptFew<Value extends object | string> {
  readonly #kept = new Map<string, Value>();

  /** What is kept under this text; else what `make` makes, from now on. */
  get(text: string, make: () => Value): Value {
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    const made = make();
    this.#kept.set(text, made);
    return made;
  }
}
