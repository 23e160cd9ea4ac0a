import { expect, test } from 'vitest';
import { RefusedServices } from '../src/refused-services.ts';

function start(): { services: RefusedServices; shown: Map<string, number> } {
  const shown = new Map<string, number>();
  const services = new RefusedServices({
    refused: (reason, count) => {
      if (count === 0) shown.delete(reason);
      else shown.set(reason, count);
    },
  });
  return { services, shown };
}

test('a Service counts under the reason that it was told last, and no more when it has what it wants', () => {
  const { services, shown } = start();
  services.set('default/web', 'PoolFull');
  services.set('default/mail', 'PoolFull');
  services.set('default/web', 'PoolFull');
  expect([...shown]).toEqual([['PoolFull', 2]]);
  services.set('default/web', 'InUse');
  expect([...shown]).toEqual([
    ['PoolFull', 1],
    ['InUse', 1],
  ]);
  services.set('default/mail', undefined);
  services.set('default/new', undefined);
  expect([...shown]).toEqual([['InUse', 1]]);
});

test('who leads no longer refuses nothing', () => {
  const { services, shown } = start();
  services.set('default/web', 'PoolFull');
  services.set('default/mail', 'InUse');
  services[Symbol.dispose]();
  expect(shown.size).toBe(0);
});
