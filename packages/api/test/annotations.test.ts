import { describe, expect, test } from 'vitest';
import { ANNOTATION, deprecatedAnnotations, hasAnnotation, readAnnotation } from '../src/index.ts';

const POOL = ANNOTATION.ADDRESS_POOL;

describe('an annotation', () => {
  test('is read under its deprecated key where the stable one is absent', () => {
    expect(readAnnotation({ 'metallb.universe.tf/address-pool': 'old' }, POOL)).toBe('old');
    expect(
      readAnnotation(
        { 'metallb.universe.tf/address-pool': 'old', 'metallb.io/address-pool': 'new' },
        POOL,
      ),
    ).toBe('new');
  });

  test('that is present but empty hides the deprecated one, and says nothing', () => {
    const annotations = {
      'metallb.io/address-pool': '',
      'metallb.universe.tf/address-pool': 'old',
    };
    expect(readAnnotation(annotations, POOL)).toBeUndefined();
    expect(hasAnnotation(annotations, POOL)).toBe(true);
  });

  test('is absent from a Service that has none', () => {
    expect(readAnnotation(undefined, POOL)).toBeUndefined();
    expect(hasAnnotation(undefined, POOL)).toBe(false);
  });

  test('with the deprecated prefix is named, each once, in order', () => {
    expect(
      deprecatedAnnotations({
        'metallb.universe.tf/b': '1',
        other: '2',
        'metallb.universe.tf/a': '',
      }),
    ).toEqual(['metallb.universe.tf/a', 'metallb.universe.tf/b']);
  });
});
