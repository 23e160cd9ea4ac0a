import { expect, test } from 'vitest';
import { AnnouncedServices } from '../src/announced-services.ts';

test('a Service begins once, with the first of its addresses, and again only after the last was withdrawn', () => {
  const announced = new AnnouncedServices();
  expect(announced.set('10.0.0.1', ['web'])).toEqual({
    added: ['web'],
    removed: [],
    begun: ['web'],
  });
  expect(announced.set('::1', ['web'])).toEqual({ added: ['web'], removed: [], begun: [] });
  expect(announced.set('::1', ['web'])).toEqual({ added: [], removed: [], begun: [] });
  expect(announced.set('10.0.0.1', [])).toEqual({ added: [], removed: ['web'], begun: [] });
  expect(announced.size).toBe(1);
  expect(announced.set('::1', [])).toEqual({ added: [], removed: ['web'], begun: [] });
  expect(announced.size).toBe(0);
  expect(announced.set('::1', ['web']).begun).toEqual(['web']);
});

test('a Service that comes to share an announced address begins too', () => {
  const announced = new AnnouncedServices();
  announced.set('10.0.0.1', ['a']);
  expect(announced.set('10.0.0.1', ['a', 'b'])).toEqual({
    added: ['b'],
    removed: [],
    begun: ['b'],
  });
});
