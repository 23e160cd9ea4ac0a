import { describe, expect, test } from 'vitest';
import { matchesAnySelector, matchesSelector, type LabelSelector } from '../src/index.ts';

const labels = { app: 'web', tier: 'front' };

describe('a label selector', () => {
  test.each<[string, LabelSelector, boolean]>([
    ['selects everything when empty', {}, true],
    ['wants every label to have its value', { matchLabels: { app: 'web', tier: 'front' } }, true],
    ['refuses another value', { matchLabels: { app: 'db' } }, false],
    ['refuses a label that is missing', { matchLabels: { zone: 'a' } }, false],
    [
      'In takes one of its values',
      { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] },
      true,
    ],
    [
      'In refuses a missing key',
      { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] },
      false,
    ],
    [
      'NotIn refuses its values',
      { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
      false,
    ],
    [
      'NotIn takes a missing key',
      { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
      true,
    ],
    [
      'Exists asks for the key alone',
      { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
      true,
    ],
    [
      'DoesNotExist refuses the key',
      { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] },
      false,
    ],
    [
      'is not fooled by names that every object has',
      { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] },
      false,
    ],
    [
      'needs labels and expressions both',
      {
        matchLabels: { app: 'web' },
        matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }],
      },
      false,
    ],
  ])('%s', (_rule, selector, expected) => expect(matchesSelector(selector, labels)).toBe(expected));

  test('of several one is enough, and none selects nothing', () => {
    expect(
      matchesAnySelector([{ matchLabels: { app: 'db' } }, { matchLabels: { app: 'web' } }], labels),
    ).toBe(true);
    expect(matchesAnySelector([], labels)).toBe(false);
  });
});
