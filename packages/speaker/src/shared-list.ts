import { KeptFew } from './kept-few.ts';

const lists = new KeptFew<readonly string[]>();

/** The list itself, or an earlier one with the same texts: thousands of Services have the same nodes and interfaces, and keep one list of them. */
export function sharedList(list: readonly string[]): readonly string[] {
  return lists.get(JSON.stringify(list), () => Object.freeze(list));
}
