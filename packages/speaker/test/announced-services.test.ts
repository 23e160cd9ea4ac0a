import { expect, test } from 'vitest';
import { AnnouncedServices } from '../src/announced-services.ts';

const ETH0 = ['eth0'];

test('a Service begins once, with the first of its addresses, and again only after the last was withdrawn', () => {
  const announced = new AnnouncedServices();
  expect(announced.set('10.0.0.1', ['web'], ETH0)).toMatchObject({
    added: ['web'],
    removed: [],
    begun: ['web'],
  });
  const again = { added: ['web'], removed: [], begun: [] };
  expect(announced.set('::1', ['web'], ETH0)).toMatchObject(again);
  expect(announced.set('::1', ['web'], ETH0)).toEqual({
    added: [],
    removed: [],
    begun: [],
    touched: [],
  });
  const gone = { added: [], removed: ['web'], begun: [] };
  expect(announced.set('10.0.0.1', [], [])).toMatchObject(gone);
  expect(announced.size).toBe(1);
  expect(announced.set('::1', [], [])).toMatchObject(gone);
  expect(announced.size).toBe(0);
  expect(announced.set('::1', ['web'], ETH0).begun).toEqual(['web']);
});

test('a Service that comes to share an announced address begins too', () => {
  const announced = new AnnouncedServices();
  announced.set('10.0.0.1', ['a'], ETH0);
  expect(announced.set('10.0.0.1', ['a', 'b'], ETH0)).toEqual({
    added: ['b'],
    removed: [],
    begun: ['b'],
    touched: ['b'],
  });
});

test('a Service is where any of its addresses is, and is touched by each change of that', () => {
  const announced = new AnnouncedServices();
  expect(announced.whereIs('a')).toBeUndefined();
  announced.set('10.0.0.1', ['a', 'b'], ['eth1']);
  announced.set('::1', ['a'], ['eth0', 'eth1']);
  expect([announced.whereIs('a'), announced.whereIs('b')]).toEqual([['eth0', 'eth1'], ['eth1']]);
  expect(announced.set('10.0.0.1', ['a'], ['eth2']).touched).toEqual(['b', 'a']);
  expect([announced.whereIs('a'), announced.whereIs('b')]).toEqual([
    ['eth0', 'eth1', 'eth2'],
    undefined,
  ]);
});
