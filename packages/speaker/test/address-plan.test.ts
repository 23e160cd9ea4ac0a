import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressPlan, type Want } from '../src/address-plan.ts';

const want = (addresses: string[], rank: number = 0, interfaces: string[] = ['eth0']): Want => ({
  addresses,
  rank,
  interfaces,
});

describe('the plan', () => {
  test('stands for an address while any Service wants it, with the best rank and all interfaces', () => {
    const plan = new AddressPlan();
    plan.set('a', want(['10.0.0.1'], 2, ['eth0', 'eth2']));
    plan.set('b', want(['10.0.0.1'], 1, ['eth1']));
    expect(plan.claim('10.0.0.1')).toEqual({
      services: ['a', 'b'],
      rank: 1,
      interfaces: ['eth0', 'eth1', 'eth2'],
    });
    plan.set('b', undefined);
    expect(plan.claim('10.0.0.1')).toEqual({
      services: ['a'],
      rank: 2,
      interfaces: ['eth0', 'eth2'],
    });
    plan.set('a', undefined);
    expect(plan.claim('10.0.0.1')).toBeUndefined();
  });

  test('names the addresses that a change touches, old and new, each once', () => {
    const plan = new AddressPlan();
    expect(plan.set('a', want(['1', '2']))).toEqual(['1', '2']);
    expect(plan.set('a', want(['2', '3']))).toEqual(['1', '2', '3']);
    expect(plan.set('a', undefined)).toEqual(['2', '3']);
    expect(plan.set('a', undefined)).toEqual([]);
  });

  test('agrees with a list of all wants, whatever was set in which order', () => {
    const step = fc.tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.option(fc.uniqueArray(fc.constantFrom('1', '2', '3'), { maxLength: 2 })),
      fc.nat(3),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const plan = new AddressPlan();
        const model = new Map<string, Want>();
        for (const [service, addresses, rank] of steps) {
          const wanted = addresses === null ? undefined : want(addresses, rank);
          plan.set(service, wanted);
          if (wanted === undefined) model.delete(service);
          else model.set(service, wanted);
        }
        for (const address of ['1', '2', '3']) {
          const wants = [...model].filter(([, one]) => one.addresses.includes(address));
          expect(plan.claim(address)?.services ?? []).toEqual(
            wants.map(([service]) => service).sort(),
          );
          expect(plan.claim(address)?.rank).toBe(
            wants.length === 0 ? undefined : Math.min(...wants.map(([, one]) => one.rank)),
          );
        }
      }),
    );
  });
});
