import { expect, test } from 'vitest';
import { sharedList } from '../src/shared.ts';

test('lists with the same texts in the same order are one list, which cannot be changed', () => {
  const one = sharedList(['eth0', 'eth1']);
  expect(sharedList(['eth0', 'eth1'])).toBe(one);
  expect(sharedList(['eth1', 'eth0'])).toEqual(['eth1', 'eth0']);
  expect([sharedList([]), sharedList([''])]).toEqual([[], ['']]);
  expect(() => (one as string[]).push('eth2')).toThrow(TypeError);
});

test('so many different lists as there may be at once change nothing of what is given', () => {
  for (let number = 0; number < 1000; number++) {
    expect(sharedList([`n${number}`])).toEqual([`n${number}`]);
  }
});
