/** The labels of a series: each of its metric's names with a text. */
export type Labels = Readonly<Record<string, string>>;

/** What a scrape shows of one series. */
export interface Sample {
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** Between the labels of a series: no text of ours has it. */
const BETWEEN = '\0';

/**
 * The values of one metric, by labels. There may be thousands of them, and a scrape once in a minute: so a series is kept as one text and a number, and its
 * labels are made when they are asked for.
 */
export class Series {
  readonly #names: readonly string[];
  readonly #values = new Map<string, number>();

  /** A metric without labels is 0 from the start; others have no series yet. */
  constructor(labelNames: readonly string[]) {
    this.#names = labelNames;
    if (labelNames.length === 0) this.set({}, 0);
  }

  set(labels: Labels, value: number): void {
    this.#values.set(this.#keyOf(labels), value);
  }

  add(labels: Labels, by: number): void {
    const key = this.#keyOf(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  remove(labels: Labels): void {
    this.#values.delete(this.#keyOf(labels));
  }

  /** In the order in which they came; labels without a text are left out, which means the same. */
  list(): Sample[] {
    return Array.from(this.#values, ([key, value]) => ({ labels: this.#labelsOf(key), value }));
  }

  /** Throws where a label is not one of the metric's. */
  #keyOf(labels: Labels): string {
    for (const name of Object.keys(labels)) {
      if (!this.#names.includes(name)) throw new Error(`no label of this metric: ${name}`);
    }
    const [first = ''] = this.#names;
    // The text itself where there is one label: mostly somebody else keeps it, too.
    if (this.#names.length === 1) return labels[first] ?? '';
    return this.#names.map((name) => labels[name] ?? '').join(BETWEEN);
  }

  #labelsOf(key: string): Record<string, string> {
    const texts = this.#names.length === 1 ? [key] : key.split(BETWEEN);
    const labels = this.#names.map((name, index) => [name, texts[index] ?? ''] as const);
    return Object.fromEntries(labels.filter(([, text]) => text !== ''));
  }
}
