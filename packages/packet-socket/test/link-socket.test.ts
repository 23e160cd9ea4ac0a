import { SimClock } from '@picluster/testkit';
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Addon, AddonCallback, AddonHandle } from '../src/addon.ts';
import { MulticastGroups } from '../src/multicast-groups.ts';
import { RETRY_MS, openLinkSocket } from '../src/link-socket.ts';
import { ipv4, ipv6 } from './frames.ts';

interface OpenSocket {
  readonly kind: 'packet' | 'events';
  readonly interfaceIndex: number;
  readonly callback: AddonCallback;
  filters: number;
}

/** A system with one interface, whose sockets can be refused or can fail. */
class FakeSystem implements Addon {
  readonly sockets = new Set<OpenSocket>();
  interface_: { index: number; flags: number; mac: number[] } | undefined = {
    index: 7,
    flags: 0x43,
    mac: [2, 0, 0, 0, 0, 1],
  };
  refuse: number | undefined;
  /** The hardware address of each call that lets a socket answer; `no`: it may not. */
  readonly armed: string[] = [];

  openPacket(index: number, _type: number, _filter: Uint8Array, ...rest: unknown[]): AddonHandle {
    if (this.refuse !== undefined) {
      throw Object.assign(new Error(), { errno: this.refuse, syscall: 'socket' });
    }
    return this.#add({
      kind: 'packet',
      interfaceIndex: index,
      callback: rest[2] as AddonCallback,
      filters: 1,
    });
  }
  openLinkEvents(_slots: number, _slab: Uint8Array, callback: AddonCallback): AddonHandle {
    return this.#add({ kind: 'events', interfaceIndex: 0, callback, filters: 0 });
  }
  setFilter(handle: AddonHandle): number {
    (handle as unknown as OpenSocket).filters++;
    return 0;
  }
  send(_handle: AddonHandle, frame: Uint8Array): number {
    return frame.length;
  }
  nowMs(): number {
    return 0;
  }
  answerFrom(_handle: AddonHandle, mac: Uint8Array | undefined): void {
    this.armed.push(mac?.join(':') ?? 'no');
  }
  setPromiscuous(): number {
    return 0;
  }
  dateFrames(): number {
    return 0;
  }
  readAll(): number {
    return 1;
  }
  hold(): number {
    return 0;
  }
  stats(): number {
    return 0;
  }
  close(handle: AddonHandle): void {
    if (!this.sockets.delete(handle as unknown as OpenSocket)) throw new Error('closed twice');
  }
  queryInterface(_handle: AddonHandle | undefined, _name: string, out: Int32Array): number {
    if (this.interface_ === undefined) return -constants.errno.ENODEV;
    const { index, flags, mac } = this.interface_;
    out.set([index, flags, 1, ...mac]);
    return 0;
  }

  /** Wakes the sockets of a kind with `count` frames, or with a negative errno. */
  wake(kind: OpenSocket['kind'], count: number): void {
    for (const socket of this.sockets) if (socket.kind === kind) socket.callback(count, 0);
  }
  get open(): string[] {
    return Array.from(this.sockets, ({ kind, interfaceIndex }) => `${kind} ${interfaceIndex}`);
  }
  #add(socket: OpenSocket): AddonHandle {
    this.sockets.add(socket);
    return socket as unknown as AddonHandle;
  }
}

function open() {
  const addon = new FakeSystem();
  const clock = new SimClock();
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (message: string) => void warnings.push(message) };
  let refuseGroup = false;
  const groups = new MulticastGroups('eth0', {
    openSocket: () => ({
      addMembership: () => {
        if (refuseGroup) throw new Error('ENODEV');
      },
      dropMembership: () => {},
      on: () => {},
      close: () => {},
    }),
  });
  const link = openLinkSocket({ interfaceName: 'eth0' }, { addon, clock, log, groups });
  const states: string[] = [];
  link.listen({ onFrame: () => {}, onLink: (state) => void states.push(state) });
  const refuseGroups = (refuse: boolean): void => void (refuseGroup = refuse);
  return { addon, clock, warnings, groups, link, states, refuseGroups };
}

const WATCHED = { ipv4: [ipv4('192.0.2.10')], ipv6: [ipv6(1)] };

describe('openLinkSocket', () => {
  test('the IPv6 socket is there only while IPv6 addresses are watched', () => {
    const { addon, link } = open();
    expect(addon.open).toEqual(['events 0', 'packet 7']);
    link.watch(WATCHED);
    expect(addon.open).toEqual(['events 0', 'packet 7', 'packet 7']);
    link.watch({ ipv4: [], ipv6: [] });
    expect(addon.open).toEqual(['events 0', 'packet 7']);
    link.close();
    expect(addon.open).toEqual([]);
  });

  test('the IPv4 socket is there only while echo requests to IPv4 addresses are wanted', () => {
    const { addon, link } = open();
    link.watch({ ...WATCHED, echo: true });
    expect(addon.open).toEqual(['events 0', 'packet 7', 'packet 7', 'packet 7']);
    link.watch({ ipv4: [], ipv6: [], echo: true });
    expect(addon.open).toEqual(['events 0', 'packet 7']);
  });

  test('it answers by itself only while the link is up, and with the hardware address of then', () => {
    const { addon, link } = open();
    link.answerFrom?.(new Uint8Array(12));
    expect(addon.armed).toEqual(['2:0:0:0:0:1']);
    addon.interface_ = { index: 7, flags: 0x3, mac: [2, 0, 0, 0, 0, 1] };
    addon.wake('events', 0);
    expect(addon.armed.at(-1)).toBe('no');
    addon.interface_ = { index: 7, flags: 0x43, mac: [2, 0, 0, 0, 0, 2] };
    addon.wake('events', 0);
    expect(addon.armed.at(-1)).toBe('2:0:0:0:0:2');
    addon.interface_ = { index: 7, flags: 0x43, mac: [2, 0, 0, 0, 0, 3] };
    addon.armed.length = 0;
    addon.wake('events', 0);
    expect(addon.armed).toEqual(['no', '2:0:0:0:0:3']);
  });

  test('a socket refused when the interface came back is asked for again until it is there, with one warning', async () => {
    const { addon, clock, link, states, warnings } = open();
    link.watch(WATCHED);
    addon.refuse = -constants.errno.EMFILE;
    addon.interface_ = { index: 8, flags: 0x43, mac: [2, 0, 0, 0, 0, 2] };
    addon.wake('events', 0);
    await clock.advance(5 * RETRY_MS);
    expect(states).toEqual(['down']);
    expect(link.up).toBe(false);
    expect(warnings).toEqual(['packet socket not opened']);
    addon.refuse = undefined;
    await clock.advance(RETRY_MS);
    expect(states).toEqual(['down', 'up']);
    expect(addon.open).toEqual(['events 0', 'packet 8', 'packet 8']);
    expect(link.mac).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 2));
    expect(clock.pending).toBe(0);
  });

  test('a socket that fails is opened again, and the link is down in between', async () => {
    const { addon, clock, states } = open();
    addon.wake('packet', -constants.errno.EIO);
    expect(addon.open).toEqual(['events 0']);
    await clock.advance(RETRY_MS);
    expect(states).toEqual(['down', 'up']);
    expect(addon.open).toEqual(['events 0', 'packet 7']);
  });

  test('that the link went down is not a failure of the socket', () => {
    const { addon, clock, states } = open();
    addon.wake('packet', -constants.errno.ENETDOWN);
    expect(states).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('a group that cannot be joined is tried again and does not disturb ARP', async () => {
    const { clock, groups, link, states, warnings, refuseGroups } = open();
    refuseGroups(true);
    link.watch(WATCHED);
    expect(link.up).toBe(true);
    await clock.advance(3 * RETRY_MS);
    expect(warnings).toEqual(['multicast groups not joined']);
    refuseGroups(false);
    await clock.advance(RETRY_MS);
    expect(groups.joined).toHaveLength(1);
    expect(states).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('lost netlink messages count as an interruption', () => {
    const { addon, states } = open();
    addon.wake('events', -constants.errno.ENOBUFS);
    expect(states).toEqual(['down', 'up']);
  });

  test('closed by its listener at "down", it opens nothing more', async () => {
    const { addon, clock, link } = open();
    const states: string[] = [];
    const second = openLinkSocket({ interfaceName: 'eth0' }, { addon, clock });
    second.listen({
      onFrame: () => {},
      onLink: (state) => {
        states.push(state);
        second.close();
      },
    });
    link.close();
    addon.interface_ = { index: 9, flags: 0x43, mac: [2, 0, 0, 0, 0, 3] };
    addon.wake('events', 0);
    await clock.advance(RETRY_MS);
    expect(states).toEqual(['down']);
    expect(addon.open).toEqual([]);
    expect(second.send(new Uint8Array(60))).toBe('gone');
  });

  test('an address of a wrong length is refused and changes nothing', () => {
    const { link, groups } = open();
    link.watch(WATCHED);
    expect(() => link.watch({ ipv4: [ipv6(1)], ipv6: [] })).toThrow(RangeError);
    expect(groups.joined).toHaveLength(1);
  });
});
