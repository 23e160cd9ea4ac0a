import { describe, expect, test } from 'vitest';
import { RouteTable } from '../../src/bgp/route-table.ts';
import type { BgpAdvertisementView } from '../../src/bgp/service-routes.ts';
import { bgpAdvertisement } from './bgp-views.ts';

const NET = '10.20.30.0/24';
const plain = bgpAdvertisement();

function route(
  prefix: string,
  advertisement: BgpAdvertisementView = plain,
): { prefix: string; advertisement: BgpAdvertisementView } {
  return { prefix, advertisement };
}

describe('a prefix', () => {
  test('that several Services want goes with the last of them', () => {
    const table = new RouteTable();
    expect(table.set('default/a', [route(NET)])).toEqual([NET]);
    expect(table.set('default/b', [route(NET)])).toEqual([NET]);
    expect(table.set('default/a', [])).toEqual([NET]);
    expect(table.route(NET, 'router')).toBeDefined();
    table.set('default/b', []);
    expect(table.route(NET, 'router')).toBeUndefined();
    expect([...table.prefixes()]).toEqual([]);
  });

  test('that a Service wants in the place of another is told, and the other is withdrawn', () => {
    const table = new RouteTable();
    table.set('default/a', [route('10.20.30.1/32')]);
    const touched = table.set('default/a', [route('10.20.30.5/32')]);
    expect(touched).toEqual(['10.20.30.1/32', '10.20.30.5/32']);
    expect([...table.prefixes()]).toEqual(['10.20.30.5/32']);
  });

  test('bears the communities of all advertisements that want it, each once', () => {
    const table = new RouteTable();
    const one = bgpAdvertisement({ communities: ['1:1', '1:2'], largeCommunities: ['1:2:3'] });
    const other = bgpAdvertisement({ name: 'b', communities: ['1:2', '1:3'] });
    table.set('default/a', [route(NET, one), route(NET, other)]);
    expect(table.route(NET, 'router')).toEqual({
      localPref: undefined,
      asPathPrepend: 0,
      communities: ['1:1', '1:2', '1:3'],
      largeCommunities: ['1:2:3'],
    });
  });

  test('that Services want with different paths gets the longest, whoever came first', () => {
    const short = bgpAdvertisement({ name: 'short', asPathPrepend: 1 });
    const long = bgpAdvertisement({ name: 'long', asPathPrepend: 4 });
    for (const both of [
      [short, long],
      [long, short],
    ]) {
      const table = new RouteTable();
      both.forEach((one, at) => table.set(`default/${at}`, [route(NET, one)]));
      expect(table.route(NET, 'router')?.asPathPrepend).toBe(4);
      expect(table.conflictOf(NET)?.toSorted()).toEqual(['long', 'short']);
    }
  });

  test('that Services want with different preferences gets the highest, and who wants what is named', () => {
    const low = bgpAdvertisement({ name: 'low', localPref: 100 });
    const high = bgpAdvertisement({ name: 'high', localPref: 200 });
    for (const [first, second] of [
      [low, high],
      [high, low],
    ] as const) {
      const table = new RouteTable();
      table.set('default/a', [route(NET, first)]);
      table.set('default/b', [route(NET, second)]);
      expect(table.route(NET, 'router')?.localPref).toBe(200);
      expect(table.conflictOf(NET)?.toSorted()).toEqual(['high', 'low']);
      table.set('default/a', []);
      expect(table.conflictOf(NET)).toBeUndefined();
    }
  });
});

describe('a peer', () => {
  test('hears what advertisements for it, or for all, want', () => {
    const table = new RouteTable();
    const p1 = bgpAdvertisement({ name: 'p1', communities: ['1:1'], peers: ['p1'] });
    const p2 = bgpAdvertisement({ name: 'p2', communities: ['2:2'], peers: ['p2', 'p3'] });
    table.set('default/a', [route(NET, p1), route(NET, p2), route('10.20.30.1/32')]);
    expect(table.route(NET, 'p1')?.communities).toEqual(['1:1']);
    expect(table.route(NET, 'p3')?.communities).toEqual(['2:2']);
    expect(table.route(NET, 'p4')).toBeUndefined();
    expect(table.route('10.20.30.1/32', 'p4')).toBeDefined();
  });

  test('is one that a Service is announced to where any of its own routes reach it', () => {
    const table = new RouteTable();
    table.set('default/a', [route(NET, bgpAdvertisement({ peers: ['p1', 'unknown'] }))]);
    table.set('default/b', [route(NET)]);
    expect(table.peersOf('default/a', ['p1', 'p2'])).toEqual(['p1']);
    expect(table.peersOf('default/b', ['p1', 'p2'])).toEqual(['p1', 'p2']);
    expect(table.peersOf('default/none', ['p1', 'p2'])).toEqual([]);
  });
});
