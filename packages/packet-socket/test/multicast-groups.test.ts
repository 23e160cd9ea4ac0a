import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  GROUPS_PER_SOCKET_MAX,
  MulticastGroups,
  solicitedNodeGroup,
  type GroupSocket,
} from '../src/multicast-groups.ts';
import { hex, ipv6 } from './frames.ts';

/** A system in which each socket holds a limited number of groups and refuses what Linux refuses. */
class Memberships {
  readonly sockets: { groups: Set<string>; closed: boolean; fail: (error: Error) => void }[] = [];
  limit = 400;
  refuse: (group: string) => boolean = () => false;

  readonly open = (): GroupSocket => {
    const groups = new Set<string>();
    const socket = { groups, closed: false, fail: (error: Error): void => void error };
    this.sockets.push(socket);
    return {
      addMembership: (group, zone) => {
        if (socket.closed || zone !== '::%eth0') throw new Error('EBADF');
        if (groups.has(group)) throw new Error('EADDRINUSE');
        if (this.refuse(group)) throw new Error('ENODEV');
        if (groups.size >= this.limit) throw new Error('ENOMEM');
        groups.add(group);
      },
      dropMembership: (group) => {
        if (!groups.delete(group)) throw new Error('EADDRNOTAVAIL');
      },
      on: (_event, listener) => void (socket.fail = listener),
      close: () => {
        if (socket.closed) throw new Error('closed twice');
        socket.closed = true;
        groups.clear();
      },
    };
  };

  get all(): string[] {
    return this.sockets.flatMap(({ groups }) => [...groups]);
  }

  get openCount(): number {
    return this.sockets.filter(({ closed }) => !closed).length;
  }
}

function make(): { system: Memberships; groups: MulticastGroups; lost: () => number } {
  const system = new Memberships();
  let lost = 0;
  const groups = new MulticastGroups('eth0', {
    openSocket: system.open,
    onLost: () => void lost++,
  });
  return { system, groups, lost: () => lost };
}

describe('solicitedNodeGroup', () => {
  test('takes the last 24 bits of the address', () => {
    // RFC 4291 §2.7.1 gives this pair as its example.
    const address = hex('4037 0000 0000 0000 0001 0800 200e 8c6c');
    expect(solicitedNodeGroup(address)).toBe('ff02::1:ff0e:8c6c');
  });

  test('refuses what is no IPv6 address', () => {
    expect(() => solicitedNodeGroup(new Uint8Array(4))).toThrow('16 bytes, not 4');
  });
});

describe('MulticastGroups', () => {
  test('after any sequence of sets exactly the groups of the last one are joined, each once', () => {
    const sets = fc.array(fc.array(fc.integer({ min: 0, max: 0x03000010 }), { maxLength: 40 }));
    fc.assert(
      fc.property(sets, (steps) => {
        const { system, groups } = make();
        for (const lows of steps) {
          const addresses = lows.map(ipv6);
          expect(groups.set(addresses)).toEqual([]);
          const naive = [...new Set(addresses.map(solicitedNodeGroup))].sort();
          expect(system.all.sort()).toEqual(naive);
          expect(groups.joined.sort()).toEqual(naive);
        }
        groups.close();
        expect(system.openCount).toBe(0);
      }),
    );
  });

  test('a group shared by two addresses is left with the second of them', () => {
    const { system, groups } = make();
    groups.set([ipv6(0x01000001), ipv6(0x02000001)]);
    expect(system.all).toEqual(['ff02::1:ff00:0001']);
    groups.set([ipv6(0x02000001)]);
    expect(system.all).toEqual(['ff02::1:ff00:0001']);
    groups.set([]);
    expect(system.all).toEqual([]);
    expect(system.openCount).toBe(0);
  });

  test('many groups are spread over sockets, none with more than its share', () => {
    const { system, groups } = make();
    groups.set(Array.from({ length: 600 }, (_, at) => ipv6(at)));
    expect(system.sockets.map((socket) => socket.groups.size)).toEqual([256, 256, 88]);
    expect(GROUPS_PER_SOCKET_MAX).toBe(256);
  });

  test('a socket that is full earlier is left as it is, and another opened', () => {
    const { system, groups } = make();
    system.limit = 100;
    expect(groups.set(Array.from({ length: 250 }, (_, at) => ipv6(at)))).toEqual([]);
    expect(system.all).toHaveLength(250);
  });

  test('a group that is refused is reported, leaves no socket behind, and is joined at the next try', () => {
    const { system, groups } = make();
    system.refuse = (group) => group.endsWith('0002');
    expect(groups.set([ipv6(1), ipv6(2)]).map((error) => error.message)).toEqual(['ENODEV']);
    expect(system.all).toEqual(['ff02::1:ff00:0001']);
    expect(system.openCount).toBe(1);
    system.refuse = () => false;
    expect(groups.set([ipv6(1), ipv6(2)])).toEqual([]);
    expect(system.all).toHaveLength(2);
  });

  test('a socket that fails is said to be lost, and its groups are joined again by another', () => {
    const { system, groups, lost } = make();
    groups.set([ipv6(1)]);
    system.sockets[0]?.fail(new Error('ENOBUFS'));
    expect(lost()).toBe(1);
    expect(groups.joined).toEqual([]);
    groups.set([ipv6(1)]);
    expect(system.all).toEqual(['ff02::1:ff00:0001']);
    expect(system.openCount).toBe(1);
  });
});
