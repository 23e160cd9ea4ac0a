import { parseBFDProfile } from '@picluster/api';
import { describe, expect, test } from 'vitest';
import { viewBfdProfile } from '../../src/bgp/bgp-views.ts';
import type { BfdProfileView } from '../../src/bgp/peer-plan.ts';
import { Readable, readingOf, type Reading } from '../../src/bgp/readable.ts';
import { TestCache } from '../test-cache.ts';

const read = readingOf('BFDProfile', parseBFDProfile, viewBfdProfile);
const profile = (name: string, receiveInterval: number): Reading<BfdProfileView> =>
  read(Object.assign({ metadata: { name } }, { spec: { receiveInterval } }));

describe('a mirror of objects', () => {
  test('has those that can be read, and says of the others what is wrong', () => {
    const mirror = new TestCache<Reading<BfdProfileView>>();
    const readable = new Readable(mirror);
    mirror.set('good', profile('good', 300));
    mirror.set('bad', profile('bad', 2));
    expect([...readable.keys()]).toEqual(['good']);
    expect([...readable.values()]).toEqual([
      expect.objectContaining({ name: 'good', receiveIntervalMs: 300 }),
    ]);
    expect(readable.get('bad')).toBeUndefined();
    expect(readable.problems.map(({ message }) => message)).toEqual([
      'parsing BFDProfile bad: spec.receiveInterval: must be at least 10, not 2',
    ]);
  });

  test('tells when an object can be read no more, and when one that never could changes', () => {
    const mirror = new TestCache<Reading<BfdProfileView>>();
    const told: unknown[] = [];
    using _told = new Readable(mirror).subscribe((key, now, before) =>
      told.push([key, now?.name, before?.name]),
    );
    mirror.set('a', profile('a', 300));
    mirror.set('a', profile('a', 2));
    mirror.set('a', profile('a', 3));
    mirror.set('a', undefined);
    expect(told).toEqual([
      ['a', 'a', undefined],
      ['a', undefined, 'a'],
      ['a', undefined, undefined],
      ['a', undefined, undefined],
    ]);
  });
});
