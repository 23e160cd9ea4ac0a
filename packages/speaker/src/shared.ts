import { KeptFew } from './kept-few.ts';

const lists = new KeptFew<readonly string[]>();
const texts = new KeptFew<string>();

/** The list itself, or an earlier one with the same texts: thousands of Services have the same nodes and interfaces, and keep one list of them. */
export function sharedList(list: readonly string[]): readonly string[] {
  return lists.get(JSON.stringify(list), () => Object.freeze(list));
}

/** The same for one text, as the name of a node: what was read from the API is a new one each time. */
export function sharedText(text: string): string {
  return texts.get(text, () => text);
}
