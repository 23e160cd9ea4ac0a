import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextsByKey } from '../src/texts-by-key.ts';

test('a key has each text once and in the order in which they came, as a Map of Sets would say, whatever is added and taken away', () => {
  const word = fc.constantFrom('a', 'b', 'c');
  const step = fc.record({ what: fc.constantFrom('add', 'delete', 'set'), key: word, text: word });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const texts = new TextsByKey();
      const model = new Map<string, Set<string>>();
      for (const { what, key, text } of steps) {
        const before = what === 'set' ? [] : [...(model.get(key) ?? [])];
        const now = new Set(before);
        if (what === 'delete') now.delete(text);
        else now.add(text);
        model.set(key, now);
        if (what === 'set') texts.set(key, [text]);
        else if (what === 'add') texts.add(key, text);
        else texts.delete(key, text);
        expect(texts.of(key)).toEqual([...now]);
      }
      for (const [key, now] of model) expect(texts.of(key)).toEqual([...now]);
      expect(texts.size).toBe([...model.values()].filter(({ size }) => size > 0).length);
    }),
  );
});

test('what was given stays as it was, and no text for a key is no key', () => {
  const texts = new TextsByKey();
  texts.add('key', 'one');
  const before = texts.of('key');
  texts.add('key', 'two');
  texts.delete('key', 'one');
  expect(before).toEqual(['one']);
  texts.set('key', []);
  expect([texts.of('key'), texts.size]).toEqual([[], 0]);
});
