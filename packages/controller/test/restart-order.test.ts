import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ServiceParts } from './fixtures.ts';
import { World } from './world.ts';

const addresses = ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.1.0', '9.9.9.9'];
const services = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    day: fc.integer({ min: 1, max: 3 }),
    shows: fc.option(fc.constantFrom(...addresses), { nil: undefined }),
    asks: fc.option(fc.constantFrom(...addresses), { nil: undefined, freq: 5 }),
    key: fc.constantFrom('', '', 'k'),
    port: fc.constantFrom(80, 443),
  }),
  { selector: ({ name }) => name, maxLength: 7 },
);
type Drawn = (typeof services extends fc.Arbitrary<infer T> ? T : never)[number];

function partsOf({ name, day, shows, asks, key, port }: Drawn): ServiceParts {
  return {
    name,
    createdAt: `2026-01-0${day}T00:00:00Z`,
    annotations: key === '' ? {} : { 'metallb.io/allow-shared-ip': key },
    ingress: shows === undefined ? [] : [shows],
    spec: {
      ports: [{ protocol: 'TCP', port }],
      ...(asks === undefined ? {} : { loadBalancerIP: asks }),
    },
  };
}

/** A controller that starts over these Services and comes to rest: what each shows. */
async function atRest(drawn: readonly Drawn[]): Promise<Record<string, string>> {
  const world = new World();
  world.pool('p', '10.0.0.0-10.0.0.2');
  world.pool('q', '10.0.1.0/32');
  for (const each of drawn) world.service(partsOf(each));
  world.controller.start();
  for (let round = 0; round < 4; round++) {
    await world.settle();
    await world.catchUp();
  }
  return world.shown();
}

test('a controller that starts anew comes to the same result in whatever order it reads the Services', async () => {
  await fc.assert(
    fc.asyncProperty(
      services.chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
        ),
      ),
      async ([all, shuffled]) => {
        const one = await atRest(all);
        const other = await atRest(shuffled);
        expect(other).toEqual(one);
      },
    ),
    { numRuns: 200 },
  );
});

test('at rest no address has two Services unless they share a key, and on different ports', async () => {
  await fc.assert(
    fc.asyncProperty(services, async (all) => {
      const shown = await atRest(all);
      for (const [at, one] of all.entries()) {
        for (const other of all.slice(at + 1)) {
          const address = shown[one.name];
          if (address === '' || address !== shown[other.name]) continue;
          expect(one.key).toBe('k');
          expect(other.key).toBe('k');
          expect(one.port).not.toBe(other.port);
        }
      }
    }),
    { numRuns: 200 },
  );
});
