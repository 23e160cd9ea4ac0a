import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressPlan, type Want } from '../src/address-plan.ts';

const want = (
  addresses: string[],
  interfaces: string[] = ['eth0'],
  candidates: string[] = ['n1'],
  preferred: string[] = [],
): Want => ({
  addresses: new Map(addresses.map((address) => [address, interfaces])),
  candidates,
  preferred,
});

describe('the plan', () => {
  test('stands for an address while any Service wants it, on all interfaces and with all nodes of these', () => {
    const plan = new AddressPlan();
    plan.set('a', want(['10.0.0.1'], ['eth0', 'eth2'], ['n3', 'n1']));
    plan.set('b', want(['10.0.0.1'], ['eth1'], ['n1', 'n2'], ['n2']));
    expect(plan.claim('10.0.0.1')).toEqual({
      services: ['a', 'b'],
      standing: {
        interfaces: ['eth0', 'eth1', 'eth2'],
        candidates: ['n3', 'n1', 'n2'],
        preferred: ['n2'],
      },
    });
    plan.set('b', undefined);
    expect(plan.claim('10.0.0.1')).toEqual({
      services: ['a'],
      standing: { interfaces: ['eth0', 'eth2'], candidates: ['n3', 'n1'], preferred: [] },
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
      fc.subarray(['eth0', 'eth1', 'eth2']),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const plan = new AddressPlan();
        const model = new Map<string, Want>();
        for (const [service, addresses, interfaces] of steps) {
          const wanted = addresses === null ? undefined : want(addresses, interfaces);
          plan.set(service, wanted);
          if (wanted === undefined) model.delete(service);
          else model.set(service, wanted);
        }
        for (const address of ['1', '2', '3']) {
          const wants = [...model].filter(([, one]) => one.addresses.has(address));
          expect(plan.claim(address)?.services ?? []).toEqual(
            wants.map(([service]) => service).sort(),
          );
          expect(plan.claim(address)?.standing.interfaces ?? []).toEqual(
            [...new Set(wants.flatMap(([, one]) => one.addresses.get(address) ?? []))].sort(),
          );
        }
      }),
    );
  });
});
