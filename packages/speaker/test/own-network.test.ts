import { describe, expect, test } from 'vitest';
import { OwnNetwork } from '../src/own-network.ts';

interface World {
  nowMs: number;
  ofNode: readonly string[];
  addresses: Record<string, readonly string[]>;
  macs: readonly string[];
  looks: number;
}

function start(over: Partial<World> = {}): { world: World; network: OwnNetwork } {
  const addresses = { eth0: ['10.0.0.1', 'fd00::1'], eth1: ['10.1.0.1'], wlan0: [] };
  const world = { nowMs: 0, ofNode: ['10.1.0.1'], addresses, macs: [], looks: 0, ...over };
  const network = new OwnNetwork({
    clock: { nowMs: () => world.nowMs },
    nodeAddresses: () => world.ofNode,
    addresses: () => {
      world.looks += 1;
      return new Map(Object.entries(world.addresses));
    },
    hardwareAddresses: () => world.macs,
  });
  return { world, network };
}

describe('the own network', () => {
  test('finds the first interface that has an address of the node, among those that are asked about', () => {
    const { network } = start({ ofNode: ['10.1.0.1', 'fd00::1'] });
    expect(network.withNodeAddress(['wlan0', 'eth1', 'eth0'])).toBe('eth1');
    expect(network.withNodeAddress(['eth0', 'eth1'])).toBe('eth0');
    expect(network.withNodeAddress(['wlan0', 'gone'])).toBeUndefined();
  });

  test('ranks an interface with an address of the node before all others, and those by their number', () => {
    const { network } = start();
    const ranks = [network.rankOf('eth1', 9), network.rankOf('eth0', 1), network.rankOf('eth0', 2)];
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(network.rankOf('eth1', 2 ** 31 - 1)).toBeLessThan(network.rankOf('eth0', 1));
  });

  test('follows what the primary interface depends on: the interfaces that take part, the addresses of the Node, those of the machine within 5 s', () => {
    const { world, network } = start();
    const names = ['eth0', 'eth1'];
    expect(network.primaryOf(names)).toBe('eth1');
    expect(network.primaryOf(['eth0'])).toBeUndefined();
    expect(network.primaryOf(names)).toBe('eth1');
    world.ofNode = ['10.0.0.1'];
    expect(network.primaryOf(names)).toBe('eth0');
    world.addresses = { eth0: [], eth1: ['10.0.0.1'] };
    expect(network.primaryOf(names)).toBe('eth0');
    world.nowMs = 5000;
    expect(network.primaryOf(names)).toBe('eth1');
  });

  test('is not looked up for each question', () => {
    const { world, network } = start();
    const names = ['eth0', 'eth1'];
    for (let asked = 0; asked < 1000; asked++) network.primaryOf(names);
    expect(world.looks).toBe(1);
  });

  test('knows its own hardware addresses, a new one after at most 10 s', () => {
    const { world, network } = start({ macs: ['02:00:00:00:00:01'] });
    expect(network.hasHardwareAddress('02:00:00:00:00:01')).toBe(true);
    expect(network.hasHardwareAddress('02:00:00:00:00:02')).toBe(false);
    world.macs = ['02:00:00:00:00:02'];
    world.nowMs = 10_000;
    expect(network.hasHardwareAddress('02:00:00:00:00:01')).toBe(false);
    expect(network.hasHardwareAddress('02:00:00:00:00:02')).toBe(true);
  });
});
