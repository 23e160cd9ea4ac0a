import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../src/api-error.ts';
import type { KubeObject } from '../src/object.ts';
import { fieldSelector, labelSelector } from '../src/selectors.ts';

function labelled(labels: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x', labels } };
}

describe('a label selector', () => {
  test.each([
    ['', {}, true],
    ['a=1', { a: '1' }, true],
    ['a==1', { a: '2' }, false],
    ['a!=1', {}, true],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['a in (1, 2)', { a: '2' }, true],
    ['a notin (1,2)', { a: '2' }, false],
    ['a notin (1,2)', {}, true],
    ['a=', { a: '' }, true],
    ['x.io/a-b=c.d_e, b', { 'x.io/a-b': 'c.d_e', b: '1' }, true],
    ['a in (1),b!=2,!c', { a: '1', b: '3' }, true],
    ['a in (1),b!=2,!c', { a: '1', b: '3', c: '' }, false],
  ])('%j on %j is %s', (text, labels, expected) => {
    expect(labelSelector(text)(labelled(labels))).toBe(expected);
  });

  test('is refused as a 400 or understood, whatever the text', () => {
    const letters = Array.from('ab1=!,() in');
    const codeOf = (text: string): number => {
      try {
        labelSelector(text)(labelled({ a: '1' }));
        return 200;
      } catch (error) {
        return error instanceof ApiError ? error.body.code : 500;
      }
    };
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...letters) }), (text) => {
        expect([200, 400]).toContain(codeOf(text));
      }),
    );
  });
});

describe('a field selector', () => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { nodeName: 'n1', ready: true },
  };
  const allowed = ['metadata.name', 'spec.nodeName', 'spec.ready', 'status.phase'];

  test.each([
    ['metadata.name=p', true],
    ['metadata.name!=p', false],
    ['spec.nodeName==n1,metadata.name=p', true],
    ['spec.ready=true', true],
    ['status.phase=', true],
    ['status.phase!=Failed', true],
  ])('%j is %s', (text, expected) => {
    expect(fieldSelector(text, allowed)(object)).toBe(expected);
  });

  test.each(['spec.other=1', 'metadata.name', '=x'])('%j is a 400', (text) => {
    expect(() => fieldSelector(text, allowed)).toThrow(ApiError);
  });
});
