import { expect, test } from 'vitest';
import { KeptFew } from '../src/kept-few.ts';

test('what is kept under a text is made once, and anew where there were too many others', () => {
  const few = new KeptFew<{ readonly text: string }>();
  let made = 0;
  const get = (text: string): object => few.get(text, () => (made++, { text }));
  const first = get('a');
  expect(get('a')).toBe(first);
  expect(get('b')).not.toBe(first);
  expect(made).toBe(2);
  for (let at = 0; at < 1000; at++) get(`other ${at}`);
  expect(get('a')).toEqual(first);
  expect(get('a')).not.toBe(first);
});
