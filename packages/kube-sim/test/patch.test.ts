import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sameJson } from '../src/object.ts';
import { jsonPatch, mergePatch } from '../src/patch.ts';

describe('a merge patch', () => {
  // The table of RFC 7386, appendix A.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('turns %j by %j into %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  test('never changes its target', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = JSON.stringify(target);
        mergePatch(target, patch);
        expect(JSON.stringify(target)).toBe(before);
      }),
    );
  });
});

describe('a JSON patch', () => {
  test.each([
    [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [{ a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    [{ a: 1 }, [{ op: 'replace', path: '/a', value: 2 }], { a: 2 }],
    [{ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    [{ a: { c: 1 } }, [{ op: 'copy', from: '/a', path: '/b' }], { a: { c: 1 }, b: { c: 1 } }],
    [{ 'x/y': 1, '~': 2 }, [{ op: 'test', path: '/x~1y', value: 1 }], { 'x/y': 1, '~': 2 }],
    [{ a: 1 }, [{ op: 'replace', path: '', value: [] }], []],
  ])('turns %j by %j into %j', (target, patch, expected) => {
    expect(jsonPatch(target, patch)).toEqual(expected);
  });

  test.each([
    ['a test that fails', [{ op: 'test', path: '/a', value: 2 }]],
    ['a path that is not there', [{ op: 'remove', path: '/b' }]],
    ['an index past the end', [{ op: 'add', path: '/list/2', value: 0 }]],
    ['an operation nobody knows', [{ op: 'increment', path: '/a' }]],
    ['a path without a slash', [{ op: 'add', path: 'a', value: 0 }]],
    ['no list at all', { op: 'remove', path: '/a' }],
  ])('refuses %s with a 422 and leaves the target alone', (_case, patch) => {
    const target = { a: 1, list: [0] };
    expect(() => jsonPatch(target, patch)).toThrow(
      expect.objectContaining({ body: expect.objectContaining({ code: 422 }) }),
    );
    expect(target).toEqual({ a: 1, list: [0] });
  });
});

test('two JSON values are the same whatever the order of their keys', () => {
  expect(sameJson({ a: 1, b: [{ c: 1 }] }, { b: [{ c: 1 }], a: 1 })).toBe(true);
  expect(sameJson({ a: 1 }, { a: 1, b: undefined })).toBe(true);
  expect(sameJson({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
  expect(sameJson({ a: 1 }, { a: 1, b: null })).toBe(false);
});
