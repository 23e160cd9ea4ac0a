import { describe, expect, test } from 'vitest';
import {
  fitnessOf,
  interfacesFor,
  scanInterfaces,
  selectInterfaces,
  type InterfaceFacts,
  type LocalInterface,
} from '../src/interfaces.ts';

const lan: InterfaceFacts = {
  name: 'eth0',
  ethernet: true,
  up: true,
  arp: true,
  broadcast: true,
  enslaved: false,
  networks: [],
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

test('an interface is in the networks of its addresses, each once', () => {
  const networks = ['fd00::5/64', '192.168.1.5/24', 'fd00::6/64', '192.168.1.6/24'];
  expect(scanInterfaces({ names: () => ['eth0'], read: () => ({ ...lan, networks }) })).toEqual([
    { name: 'eth0', fitness: 'usable', networks: ['192.168.1.0/24', 'fd00::/64'] },
  ]);
});

describe('an address is answered for', () => {
  const local = (name: string, ...networks: string[]): LocalInterface => ({
    name,
    fitness: 'usable',
    networks,
  });
  const eth0 = local('eth0', '192.168.1.0/24', 'fe80::/64', 'fd00:1::/64');
  const eth1 = local('eth1', '10.0.0.0/8', 'fe80::/64');
  const wlan0 = local('wlan0', '192.168.1.0/24', 'fe80::/64');
  const out: LocalInterface = { ...eth0, fitness: 'down' };
  const bare: LocalInterface = { name: 'eth2', fitness: 'usable' };

  test.each<[address: string, local: LocalInterface[], answers: string[], why: string]>([
    ['192.168.1.240', [eth0, eth1, bare], ['eth0'], 'on the interface of its network'],
    ['10.20.30.1', [eth0, eth1, bare], ['eth1'], 'on the interface of its network'],
    ['fd00:1::7', [eth0, eth1, bare], ['eth0'], 'on the interface of its network, IPv6 too'],
    ['192.168.1.240', [wlan0, eth0], ['eth0'], 'on one of two interfaces of one network'],
    ['192.168.1.240', [wlan0, eth1], ['wlan0'], 'on the other when the first is not usable'],
    ['10.20.30.1', [eth1, local('eth9', '10.20.30.0/24')], ['eth9'], 'in the smallest network'],
    ['172.16.0.1', [eth0, eth1, bare], ['eth0', 'eth1', 'eth2'], 'everywhere, if in no network'],
    ['fd00:2::1', [eth0, eth1], ['eth0', 'eth1'], 'everywhere, if in no network, IPv6 too'],
    ['192.168.1.240', [], [], 'nowhere without an interface'],
    ['192.168.1.240', [out, eth1, bare], [], 'nowhere while the cable of its network is out'],
    ['192.168.1.240', [out, wlan0, eth1], ['wlan0'], 'on the other of its network meanwhile'],
    ['172.16.0.1', [out, eth1, bare], ['eth1', 'eth2'], 'not on one that is down'],
  ])('%s, %#: %s', (address, nearby, answers) => {
    expect(interfacesFor(address, 'all', nearby)).toEqual(answers);
  });

  test('on all that advertisements name, whatever their networks', () => {
    expect(interfacesFor('192.168.1.240', ['wlan0', 'eth1', 'eth7'], [eth0, eth1, wlan0])).toEqual([
      'eth1',
      'wlan0',
    ]);
  });
});
