import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMUNITY_PATTERN } from '../src/community-value.ts';
import { parseCommunityValue } from '../src/index.ts';

describe('a community that is written out', () => {
  test.each([
    ['65000:100', { kind: 'standard', text: '65000:100' }],
    ['00001:002', { kind: 'standard', text: '1:2' }],
    ['65535:65535', { kind: 'standard', text: '65535:65535' }],
    ['large:4294967295:0:07', { kind: 'large', text: '4294967295:0:7' }],
  ])('"%s" is read', (text, value) => {
    expect(parseCommunityValue(text)).toEqual(value);
  });

  test.each([
    '',
    '1',
    '1:',
    ':1',
    '1:65536',
    '1:2:3',
    '1:2:3:4',
    'large:1:2',
    'large:1:2:4294967296',
  ])('"%s" is none', (text) => {
    expect(parseCommunityValue(text)).toBeUndefined();
  });

  test('of two numbers is one to the API server exactly if it is one to us', () => {
    const pattern = new RegExp(COMMUNITY_PATTERN);
    const half = fc.integer({ min: 0, max: 99_999 }).map(String);
    fc.assert(
      fc.property(fc.constantFrom('', '0', '00'), half, half, (zeros, one, other) => {
        const text = `${zeros}${one}:${other}`;
        expect(pattern.test(text)).toBe(parseCommunityValue(text) !== undefined);
      }),
    );
  });
});
