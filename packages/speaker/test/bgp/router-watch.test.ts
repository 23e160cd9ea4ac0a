import { decodeRouterFrame, formatAddress, routerAdvertisement } from '@picluster/arp-responder';
import { SimClock, SimLan } from '@picluster/testkit';
import { expect, test } from 'vitest';
import { RouterWatch } from '../../src/bgp/router-watch.ts';

const OUR_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const ROUTER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);
const ROUTER_AT = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);

test('a router is found behind an interface that comes later, and told of our address there; the trouble is said once', async () => {
  const clock = new SimClock();
  const lan = new SimLan({ clock });
  const router = lan.observe(ROUTER_MAC);
  let isThere = false;
  const said: string[] = [];
  const found: string[] = [];
  const watch = new RouterWatch(
    {
      openLink: (name) => {
        if (isThere) return lan.attach(name, OUR_MAC);
        throw new Error('no such interface');
      },
      interfaces: () => [
        { name: 'eth0', networks: ['192.0.2.1/24', 'fe80::77/64'] },
        { name: 'eth1', networks: ['2001:db8::1/64', 'fe80::11/64'] },
      ],
      clock,
      random: () => 0.5,
      log: { info: () => {}, warn: (message) => void said.push(message) },
    },
    'eth1',
    (address) => void found.push(address),
  );
  watch.start();
  await clock.advance(25_000);
  expect(said).toEqual(['no router can be found']);
  isThere = true;
  await clock.advance(10_000);
  const [first] = router.received.map(decodeRouterFrame);
  if (first === undefined || typeof first === 'string') throw new Error(first);
  expect(formatAddress(first.source)).toBe('fe80::11');
  router.send(routerAdvertisement(ROUTER_AT, ROUTER_MAC));
  await clock.advance(1);
  expect(found).toEqual(['fe80::2%eth1']);
  watch[Symbol.dispose]();
  const before = router.received.length;
  await clock.advance(60_000);
  expect(router.received).toHaveLength(before);
});

test('a search that has ended before its interface came does not begin', async () => {
  const clock = new SimClock();
  let opened = 0;
  const watch = new RouterWatch(
    {
      openLink: () => {
        opened++;
        throw new Error('no such interface');
      },
      interfaces: () => [],
      clock,
      random: () => 0.5,
      log: { info: () => {}, warn: () => {} },
    },
    'eth1',
    () => {},
  );
  watch.start();
  watch[Symbol.dispose]();
  await clock.advance(60_000);
  expect(opened).toBe(1);
});
