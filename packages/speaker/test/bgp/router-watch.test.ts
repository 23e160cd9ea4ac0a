import { decodeRouterFrame, formatAddress, routerAdvertisement } from '@picluster/arp-responder';
import { SimClock, SimLan } from '@picluster/testkit';
import { expect, test } from 'vitest';
import { ROUTER_MISSED_MS, RouterWatch, type RouterWatchDeps } from '../../src/bgp/router-watch.ts';

const OUR_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const ROUTER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);
const ROUTER_AT = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);

/** A watch of eth1, what it finds, and of what it misses the trouble. */
class Watching implements Disposable {
  readonly clock: SimClock = new SimClock();
  readonly lan: SimLan = new SimLan({ clock: this.clock });
  readonly router = this.lan.observe(ROUTER_MAC);
  readonly found: string[] = [];
  readonly missed: (string | undefined)[] = [];
  /** Whether there is the interface. */
  isThere = true;
  opened = 0;
  port: ReturnType<SimLan['attach']> | undefined;
  networks: readonly string[] = ['2001:db8::1/64', 'fe80::11/64'];
  readonly #watch: RouterWatch;

  constructor() {
    const deps: RouterWatchDeps = {
      openLink: (name) => {
        this.opened++;
        if (this.isThere) return (this.port = this.lan.attach(name, OUR_MAC));
        throw new Error('no such interface');
      },
      interfaces: () => [
        { name: 'eth0', networks: ['192.0.2.1/24', 'fe80::77/64'] },
        { name: 'eth1', networks: this.networks },
      ],
      clock: this.clock,
      random: () => 0.5,
      log: { info: () => {}, warn: () => {} },
    };
    this.#watch = new RouterWatch(deps, 'eth1', {
      found: (address) => void this.found.push(address),
      missed: (trouble) => void this.missed.push(trouble),
    });
  }

  start(): void {
    this.#watch.start();
  }

  async advertise(): Promise<void> {
    this.router.send(routerAdvertisement(ROUTER_AT, ROUTER_MAC));
    await this.clock.advance(1);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

test('a router is found behind an interface that comes later, and told of our address there', async () => {
  const watching = new Watching();
  watching.isThere = false;
  watching.start();
  await watching.clock.advance(25_000);
  expect(watching.missed).toEqual(Array.from({ length: 3 }, () => 'no such interface'));
  watching.isThere = true;
  await watching.clock.advance(6000);
  const [first] = watching.router.received.map(decodeRouterFrame);
  if (first === undefined || typeof first === 'string') throw new Error(first);
  expect(formatAddress(first.source)).toBe('fe80::11');
  await watching.advertise();
  expect(watching.found).toEqual(['fe80::2%eth1']);
  watching[Symbol.dispose]();
  const before = watching.router.received.length;
  await watching.clock.advance(60_000);
  expect(watching.router.received).toHaveLength(before);
});

test('a search that has ended before its interface came does not begin', async () => {
  const watching = new Watching();
  watching.isThere = false;
  watching.start();
  watching[Symbol.dispose]();
  await watching.clock.advance(60_000);
  expect([watching.opened, watching.missed]).toEqual([1, ['no such interface']]);
});

test('where no router advertises itself that is told, and no more once one does, until its link is down', async () => {
  const watching = new Watching();
  watching.start();
  await watching.clock.advance(ROUTER_MISSED_MS - 1);
  expect(watching.missed).toEqual([]);
  await watching.clock.advance(1);
  expect(watching.missed).toEqual([undefined]);
  await watching.advertise();
  await watching.clock.advance(5 * ROUTER_MISSED_MS);
  expect(watching.missed).toEqual([undefined]);
  watching.port?.setLink('down');
  await watching.clock.advance(ROUTER_MISSED_MS);
  expect(watching.missed).toEqual([undefined, 'it is down']);
  watching[Symbol.dispose]();
});

test('where we have no address to ask from that is told', async () => {
  const watching = new Watching();
  watching.networks = ['192.0.2.1/24'];
  watching.start();
  await watching.clock.advance(ROUTER_MISSED_MS);
  expect(watching.missed).toEqual(['it has no link-local address: is IPv6 switched off there?']);
  watching[Symbol.dispose]();
});
