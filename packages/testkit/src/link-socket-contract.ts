import type { LinkSocket } from '@picluster/arp-responder';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** A link socket under test, and the other end of its wire in the hands of the test. */
export interface LinkPair {
  /** The socket under test. Nobody listens on it yet. Its hardware address is a unicast one. */
  readonly ours: LinkSocket;
  /** A machine on the same segment that sends any bytes and records all frames that reach it. */
  readonly peer: {
    send(frame: Uint8Array): void;
    /** Every frame that arrived from the wire, oldest first; other traffic of the machine may be among them. */
    readonly received: readonly Uint8Array[];
  };
  /** Takes the link of our side down or brings it up again, as an operator or a cable would. */
  setLink(state: 'up' | 'down'): Promise<void>;
  /** Waits until `condition` holds, in the time of this pair (simulated or real); rejects when it takes too long. */
  until(condition: () => boolean): Promise<void>;
  /** Gives everything back, whatever state the test left. */
  close(): Promise<void>;
}

/** The IPv4 address that the contract watches: 192.0.2.10. */
const WATCHED_IPV4 = hex('c000020a');
/** The IPv6 address that the contract watches: 2001:db8::10. */
const WATCHED_IPV6 = hex('20010db8000000000000000000000010');
const BROADCAST = 'ffffffffffff';

/** "Who has 192.0.2.`host`? Tell 192.0.2.99", from 02:00:00:00:00:99. */
function arpRequest(destination: string, host: string = '0a'): Uint8Array {
  return hex(
    `${destination} 020000000099 0806` + // Ethernet: destination, source, ARP
      `0001 0800 06 04 0001` + // Ethernet, IPv4, lengths, request
      `020000000099 c0000263` + // sender
      `000000000000 c00002${host}`, // target
  );
}

/** A neighbour solicitation for 2001:db8::10 from fe80::99 to its solicited-node group ff02::1:ff00:10. */
const SOLICITATION: Uint8Array = hex(
  '3333ff000010 020000000099 86dd' + // Ethernet: the group's address, source, IPv6
    '60000000 0020 3a ff' + // version 6, 32 bytes of payload, ICMPv6, hop limit 255
    'fe800000000000000000000000000099' + // source
    'ff0200000000000000000001ff000010' + // destination
    '87 00 4a13 00000000' + // neighbour solicitation, code 0, checksum
    '20010db8000000000000000000000010' + // target
    '01 01 020000000099', // source link-layer address
);

/** A neighbour advertisement for 2001:db8::10 from that address to all nodes. */
const ADVERTISEMENT: Uint8Array = hex(
  '333300000001 020000000099 86dd' + // Ethernet: all nodes, source, IPv6
    '60000000 0020 3a ff' + // version 6, 32 bytes of payload, ICMPv6, hop limit 255
    '20010db8000000000000000000000010' + // source
    'ff020000000000000000000000000001' + // destination
    '88 00 0000 20000000' + // neighbour advertisement, code 0, a checksum that nobody here looks at, override
    '20010db8000000000000000000000010' + // target
    '02 01 020000000099', // target link-layer address
);

/** A router advertisement from fe80::99 to all nodes, without options. */
const ROUTER_ADVERTISEMENT: Uint8Array = hex(
  '333300000001 020000000099 86dd' + // Ethernet: all nodes, source, IPv6
    '60000000 0010 3a ff' + // version 6, 16 bytes of payload, ICMPv6, hop limit 255
    'fe800000000000000000000000000099' + // source
    'ff020000000000000000000000000001' + // destination
    '86 00 0000' + // router advertisement, code 0, a checksum that nobody here looks at
    '40 00 0000 00000000 00000000', // hop limit, flags, lifetime 0, times
);

/** ICMP echo requests to 192.0.2.10 and 2001:db8::10; no link looks at their checksums. */
const PING: Uint8Array = hex(
  '000000000000 020000000099 0800' + // Ethernet: destination to be filled in, source, IPv4
    '45 00 001c 0000 4000 40 01 0000' + // 28 bytes, whole, 64 hops, ICMP
    'c0000263 c000020a' + // from 192.0.2.99
    '08 00 0000 0001 0001', // echo request, code 0, identifier, sequence
);
const PING6: Uint8Array = hex(
  '000000000000 020000000099 86dd' + // Ethernet: destination to be filled in, source, IPv6
    '60000000 0008 3a 3f' + // 8 bytes, ICMPv6, 63 hops: it came through a router
    '20010db8000000000000000000000099 20010db8000000000000000000000010' +
    '80 00 0000 0001 0001', // echo request, code 0, identifier, sequence
);

/**
 * Defines the tests that every {@link LinkSocket} must pass, simulated or real.
 *
 * `makePair` is called before each test, and the pair closed after it.
 */
export function linkSocketContract(name: string, makePair: () => Promise<LinkPair>): void {
  answeringContract(name, makePair);
  describe(`${name} keeps the link socket contract`, () => {
    let pair: LinkPair;
    let frames: Uint8Array[];
    let links: ('up' | 'down')[];

    beforeEach(async () => {
      pair = await makePair();
      frames = [];
      links = [];
    });
    afterEach(async () => {
      await pair.close();
    });

    function listen(): void {
      pair.ours.listen({
        onFrame: (frame) => void frames.push(Uint8Array.from(frame)),
        onLink: (state) => void links.push(state),
      });
      pair.ours.watch({ ipv4: [WATCHED_IPV4], ipv6: [WATCHED_IPV6] });
    }
    const arrived = (frame: Uint8Array): boolean => frames.some((one) => startsWith(one, frame));
    /** Sends until it arrived, for a real switch may need a moment; then says `true`. */
    async function heard(frame: Uint8Array): Promise<boolean> {
      await pair.until(() => {
        if (!arrived(frame)) pair.peer.send(frame);
        return arrived(frame);
      });
      return true;
    }

    test('it names its interface, has a unicast hardware address of 6 bytes, and begins up', () => {
      expect(pair.ours.interfaceName).not.toBe('');
      expect(pair.ours.mac).toHaveLength(6);
      expect((pair.ours.mac[0] ?? 1) & 1).toBe(0);
      expect(pair.ours.up).toBe(true);
    });

    test('it delivers a broadcast ARP request for a watched address, byte for byte', async () => {
      listen();
      expect(await heard(arpRequest(BROADCAST))).toBe(true);
    });

    test('it delivers an ARP request sent to its own hardware address', async () => {
      listen();
      expect(await heard(arpRequest(toHex(pair.ours.mac)))).toBe(true);
    });

    test('it delivers a neighbour solicitation sent to the solicited-node group of a watched address', async () => {
      listen();
      expect(await heard(SOLICITATION)).toBe(true);
    });

    test('it delivers what claims a watched address: ARP replies and requests of its sender, neighbour advertisements', async () => {
      listen();
      const reply = arpRequest(BROADCAST, '63');
      reply[21] = 2;
      reply.set(WATCHED_IPV4, 28);
      const request = arpRequest(BROADCAST, '01');
      request.set(WATCHED_IPV4, 28);
      for (const claim of [reply, request, ADVERTISEMENT]) expect(await heard(claim)).toBe(true);
    });

    test('of addresses of which only claims are wanted it delivers the claims', async () => {
      listen();
      pair.ours.watch({ ipv4: [], ipv6: [], claims: [WATCHED_IPV4, WATCHED_IPV6] });
      const reply = arpRequest(toHex(pair.ours.mac), '63');
      reply[21] = 2;
      reply.set(WATCHED_IPV4, 28);
      for (const claim of [reply, ADVERTISEMENT]) expect(await heard(claim)).toBe(true);
    });

    test('where echo requests are wanted, it delivers those to a watched address', async () => {
      listen();
      pair.ours.watch({ ipv4: [WATCHED_IPV4], ipv6: [WATCHED_IPV6], echo: true });
      for (const ping of [PING, PING6]) {
        const toUs = Uint8Array.from(ping);
        toUs.set(pair.ours.mac);
        expect(await heard(toUs)).toBe(true);
      }
      expect(await heard(arpRequest(BROADCAST))).toBe(true);
      expect(await heard(SOLICITATION)).toBe(true);
    });

    test('where router advertisements are wanted, it delivers them, and nothing else needs to be watched', async () => {
      listen();
      pair.ours.watch({ ipv4: [], ipv6: [], routers: true });
      expect(await heard(ROUTER_ADVERTISEMENT)).toBe(true);
    });

    test('what is watched can be replaced while it runs, and a later address is heard', async () => {
      listen();
      expect(await heard(arpRequest(BROADCAST))).toBe(true);
      pair.ours.watch({ ipv4: [hex('c000020b'), hex('c000020c')], ipv6: [] });
      expect(await heard(arpRequest(BROADCAST, '0c'))).toBe(true);
      expect(await heard(arpRequest(BROADCAST, '0b'))).toBe(true);
    });

    test('what it sends arrives whole at the other end and does not come back to its own listener', async () => {
      listen();
      const frame = arpRequest(BROADCAST);
      frame.set(pair.ours.mac, 6);
      const sent = Uint8Array.from(frame);
      expect(pair.ours.send(frame)).toBe('sent');
      frame.fill(0); // The bytes are the caller's again as soon as the call returned.
      await pair.until(() => pair.peer.received.some((one) => startsWith(one, sent)));
      expect(await heard(SOLICITATION)).toBe(true);
      expect(arrived(sent)).toBe(false);
    });

    test('a frame of another VLAN is dropped, or delivered with its tag, but never as if it had none', async () => {
      listen();
      const plain = arpRequest(BROADCAST);
      const tagged = new Uint8Array(plain.length + 4);
      tagged.set(plain.subarray(0, 12));
      tagged.set(hex('81000007'), 12); // IEEE 802.1Q, VLAN 7
      tagged.set(plain.subarray(12), 16);
      pair.peer.send(tagged);
      expect(await heard(SOLICITATION)).toBe(true);
      expect(arrived(plain)).toBe(false);
    });

    test('a link that goes down says so once, refuses to send, and works again after it came up', async () => {
      listen();
      expect(await heard(arpRequest(BROADCAST))).toBe(true);
      await pair.setLink('down');
      await pair.until(() => links.includes('down'));
      expect(pair.ours.up).toBe(false);
      expect(pair.ours.send(arpRequest(BROADCAST))).toBe('down');
      await pair.setLink('up');
      await pair.until(() => links.includes('up'));
      expect(pair.ours.up).toBe(true);
      expect(links).toEqual(['down', 'up']);
      frames.length = 0;
      expect(await heard(arpRequest(BROADCAST))).toBe(true);
      expect(await heard(SOLICITATION)).toBe(true);
      expect(pair.ours.send(arpRequest(BROADCAST))).toBe('sent');
    });

    test('a frame whose time is over is late and not sent, one whose time is not is sent', async () => {
      listen();
      const frame = (host: string): Uint8Array => {
        const request = arpRequest(BROADCAST, host);
        request.set(pair.ours.mac, 6);
        return request;
      };
      expect(pair.ours.send(frame('01'), pair.ours.nowMs())).toBe('late');
      expect(pair.ours.send(frame('02'), Number.NEGATIVE_INFINITY)).toBe('late');
      expect(pair.ours.send(frame('03'), pair.ours.nowMs() + 60_000)).toBe('sent');
      expect(pair.ours.send(frame('04'), Number.POSITIVE_INFINITY)).toBe('sent');
      const heardBy = (sent: Uint8Array): boolean =>
        pair.peer.received.some((one) => startsWith(one, sent));
      await pair.until(() => heardBy(frame('04')));
      expect(['01', '02', '03'].map((host) => heardBy(frame(host)))).toEqual([false, false, true]);
    });

    test('once closed it delivers nothing, sends nothing, and may be closed again', async () => {
      listen();
      expect(await heard(arpRequest(BROADCAST))).toBe(true);
      pair.ours.close();
      frames.length = 0;
      expect(pair.ours.send(arpRequest(BROADCAST))).toBe('gone');
      pair.peer.send(arpRequest(BROADCAST));
      await pair.setLink('down');
      await pair.setLink('up');
      pair.ours.close();
      expect(frames).toEqual([]);
      expect(links).toEqual([]);
    });

    test('a second listener is a mistake and is refused', () => {
      listen();
      expect(listen).toThrow(/listen/i);
    });
  });
}

/** What a link must keep that can answer by itself (`answerFrom`). All that we have can. */
function answeringContract(name: string, makePair: () => Promise<LinkPair>): void {
  describe(`${name} answers by itself as the link socket contract wants`, () => {
    let pair: LinkPair;
    let delivered: { readonly frame: Uint8Array; readonly answered: boolean }[];
    /** Room for two addresses: their ends, then 192.0.2.10 and 192.0.2.11. */
    let endsMs: Float64Array;

    beforeEach(async () => {
      pair = await makePair();
      delivered = [];
      const table = new Uint8Array(24);
      endsMs = new Float64Array(table.buffer, 0, 2);
      table.set(WATCHED_IPV4, 16);
      table.set(hex('c000020b'), 20);
      pair.ours.listen({
        onFrame: (frame, answered) =>
          void delivered.push({ frame: Uint8Array.from(frame), answered: answered === true }),
        onLink: () => {},
      });
      pair.ours.watch({ ipv4: [WATCHED_IPV4, hex('c000020b'), hex('c000020c')], ipv6: [] });
      if (pair.ours.answerFrom === undefined) throw new Error('this link cannot answer by itself');
      pair.ours.answerFrom(table);
    });
    afterEach(async () => {
      await pair.close();
    });

    const isReply = (frame: Uint8Array): boolean => toHex(frame.subarray(12, 22)).endsWith('0002');
    const replies = (): Uint8Array[] => pair.peer.received.filter(isReply);
    /** Asks until the question was delivered; says how it was. */
    async function ask(question: Uint8Array): Promise<boolean> {
      delivered.length = 0;
      await pair.until(() => {
        if (delivered.length === 0) pair.peer.send(question);
        return delivered.length > 0;
      });
      return delivered[0]?.answered === true;
    }

    test('a request for an address in the table is answered with its own hardware address, and delivered with the mark', async () => {
      endsMs[0] = pair.ours.nowMs() + 60_000;
      expect(await ask(arpRequest(BROADCAST))).toBe(true);
      await pair.until(() => replies().length > 0);
      const ours = toHex(pair.ours.mac);
      expect(toHex(replies()[0] ?? hex('')).slice(0, 84)).toBe(
        `020000000099${ours}08060001080006040002${ours}c000020a020000000099c0000263`,
      );
      expect(startsWith(delivered[0]?.frame ?? hex(''), arpRequest(BROADCAST))).toBe(true);
      expect(await ask(arpRequest(toHex(pair.ours.mac)))).toBe(true);
    });

    test('what has ended, has no end, or is not in the table is delivered unanswered', async () => {
      endsMs[1] = Number.POSITIVE_INFINITY;
      for (const endMs of [0, pair.ours.nowMs(), -1, Number.NEGATIVE_INFINITY, Number.NaN]) {
        endsMs[0] = endMs;
        expect(await ask(arpRequest(BROADCAST))).toBe(false);
      }
      expect(await ask(arpRequest(BROADCAST, '0c'))).toBe(false);
      expect(await ask(arpRequest(BROADCAST, '0b'))).toBe(true);
      await pair.until(() => replies().length > 0);
      expect(replies().every((frame) => frame[31] === 0x0b)).toBe(true);
    });

    test('what is written into the table counts for a frame that waits already', async () => {
      endsMs[0] = Number.POSITIVE_INFINITY;
      expect(await ask(arpRequest(BROADCAST))).toBe(true);
      await pair.until(() => replies().length > 0);
      const before = replies().length;
      delivered.length = 0;
      for (let count = 0; count < 10; count++) pair.peer.send(arpRequest(BROADCAST));
      endsMs[0] = 0;
      await pair.until(() => delivered.length === 10);
      expect(delivered.some(({ answered }) => answered)).toBe(false);
      endsMs[1] = Number.POSITIVE_INFINITY;
      expect(await ask(arpRequest(BROADCAST, '0b'))).toBe(true);
      await pair.until(() => replies().some((frame) => frame[31] === 0x0b));
      expect(replies().filter((frame) => frame[31] === 0x0a)).toHaveLength(before);
    });

    test('another table replaces the first', async () => {
      endsMs.fill(Number.POSITIVE_INFINITY);
      const other = new Uint8Array(12);
      other.set(hex('c000020c'), 8);
      new Float64Array(other.buffer, 0, 1).fill(Number.POSITIVE_INFINITY);
      pair.ours.answerFrom?.(other);
      expect(await ask(arpRequest(BROADCAST))).toBe(false);
      expect(await ask(arpRequest(BROADCAST, '0c'))).toBe(true);
    });

    test('frames that are no plain request are delivered unanswered', async () => {
      endsMs[0] = Number.POSITIVE_INFINITY;
      const fromGroup = arpRequest(BROADCAST);
      fromGroup[6] = 3;
      const ofUs = arpRequest(BROADCAST);
      ofUs.set(pair.ours.mac, 6);
      for (const frame of [fromGroup, ofUs]) expect(await ask(frame)).toBe(false);
      expect(replies()).toEqual([]);
    });

    test('after the link was down and up it answers again', async () => {
      endsMs[0] = Number.POSITIVE_INFINITY;
      await pair.setLink('down');
      await pair.until(() => !pair.ours.up);
      await pair.setLink('up');
      await pair.until(() => pair.ours.up);
      expect(await ask(arpRequest(BROADCAST))).toBe(true);
    });
  });
}

function startsWith(frame: Uint8Array, start: Uint8Array): boolean {
  // Hardware pads short frames to 60 bytes, so more may follow.
  return frame.length >= start.length && start.every((byte, at) => frame[at] === byte);
}

function hex(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '');
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
