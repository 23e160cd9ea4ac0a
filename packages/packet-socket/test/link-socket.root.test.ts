import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MulticastGroups, PacketSocketError, openLinkSocket } from '../src/index.ts';
import type { LinkSocketDeps, PacketLinkSocket } from '../src/index.ts';
import { advertisement, arpReply, arpRequest, hex, ipv4, ipv6, solicitation } from './frames.ts';
import { Cable, Peer, buildAddon, inLab, ip, turn, uniqueName, until } from './seams/lab.ts';

const V4 = ipv4('192.0.2.10');
const V6 = ipv6(0x00123456);

const opened: Disposable[] = [];

/** Closes `what` after the test, the last one opened first. */
function later<T extends Disposable>(what: T): T {
  opened.push(what);
  return what;
}

function listen(interfaceName: string, deps: LinkSocketDeps = {}) {
  const link: PacketLinkSocket = later(openLinkSocket({ interfaceName }, deps));
  const frames: Uint8Array[] = [];
  const states: ('up' | 'down')[] = [];
  link.listen({
    onFrame: (frame) => void frames.push(Uint8Array.from(frame)),
    onLink: (state) => void states.push(state),
  });
  return { link, frames, states };
}

describe.skipIf(!inLab)('openLinkSocket in a network namespace', () => {
  beforeAll(buildAddon);
  afterEach(() => {
    for (const one of opened.splice(0).toReversed()) one[Symbol.dispose]();
  });

  test('an interface deleted and made again is opened anew by itself, with its new hardware address', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const { link, frames, states } = listen(cable.ours);
    await until(() => link.up, 'link up');
    states.length = 0;
    link.watch({ ipv4: [V4], ipv6: [V6] });
    for (let round = 0; round < 5; round++) {
      const before = link.mac;
      cable.remove();
      await until(() => states.length === 1, 'down');
      expect(states).toEqual(['down']);
      expect(link.send(arpRequest(V4))).toBe('gone');
      cable.make();
      cable.setLink('up');
      await until(() => states.length === 2, 'up');
      expect(states).toEqual(['down', 'up']);
      expect(link.mac).not.toEqual(before);
      expect(link.mac).toEqual(addressOf(cable.ours));
      using peer = new Peer(cable.theirs);
      for (const frame of [arpRequest(V4), solicitation(V6)]) {
        frames.length = 0;
        await until(() => {
          peer.send(frame);
          return frames.some((one) => Buffer.compare(one, frame) === 0);
        }, 'the frame');
      }
      expect(link.send(arpRequest(V4))).toBe('sent');
      await until(
        () => groupsOf(cable.ours).includes('ff0200000000000000000001ff123456'),
        'the group',
      );
      states.length = 0;
    }
  });

  test('deleted and made again before it could look, it still finds the other interface', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const { link, states } = listen(cable.ours);
    await until(() => link.up, 'link up');
    states.length = 0;
    cable.remove();
    cable.make();
    cable.setLink('up');
    await until(() => states.includes('up'), 'up');
    expect(states[0]).toBe('down');
    expect(link.mac).toEqual(addressOf(cable.ours));
  });

  test('down and up before it could look is told all the same: neighbours may have forgotten us', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const { link, states } = listen(cable.ours);
    await until(() => link.up, 'link up');
    states.length = 0;
    cable.setLink('down');
    cable.setLink('up');
    await until(() => states.includes('up'), 'up');
    expect(states.slice(0, 2)).toEqual(['down', 'up']);
  });

  test('a lost carrier is down, and a carrier is up', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const { link, states } = listen(cable.ours);
    await until(() => link.up, 'link up');
    states.length = 0;
    ip(`link set ${cable.theirs} down`);
    await until(() => states.length === 1, 'down');
    expect(link.send(arpRequest(V4))).toBe('down');
    ip(`link set ${cable.theirs} up`);
    await until(() => states.length === 2, 'up');
    expect(states).toEqual(['down', 'up']);
  });

  test('another hardware address is told as down and up', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const { link, states } = listen(cable.ours);
    await until(() => link.up, 'link up');
    states.length = 0;
    ip(`link set ${cable.ours} address 02:00:00:00:12:34`);
    await until(() => states.length === 2, 'down and up');
    expect(states).toEqual(['down', 'up']);
    expect(link.mac).toEqual(hex('020000001234'));
  });

  test('opened while the link is down it hears once it is up', async () => {
    const cable = later(new Cable());
    await cable.connected();
    cable.setLink('down');
    const { link, frames, states } = listen(cable.ours);
    link.watch({ ipv4: [V4], ipv6: [] });
    expect(link.up).toBe(false);
    cable.setLink('up');
    await until(() => states.includes('up'), 'up');
    const peer = later(new Peer(cable.theirs));
    await until(() => {
      peer.send(arpRequest(V4));
      return frames.length > 0;
    }, 'a frame');
  });

  test('joining or leaving a bridge is not a deleted interface', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const bridge = uniqueName('b');
    ip(`link add ${bridge} type bridge`);
    const { link, states } = listen(cable.ours);
    await until(() => link.up, 'link up');
    states.length = 0;
    ip(`link set ${cable.ours} master ${bridge}`);
    ip(`link set ${cable.ours} nomaster`);
    for (let count = 0; count < 20; count++) await turn();
    ip(`link delete ${bridge}`);
    expect(states).toEqual([]);
  });

  test('nothing wakes it while nothing is watched, and IPv6 costs nothing until an IPv6 address is watched', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const { link, frames } = listen(cable.ours);
    const peer = later(new Peer(cable.theirs));
    peer.send(arpRequest(V4));
    link.watch({ ipv4: [V4], ipv6: [] });
    peer.send(solicitation(V6));
    peer.send(arpRequest(V4));
    await until(() => frames.length > 0, 'a frame');
    expect(frames).toEqual([arpRequest(V4)]);
    expect(link.stats()).toEqual({ wakeups: 1, frames: 1, dropped: 0, oversized: 0 });
    expect(groupsOf(cable.ours)).not.toContain('ff0200000000000000000001ff123456');
  });

  test('who claims other addresses does not wake it, who claims a watched one does', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const { link, frames } = listen(cable.ours);
    const peer = later(new Peer(cable.theirs));
    link.watch({ ipv4: [V4], ipv6: [V6], claims: [ipv4('192.0.2.77'), ipv6(77)] });
    const claims = [V4, ipv4('192.0.2.77'), ipv4('198.51.100.1')].map((sender) => arpReply(sender));
    const advertised = [V6, ipv6(77), ipv6(1)].map((target) => advertisement(target));
    for (let count = 0; count < 500; count++) {
      for (const unrelated of [claims[2], advertised[2]]) peer.send(unrelated ?? hex(''));
    }
    const wanted = [...claims.slice(0, 2), ...advertised.slice(0, 2)];
    for (const frame of wanted) peer.send(frame);
    await until(() => frames.length >= wanted.length, 'the claims');
    const texts = (all: Uint8Array[]): string[] =>
      all.map((one) => Buffer.from(one).toString('hex'));
    expect(texts(frames).toSorted()).toEqual(texts(wanted).toSorted());
    expect(link.stats()).toMatchObject({ frames: 4, dropped: 0 });
    expect(link.stats().wakeups).toBeLessThanOrEqual(4);
    expect(groupsOf(cable.ours)).not.toContain('ff0200000000000000000001ff00004d');
  });

  test('a promiscuous link makes the interface so while it is open, and filters all the same', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const promiscuity = (): unknown =>
      (JSON.parse(ip(`-details -json link show ${cable.ours}`)) as { promiscuity: number }[])[0]
        ?.promiscuity;
    const link = later(openLinkSocket({ interfaceName: cable.ours, promiscuous: true }));
    const frames: Uint8Array[] = [];
    link.listen({ onFrame: (frame) => void frames.push(Uint8Array.from(frame)), onLink: () => {} });
    link.watch({ ipv4: [V4], ipv6: [V6] });
    expect(promiscuity()).toBe(2);
    const peer = later(new Peer(cable.theirs));
    const forAnother = arpRequest(V4);
    forAnother.set([2, 0, 0, 0, 0, 0x77]);
    for (const frame of [forAnother, arpRequest(V4)]) peer.send(frame);
    await until(() => frames.length > 0, 'a frame');
    expect(frames).toEqual([arpRequest(V4)]);
    link.close();
    expect(promiscuity()).toBe(0);
  });

  test('500 IPv6 addresses join 500 groups, and leave them', async () => {
    const cable = later(new Cable());
    await cable.connected();
    const warnings: unknown[] = [];
    const log = { info: () => {}, warn: (...words: unknown[]) => void warnings.push(words) };
    const { link } = listen(cable.ours, { log });
    const ours = (): number =>
      groupsOf(cable.ours).filter((group) => /ff77....$/.test(group)).length;
    link.watch({ ipv4: [], ipv6: Array.from({ length: 500 }, (_, at) => ipv6(0x00770000 + at)) });
    expect(ours()).toBe(500);
    link.watch({ ipv4: [], ipv6: [ipv6(0x00770000)] });
    expect(ours()).toBe(1);
    link.close();
    expect(ours()).toBe(0);
    expect(warnings).toEqual([]);
  });

  test('an interface that does not exist, or carries no Ethernet, is an error with a code', () => {
    const interfaceName = uniqueName('n');
    expect(() => openLinkSocket({ interfaceName })).toThrow(
      expect.objectContaining({ code: 'no-such-interface', interfaceName }),
    );
    expect(() => openLinkSocket({ interfaceName: 'lo' })).toThrow(
      expect.objectContaining({ code: 'not-ethernet', interfaceName: 'lo' }),
    );
    expect(() => openLinkSocket({ interfaceName: 'lo' })).toThrow(PacketSocketError);
    expect(() => openLinkSocket({ interfaceName: 'a-name-that-is-too-long' })).toThrow(RangeError);
  });

  describe('behind a switch that snoops and floods no unknown multicast', () => {
    let bridge: string;
    let node: Cable;
    let client: Cable;

    beforeEach(() => {
      bridge = uniqueName('b');
      node = later(new Cable());
      client = later(new Cable());
      // The bridge trusts what it snooped only one response interval (10 s by default) after its querier was turned on.
      ip(`link add ${bridge} type bridge mcast_query_response_interval 20`);
      later({ [Symbol.dispose]: () => void ip(`link delete ${bridge}`) });
      for (const port of [node.theirs, client.theirs]) ip(`link set ${port} master ${bridge}`);
      ip(`link set ${bridge} up`);
      // It only asks, and only then trusts what it snooped, if it has an address that is not still being checked.
      ip(`address add fe80::1/64 dev ${bridge} nodad`);
      ip(`link set ${bridge} type bridge mcast_querier 1`);
      for (const port of [node.theirs, client.theirs]) {
        execFileSync('bridge', ['link', 'set', 'dev', port, 'mcast_flood', 'off']);
      }
    });

    /** Whether a solicitation reaches the node: asked every 20 ms until the ARP request after it has come `rounds` times. */
    async function reaches(frames: Uint8Array[], rounds: number): Promise<boolean> {
      const peer = later(new Peer(client.ours));
      let answered = 0;
      while (answered < rounds) {
        frames.length = 0;
        peer.send(solicitation(V6));
        await until(() => {
          peer.send(arpRequest(V4));
          return frames.some((frame) => frame.length === arpRequest(V4).length);
        }, 'the ARP request');
        if (frames.some((frame) => frame.length === solicitation(V6).length)) return true;
        answered++;
        for (let count = 0; count < 10; count++) await turn();
      }
      return false;
    }

    test('a solicitation arrives, because the group was joined', async () => {
      const { link, frames } = listen(node.ours);
      link.watch({ ipv4: [V4], ipv6: [V6] });
      expect(await reaches(frames, 200)).toBe(true);
    });

    test('without the membership it does not: the switch of this test does not flood', async () => {
      const noGroups = new MulticastGroups(node.ours);
      noGroups.set = () => [];
      const { link, frames } = listen(node.ours, { groups: noGroups });
      link.watch({ ipv4: [V4], ipv6: [V6] });
      expect(await reaches(frames, 50)).toBe(false);
    });
  });
});

function addressOf(interfaceName: string): Uint8Array {
  const [shown] = JSON.parse(ip(`-json link show ${interfaceName}`)) as { address: string }[];
  return hex(shown?.address ?? '');
}

/** The IPv6 groups that the kernel has joined on an interface, as 32 hexadecimal digits. */
function groupsOf(interfaceName: string): string[] {
  return readFileSync('/proc/self/net/igmp6', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, name, group]) => (name === interfaceName && group !== undefined ? [group] : []));
}
