import { createMergePatch, type JsonValue } from '@picluster/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** RFC 7386 §2, as it stands there. */
function apply(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result = new Map<string, unknown>(isObject ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, apply(result.get(key), value));
  }
  return Object.fromEntries(result);
}

/** JSON objects without null inside objects, which a merge patch cannot store. */
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ maxLength: 2 }),
    fc.integer({ max: 3 }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'toString'), tie('value'), {
      noNullPrototype: true,
    }),
  ),
}));
const record = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'toString'), value, {
  noNullPrototype: true,
});

describe('createMergePatch', () => {
  it('changes what differs, deletes what is gone, leaves the rest alone', () => {
    const before = {
      ingress: [{ ip: '10.0.0.1' }],
      conditions: { ready: true, old: 1 },
      same: { x: [1, { y: 2 }] },
    };
    const after = { ingress: [], conditions: { ready: false }, same: { x: [1, { y: 2 }] } };
    expect(createMergePatch(before, after)).toEqual({
      ingress: [],
      conditions: { ready: false, old: null },
    });
  });

  it('is undefined where nothing differs, absent and undefined being the same', () => {
    expect(createMergePatch({ a: { b: [] } }, { a: { b: [] }, c: undefined })).toBeUndefined();
  });

  it('turns any object into any other when applied', () => {
    fc.assert(
      fc.property(record, record, (before, after) => {
        const patch = createMergePatch(before, after);
        expect(patch === undefined ? before : apply(before, patch)).toEqual(after);
      }),
    );
  });

  it('is undefined exactly where the two are equal', () => {
    fc.assert(
      fc.property(record, record, (before, after) => {
        const equal = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
        expect(createMergePatch(before, after) === undefined).toBe(equal);
      }),
    );
  });
});

function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).map(([key, item]) => [key, sorted(item)] as const);
  return entries.toSorted(([one], [other]) => (one < other ? -1 : 1));
}
