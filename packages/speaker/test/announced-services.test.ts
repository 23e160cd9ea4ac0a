import fc from 'fast-check';
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

test('agrees with a list of all that was said last, whatever was said in which order', () => {
  const step = fc.tuple(
    fc.constantFrom('10.0.0.1', '10.0.0.2', '::1'),
    fc.subarray(['a', 'b', 'c']),
    fc.subarray(['eth0', 'eth1'], { minLength: 1 }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const announced = new AnnouncedServices();
      const model = new Map<string, { services: readonly string[]; where: readonly string[] }>();
      for (const [address, services, where] of steps) {
        const before = model.get(address)?.services ?? [];
        const { added, removed } = announced.set(address, services, where);
        expect(added).toEqual(services.filter((each) => !before.includes(each)));
        expect(removed).toEqual(before.filter((each) => !services.includes(each)));
        model.set(address, { services, where });
        const all = [...model].flatMap(([one, said]) => said.services.map((each) => [each, one]));
        expect([...announced.list()].map(String).sort()).toEqual(all.map(String).sort());
        for (const service of ['a', 'b', 'c']) {
          const places = [...model.values()].filter((said) => said.services.includes(service));
          const expected = [...new Set(places.flatMap((said) => said.where))].sort();
          expect(announced.whereIs(service) ?? []).toEqual(expected);
        }
      }
    }),
  );
});
