import { invalidObject, type BGPProblem, type Parsed } from '@picluster/api';
import type { KubeObject } from '@picluster/kube';
import type { Cache } from '../speaker.ts';

/** What was read of an object, or why it cannot be read. */
export type Reading<View> =
  | { readonly ok: true; readonly view: View }
  | { readonly ok: false; readonly problem: BGPProblem };

/** What a mirror keeps of objects of a kind: what `view` makes of one that `parse` can read, and of another what is wrong with it. */
export function readingOf<View>(
  kind: BGPProblem['kind'],
  parse: (raw: unknown) => Parsed<unknown>,
  view: (raw: unknown) => View | undefined,
): (raw: KubeObject) => Reading<View> {
  return (raw) => {
    const seen = view(raw);
    if (seen !== undefined) return { ok: true, view: seen };
    const parsed = parse(raw);
    const problems = parsed.ok ? [] : parsed.problems;
    return { ok: false, problem: invalidObject(kind, raw.metadata.name, problems) };
  };
}

/** The objects of a mirror that can be read; and of the others, what is wrong with them. */
export class Readable<View> implements Cache<View> {
  readonly #mirror: Cache<Reading<View>>;

  constructor(mirror: Cache<Reading<View>>) {
    this.#mirror = mirror;
  }

  /** What is wrong with those that cannot be read. */
  get problems(): readonly BGPProblem[] {
    return [...this.#mirror.values()].flatMap((each) => (each.ok ? [] : [each.problem]));
  }

  get(key: string): View | undefined {
    return viewOf(this.#mirror.get(key));
  }

  *keys(): Iterable<string> {
    for (const key of this.#mirror.keys()) if (this.get(key) !== undefined) yield key;
  }

  *values(): Iterable<View> {
    for (const each of this.#mirror.values()) if (each.ok) yield each.view;
  }

  /** Tells also of objects that cannot be read: then there is nothing now, and there may have been nothing before. */
  subscribe(
    changed: (key: string, now: View | undefined, before: View | undefined) => void,
  ): Disposable {
    return this.#mirror.subscribe((key, now, before) => changed(key, viewOf(now), viewOf(before)));
  }
}

function viewOf<View>(reading: Reading<View> | undefined): View | undefined {
  return reading?.ok === true ? reading.view : undefined;
}
