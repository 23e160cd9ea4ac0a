/** So many lists are known at once; where there are more, it begins anew. */
const LISTS_MAX = 256;

const lists = new Map<string, readonly string[]>();

/** The list itself, or an earlier one with the same texts: thousands of Services have the same nodes and interfaces, and keep one list of them. */
export function sharedList(list: readonly string[]): readonly string[] {
  const key = list.join('\n');
  const known = lists.get(key);
  if (known?.length === list.length) return known;
  if (lists.size >= LISTS_MAX) lists.clear();
  lists.set(key, Object.freeze(list));
  return list;
}
