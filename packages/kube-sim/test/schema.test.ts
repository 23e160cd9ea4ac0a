import { describe, expect, test } from 'vitest';
import { pruned, violations, withDefaults, type Schema } from '../src/schema.ts';

describe('defaults', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      on: { type: 'boolean', default: true },
      inner: { type: 'object', properties: { size: { type: 'integer', default: 1 } } },
      list: { type: 'array', items: { properties: { kind: { default: 'x' } } } },
      map: { type: 'object', additionalProperties: { properties: { kind: { default: 'y' } } } },
      maybe: { type: 'string', nullable: true, default: 'z' },
    },
  };

  test('fill in what is absent, at every depth that exists', () => {
    expect(withDefaults(schema, { inner: {}, list: [{}], map: { a: {} } })).toEqual({
      on: true,
      inner: { size: 1 },
      list: [{ kind: 'x' }],
      map: { a: { kind: 'y' } },
      maybe: 'z',
    });
  });

  test('leave what is there, and null where null is allowed', () => {
    expect(withDefaults(schema, { on: false, maybe: null })).toEqual({ on: false, maybe: null });
  });
});

describe('pruning', () => {
  test('drops what the schema does not name and says where it was', () => {
    const schema: Schema = {
      properties: {
        a: { properties: { b: {} } },
        free: { 'x-kubernetes-preserve-unknown-fields': true },
        list: { items: { properties: { c: {} } } },
      },
    };
    const unknown: string[] = [];
    const value = { a: { b: 1, x: 1 }, free: { any: 1 }, list: [{ c: 1, y: 1 }], z: 1 };
    expect(pruned(schema, value, '', unknown)).toEqual({
      a: { b: 1 },
      free: { any: 1 },
      list: [{ c: 1 }],
    });
    expect(unknown).toEqual(['a.x', 'list[0].y', 'z']);
  });
});

describe('validation', () => {
  test.each<[string, Schema, unknown, unknown]>([
    ['minimum', { type: 'integer', minimum: 1 }, 1, 0],
    ['exclusive minimum', { type: 'integer', minimum: 1, exclusiveMinimum: true }, 2, 1],
    ['maximum', { type: 'number', maximum: 1.5 }, 1.5, 1.6],
    ['exclusive maximum', { type: 'integer', maximum: 1, exclusiveMaximum: true }, 0, 1],
    ['multipleOf', { type: 'integer', multipleOf: 5 }, 10, 11],
    ['minLength', { type: 'string', minLength: 2 }, 'ab', 'a'],
    ['maxLength', { type: 'string', maxLength: 1 }, 'ä', 'ab'],
    ['pattern', { type: 'string', pattern: '^a' }, 'ab', 'ba'],
    ['format', { type: 'string', format: 'date-time' }, '2026-01-01T00:00:00Z', 'today'],
    ['enum', { enum: ['a', 1] }, 1, 'b'],
    ['minItems', { type: 'array', minItems: 1 }, [0], []],
    ['maxItems', { type: 'array', maxItems: 1 }, [0], [0, 1]],
    ['set', { type: 'array', 'x-kubernetes-list-type': 'set' }, [1, 2], [1, 1]],
    [
      'map',
      { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] },
      [{ k: 1 }, { k: 2 }],
      [
        { k: 1, v: 1 },
        { k: 1, v: 2 },
      ],
    ],
    ['minProperties', { type: 'object', minProperties: 1 }, { a: 1 }, {}],
    ['maxProperties', { type: 'object', maxProperties: 1 }, { a: 1 }, { a: 1, b: 2 }],
    ['required', { type: 'object', required: ['a'] }, { a: 1 }, { b: 1 }],
    ['additionalProperties', { additionalProperties: { type: 'string' } }, { a: 'b' }, { a: 1 }],
    ['allOf', { allOf: [{ minimum: 1 }, { maximum: 2 }] }, 2, 3],
    ['anyOf', { anyOf: [{ type: 'string' }, { type: 'boolean' }] }, true, 1],
    ['oneOf', { oneOf: [{ minimum: 2 }, { maximum: 1 }] }, 3, 1.5],
    ['not', { not: { enum: ['a'] } }, 'b', 'a'],
    ['int-or-string', { 'x-kubernetes-int-or-string': true }, 'http', true],
    ['nullable', { type: 'string', nullable: true }, null, 1],
    ['no null', { type: 'string' }, '', null],
  ])('%s', (_rule, schema, right, wrong) => {
    expect(violations(schema, right, 'f')).toEqual([]);
    expect(violations(schema, wrong, 'f')).not.toEqual([]);
  });

  test('the words are those of the real server', () => {
    const [cause] = violations({ type: 'integer', maximum: 10 }, 30, 'spec.size');
    expect(cause).toEqual({
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 30: spec.size in body should be less than or equal to 10',
      field: 'spec.size',
    });
  });
});
