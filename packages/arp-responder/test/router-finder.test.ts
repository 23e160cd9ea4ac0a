import { SimClock, SimLan, type SimObserver, type SimPort } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  RouterFinder,
  decodeRouterFrame,
  formatAddress,
  routerAdvertisement,
  routerSolicitation,
} from '../src/index.ts';
import { ASKER_MAC, OUR_MAC, ip } from './frames.ts';

describe('a finder', () => {
  let clock: SimClock;
  let port: SimPort;
  let router: SimObserver;
  let linkLocal: Uint8Array | undefined;
  let found: (string | undefined)[];
  let finder: RouterFinder;

  beforeEach(() => {
    clock = new SimClock();
    const lan = new SimLan({ clock });
    port = lan.attach('eth0', OUR_MAC);
    router = lan.observe(ASKER_MAC);
    linkLocal = ip('fe80::1');
    found = [];
    finder = new RouterFinder({
      link: port,
      linkLocal: () => linkLocal,
      clock,
      random: () => 0.5,
      onRouter: (address) => void found.push(address),
    });
  });

  /** What has come of it: types of messages, and whom they come from. */
  const heard = (): string[] =>
    router.received
      .map(decodeRouterFrame)
      .map((read) =>
        typeof read === 'string' ? read : `${read.message.type} ${formatAddress(read.source)}`,
      );

  test('asks and advertises from our link-local address, with our hardware address', async () => {
    finder.start();
    await clock.advance(1000);
    expect(heard()).toEqual(['134 fe80::1', '133 fe80::1']);
    const read = router.received.map(decodeRouterFrame);
    for (const each of read) expect(each).toMatchObject({ sourceMac: OUR_MAC });
  });

  test('names the router with the interface, and says when it goes with its link', async () => {
    finder.start();
    router.send(routerAdvertisement(ip('fe80::99'), ASKER_MAC));
    await clock.advance(1);
    expect(finder.router).toBe('fe80::99%eth0');
    port.setLink('down');
    expect(finder.router).toBeUndefined();
    expect(found).toEqual(['fe80::99%eth0', undefined]);
  });

  test('takes nobody who asks, or speaks from elsewhere, for a router', async () => {
    finder.start();
    router.send(routerSolicitation(ip('fe80::99'), ASKER_MAC));
    router.send(routerAdvertisement(ip('2001:db8::99'), ASKER_MAC));
    await clock.advance(1);
    expect(found).toEqual([]);
  });

  test('is silent while we have no address, and speaks at its next turn', async () => {
    linkLocal = undefined;
    finder.start();
    await clock.advance(2000);
    expect(heard()).toEqual([]);
    linkLocal = ip('fe80::1');
    await clock.advance(1000);
    expect(heard()).toEqual(['134 fe80::1']);
  });

  test('begins when the link comes up, and ends for good', async () => {
    port.setLink('down');
    finder.start();
    await clock.advance(10_000);
    port.setLink('up');
    await clock.advance(1);
    expect(heard()).toEqual(['134 fe80::1']);
    finder[Symbol.dispose]();
    router.send(routerAdvertisement(ip('fe80::99'), ASKER_MAC));
    await clock.advance(100_000);
    expect(heard()).toHaveLength(1);
    expect(found).toEqual([]);
  });
});
