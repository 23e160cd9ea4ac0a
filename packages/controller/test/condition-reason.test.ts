import { expect, test } from 'vitest';
import { reasonOf } from '../src/condition-reason.ts';

test('a code becomes a reason in CamelCase', () => {
  expect(['pool-full', 'no-pools', 'address-in-use'].map(reasonOf)).toEqual([
    'PoolFull',
    'NoPools',
    'AddressInUse',
  ]);
});
