/** Anything JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/**
 * The smallest JSON merge patch (RFC 7386) that turns `before` into `after`; `undefined` where they are equal, so that nothing need be sent.
 *
 * A key that `after` lacks (or has as `undefined`) is deleted with `null`; arrays are replaced whole. A merge patch cannot store a `null`:
 * it means absent.
 */
export function createMergePatch(before: JsonValue, after: JsonValue): JsonValue | undefined {
  if (!isRecord(before) || !isRecord(after)) return sameJson(before, after) ? undefined : after;
  const patch: [string, JsonValue][] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const was = own(before, key);
    const now = own(after, key);
    if (now === null) {
      if (was !== null) patch.push([key, null]);
      continue;
    }
    const change = createMergePatch(was, now);
    if (change !== undefined) patch.push([key, change]);
  }
  return patch.length === 0 ? undefined : Object.fromEntries(patch);
}

type JsonRecord = { readonly [key: string]: JsonValue | undefined };

function own(record: JsonRecord, key: string): JsonValue {
  return (Object.hasOwn(record, key) ? record[key] : undefined) ?? null;
}

function isRecord(value: JsonValue): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sameJson(one: JsonValue, other: JsonValue): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => sameJson(item, other[at]));
  }
  if (isRecord(one) && isRecord(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => sameJson(own(one, key), own(other, key)));
  }
  return one === other;
}
