import { KeptFew } from './kept-few.ts';

const NONE: readonly string[] = Object.freeze([]);
const lists = new KeptFew<readonly string[]>();
/** Those of one text, by it. */
const single = new KeptFew<readonly string[]>();
const texts = new KeptFew<string>();

/** The list itself, or an earlier one with the same texts: thousands of Services have the same nodes and interfaces, and keep one list of them. */
export function sharedList(list: readonly string[]): readonly string[] {
  const [first] = list;
  if (first === undefined) return NONE;
  if (list.length === 1) return single.get(first, () => Object.freeze(list));
  return lists.get(JSON.stringify(list), () => Object.freeze(list));
}

/** The same for one text, as the name of a node: what was read from the API is a new one each time. */
export function sharedText(text: string): string {
  return texts.get(text, () => text);
}
