import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressPlan, type Want } from '../src/address-plan.ts';

const want = (
  addresses: string[],
  interfaces: string[] = ['eth0'],
  candidates: string[] = ['n1'],
  preferred: string[] = [],
): Want => ({
  addresses: addresses.map((address) => ({ address, interfaces })),
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

  test('puts the addresses of a Service beside its first one, IPv4 before IPv6, in whatever order they are named', () => {
    const plan = new AddressPlan();
    plan.set('a', want(['2001:db8::1', '10.0.0.1']));
    expect(plan.claim('10.0.0.1')?.standing.beside).toBeUndefined();
    expect(plan.claim('2001:db8::1')?.standing.beside).toBe('10.0.0.1');
    plan.set('a', want(['2001:db8::1']));
    expect(plan.claim('2001:db8::1')?.standing.beside).toBeUndefined();
  });

  test('puts together what is shared, and touches all of it when that begins or ends', () => {
    const plan = new AddressPlan();
    plan.set('a', want(['10.0.0.2', '2001:db8::2']));
    plan.set('b', want(['10.0.0.1', '2001:db8::1']));
    const all = ['10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2'];
    expect(plan.set('c', want(['10.0.0.2', '2001:db8::1']))).toEqual(all);
    expect(all.map((address) => plan.claim(address)?.standing.beside)).toEqual([
      undefined,
      '10.0.0.1',
      '10.0.0.1',
      '10.0.0.1',
    ]);
    expect(plan.set('c', undefined)).toEqual(all);
    expect(all.map((address) => plan.claim(address)?.standing.beside)).toEqual([
      undefined,
      undefined,
      '10.0.0.1',
      '10.0.0.2',
    ]);
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
          const wants = [...model].filter(([, one]) => has(one, address));
          expect(plan.claim(address)?.services ?? []).toEqual(
            wants.map(([service]) => service).sort(),
          );
          const unit = unitOf(address, [...model.values()]);
          const lead = unit[0] === address || wants.length === 0 ? undefined : unit[0];
          expect(plan.claim(address)?.standing.beside).toBe(lead);
          expect(plan.claim(address)?.standing.interfaces ?? []).toEqual(
            [...new Set(wants.flatMap(([, one]) => interfacesOf(one, address)))].sort(),
          );
        }
      }),
    );
  });
});

function has({ addresses }: Want, address: string): boolean {
  return addresses.some((one) => one.address === address);
}

function interfacesOf({ addresses }: Want, address: string): readonly string[] {
  return addresses.find((one) => one.address === address)?.interfaces ?? [];
}

/** All addresses that hang together with one, by joining what has something in common until nothing is left to join. */
function unitOf(address: string, wants: readonly Want[]): string[] {
  let unit = [address];
  for (;;) {
    const joined = wants.filter((one) => unit.some((each) => has(one, each)));
    const wider = new Set(unit);
    for (const { addresses } of joined) for (const one of addresses) wider.add(one.address);
    if (wider.size === unit.length) return unit.sort();
    unit = [...wider];
  }
}
