import { expect, test } from 'vitest';
import { hmac } from '../src/hmac.ts';
import { rehearse } from '../src/rehearsal.ts';

test('the rehearsal goes as far as the answers of the successors, and of nobody else', () => {
  expect(rehearse(hmac)).toBe(2);
});
