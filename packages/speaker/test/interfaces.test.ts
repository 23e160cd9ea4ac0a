import { describe, expect, test } from 'vitest';
import {
  fitnessOf,
  scanInterfaces,
  selectInterfaces,
  type InterfaceFacts,
} from '../src/interfaces.ts';

const lan: InterfaceFacts = {
  name: 'eth0',
  ethernet: true,
  up: true,
  arp: true,
  broadcast: true,
  enslaved: false,
};

describe('an interface', () => {
  test.each<[string, Partial<InterfaceFacts>, string]>([
    ['that is up', {}, 'usable'],
    ['that is down or has no carrier', { up: false }, 'down'],
    ['that is a port of a bridge or bond', { enslaved: true }, 'enslaved'],
    ['that does no ARP', { arp: false }, 'no-arp'],
    ['that knows no broadcast', { broadcast: false }, 'no-broadcast'],
    ['that carries no Ethernet', { ethernet: false }, 'not-ethernet'],
  ])('%s is judged so', (_what, change, fitness) => {
    expect(fitnessOf({ ...lan, ...change })).toBe(fitness);
  });

  test.each([
    'docker0',
    'cbr0',
    'dummy1',
    'virbr0',
    'lxcbr0',
    'veth12ab',
    'lo',
    'cali1',
    'tunl0',
    'flannel.1',
    'kube-ipvs0',
    'cni0',
    'nodelocaldns',
    'lxc1',
  ])('called %s belongs to something else and is not even read', (name) => {
    const reader = {
      names: () => [name, 'eth0'],
      read: (asked: string) => {
        expect(asked).toBe('eth0');
        return lan;
      },
    };
    expect(scanInterfaces(reader)).toEqual([{ name: 'eth0', fitness: 'usable' }]);
  });

  test.each(['eth0', 'eno1', 'wlan0', 'br0', 'bond0', 'lo1', 'vlan.7'])(
    'called %s is one of ours',
    (name) => {
      const reader = { names: () => [name], read: () => ({ ...lan, name }) };
      expect(scanInterfaces(reader)).toEqual([{ name, fitness: 'usable' }]);
    },
  );

  test('that vanishes while it is looked at is left out', () => {
    expect(scanInterfaces({ names: () => ['eth0'], read: () => undefined })).toEqual([]);
  });
});

test('an advertisement selects all interfaces, or those that it names and that exist', () => {
  const local = [
    { name: 'eth0', fitness: 'usable' as const },
    { name: 'eth1', fitness: 'down' as const },
  ];
  expect(selectInterfaces(local, 'all')).toEqual(local);
  expect(selectInterfaces(local, ['eth1', 'eth7'])).toEqual([local[1]]);
  expect(selectInterfaces(local, ['eth7'])).toEqual([]);
});
