import { describe, expect, test } from 'vitest';
import {
  BgpPeer,
  CEASE,
  cease,
  encodeMessage,
  endOfRib,
  type PeerMetrics,
  type SessionOptions,
} from '../../src/index.ts';
import { annaAt, benAt, say, TwoSpeakers } from './two-speakers.ts';

describe('a session', () => {
  test('tells all routes, then marks their end', async () => {
    const both = new TwoSpeakers();
    say(both.anna, ['198.51.100.0/24', '203.0.113.0/24']);
    await both.establish();
    expect(both.ben.diary.take()).toEqual([
      'established',
      '+198.51.100.0/24',
      '+203.0.113.0/24',
      'end of ipv4-unicast',
    ]);
    expect(both.anna.diary.take()).toEqual(['established', 'end of ipv4-unicast']);
  });

  test('tells what comes later when it is told of it', async () => {
    const both = await new TwoSpeakers().establish();
    both.ben.diary.take();
    say(both.anna, ['198.51.100.0/24']);
    await both.clock.advance(10);
    expect(both.ben.diary.take()).toEqual(['+198.51.100.0/24']);
  });

  test('knows both ends of its connection and what was agreed', async () => {
    const both = await new TwoSpeakers({ holdTimeS: 30 }).establish();
    expect(both.anna.peer.status).toMatchObject({
      phase: 'Established',
      session: { localAddress: annaAt, remoteAddress: benAt, holdMs: 30_000 },
      lastEnd: undefined,
    });
  });

  test('lives as long as both do', async () => {
    const both = await new TwoSpeakers(
      { holdTimeS: 3 },
      { mode: 'passive', holdTimeS: 3 },
    ).establish();
    await both.clock.advance(3_600_000);
    expect(both.isUp()).toBe(true);
    expect(both.network.pairs).toHaveLength(1);
  });

  test('that both sides begin at once is on one connection', async () => {
    const both = await new TwoSpeakers({}, {}).establish();
    const open = both.network.pairs.filter(([near, far]) => !near.closed && !far.closed);
    expect([both.network.pairs.length, open.length]).toEqual([2, 1]);
  });
});

describe('a refresh', () => {
  test('is told from the beginning, between two marks', async () => {
    const both = new TwoSpeakers();
    say(both.anna, ['198.51.100.0/24']);
    await both.establish();
    both.ben.diary.take();
    both.anna.sent.splice(0);
    expect(both.ben.peer.requestRefresh('ipv4-unicast')).toBe(true);
    await both.clock.advance(200);
    expect(both.ben.diary.take()).toEqual(['+198.51.100.0/24']);
    expect(both.anna.sent).toEqual(['ROUTE-REFRESH', 'UPDATE', 'ROUTE-REFRESH']);
  });

  test('that is asked for a thousand times in a moment is told once, and none after the session', async () => {
    const both = new TwoSpeakers();
    say(both.anna, ['198.51.100.0/24']);
    await both.establish();
    both.anna.sent.splice(0);
    for (let asked = 0; asked < 1000; asked++) both.ben.peer.requestRefresh('ipv4-unicast');
    await both.clock.advance(200);
    expect(both.anna.sent).toEqual(['ROUTE-REFRESH', 'UPDATE', 'ROUTE-REFRESH']);
    both.ben.peer.requestRefresh('ipv4-unicast');
    await both.clock.advance(10);
    both.anna.peer.stop();
    await both.clock.advance(1000);
    expect(both.anna.sent.slice(3)).toEqual(['NOTIFICATION']);
  });

  test('cannot be asked for without a session, or for a family that was not agreed on', async () => {
    const both = new TwoSpeakers();
    expect(both.ben.peer.requestRefresh('ipv4-unicast')).toBe(false);
    await both.establish();
    expect(both.ben.peer.requestRefresh('ipv6-unicast')).toBe(false);
  });
});

describe('an end', () => {
  test('by a stop is explained to the peer', async () => {
    const both = await new TwoSpeakers().establish();
    both.anna.peer.stop('shutdown', 'out for lunch');
    await both.clock.advance(10);
    expect(both.ben.peer.status).toMatchObject({ phase: 'Idle', session: undefined });
    expect(both.ben.peer.status.lastEnd).toBe(
      'the peer said: Cease, Administrative Shutdown: "out for lunch"',
    );
  });

  test('by a reset is followed by another session', async () => {
    const both = await new TwoSpeakers().establish();
    both.anna.peer.reset(cease(CEASE.BFD_DOWN));
    await both.clock.advance(10);
    expect(both.isUp()).toBe(false);
    await both.clock.until(() => both.isUp());
    expect(both.anna.peer.status.lastEnd).toBe('we said: Cease, BFD Down');
  });

  test('is not what other delays between attempts are, which must be more than 0', async () => {
    const both = await new TwoSpeakers().establish();
    both.anna.diary.take();
    expect(() => both.anna.peer.retryAfter({ connectRetryMs: 0 })).toThrow(
      'connectRetryMs must be more than 0, not 0',
    );
    both.anna.peer.retryAfter({ connectRetryMs: 5000 });
    await both.clock.advance(10_000);
    expect(both.anna.diary.take()).toEqual([]);
    expect(both.isUp()).toBe(true);
  });

  test('by a restart leaves the routes with the peer, until it has heard them again', async () => {
    const gracefulRestart = {};
    const options = [{ gracefulRestart }, { gracefulRestart, mode: 'passive' }] as const;
    const both = await new TwoSpeakers(...options).establish();
    both.ben.diary.take();
    both.anna.peer.stop('restart');
    await both.clock.advance(10);
    both.anna.peer.start(true);
    await both.clock.until(() => both.isUp());
    await both.clock.advance(10);
    expect(both.ben.diary.take()).toEqual([
      'down, kept ipv4-unicast',
      'established',
      'flush ipv4-unicast',
      'end of ipv4-unicast',
    ]);
  });

  test.each<[string, Partial<SessionOptions>, string]>([
    ['another AS', { localAsn: 65_000 }, 'the peer said: OPEN Message Error, Bad Peer AS'],
    ['no family in common', { families: ['ipv6-unicast'] }, 'Unsupported Capability'],
  ])('comes at once with %s, and the state says why', async (_, options, why) => {
    const both = new TwoSpeakers(options);
    both.start();
    await both.clock.advance(100);
    expect([both.anna.peer, both.ben.peer].map(({ status }) => status.lastEnd).join()).toContain(
      why,
    );
    expect(both.isUp()).toBe(false);
  });

  test('is told to its owner, with the OPEN that was refused', async () => {
    const both = new TwoSpeakers({ localAsn: 65_000 });
    both.start();
    await both.clock.advance(100);
    expect(both.ben.diary.take()).toEqual(['failed notification-sent AS 65000']);
    expect(both.anna.diary.take()).toEqual(['failed notification-received']);
  });

  test('without a listener at the other side is a refused connection', async () => {
    const both = new TwoSpeakers();
    const deps = {
      dialer: both.network.dialer(annaAt, '192.0.2.99'),
      clock: both.clock,
      random: () => 0,
    };
    const options = { localAsn: 1, peerAsn: 2, identifier: annaAt };
    const peer = new BgpPeer(deps, 'nobody', options);
    peer.start();
    await both.clock.advance(10);
    expect(peer.status).toMatchObject({
      phase: 'Active',
      lastEnd: 'the connection failed: ECONNREFUSED',
    });
  });
});

describe('a peer that does not read', () => {
  const many = Array.from({ length: 40_000 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24`);

  test('is not sent more than it takes, whatever there is to tell', async () => {
    const both = await new TwoSpeakers().establish();
    const [annas, bens] = both.lastPair;
    bens.stall();
    for (let time = 0; time < 4; time++) say(both.anna, time % 2 === 0 ? many : []);
    say(both.anna, many);
    // A window, and one message of the longest kind.
    expect(annas.unreadBytes).toBeLessThan(2 * 65_536);
    bens.resume();
    await both.clock.advance(1000);
    expect(new Set(both.ben.diary.take().filter((line) => line.startsWith('+'))).size).toBe(40_000);
  });

  test('is given up when the send hold time is over', async () => {
    const both = await new TwoSpeakers(
      { holdTimeS: 0, sendHoldMs: 20_000 },
      { holdTimeS: 0, mode: 'passive' },
    ).establish();
    both.lastPair[1].stall();
    say(both.anna, many);
    await both.clock.advance(19_000);
    expect(both.anna.peer.status.phase).toBe('Established');
    await both.clock.advance(1000);
    expect(both.anna.peer.status.lastEnd).toBe('we said: Send Hold Timer Expired');
    expect(both.lastPair[0].closed).toBe(true);
  });
});

describe('a hostile peer', () => {
  /** Somebody at Ben's address who says just this once he has seen an OPEN. */
  async function against(
    bytes: Uint8Array,
  ): Promise<{ status: string | undefined; faults: string[] }> {
    const both = new TwoSpeakers();
    const faults: string[] = [];
    const metrics: PeerMetrics = {
      sent: () => {},
      received: () => {},
      faulty: (reason) => void faults.push(reason),
    };
    both.network.listen(benAt, (connection) => {
      connection.listen({
        onConnected: () => {},
        onData: () => {},
        onDrain: () => {},
        onClosed: () => {},
      });
      connection.send(bytes);
    });
    const dialer = both.network.dialer(annaAt, benAt);
    const peer = new BgpPeer({ dialer, clock: both.clock, random: () => 0, metrics }, 'x', {
      localAsn: 64_512,
      peerAsn: 64_513,
      identifier: annaAt,
    });
    peer.start();
    await both.clock.advance(100);
    return { status: peer.status.lastEnd, faults };
  }

  const marker = Array.from({ length: 16 }, () => 0xff);

  test.each<[string, number[], string, string]>([
    [
      'a wrong marker',
      [...marker.slice(1), 0, 0, 19, 4],
      'bad-marker',
      'Connection Not Synchronized',
    ],
    ['a length that is too small', [...marker, 0, 18, 4], 'bad-length', 'Bad Message Length'],
    ['a length that is too large', [...marker, 0x10, 0x01, 2], 'bad-length', 'Bad Message Length'],
    ['a type that is none', [...marker, 0, 19, 9], 'bad-type', 'Bad Message Type'],
  ])('with %s is told so, and counted', async (_, bytes, reason, name) => {
    const { status, faults } = await against(Uint8Array.from(bytes));
    expect(faults).toEqual([reason]);
    expect(status).toContain(`we said: Message Header Error, ${name}`);
  });

  test('that begins with anything but an OPEN is told so', async () => {
    const { status } = await against(encodeMessage({ type: 'KEEPALIVE' }));
    expect(status).toBe('we said: Finite State Machine Error, Unexpected Message in OpenSent');
  });

  test('of whose message everything is discarded has not marked an End-of-RIB', async () => {
    const both = await new TwoSpeakers().establish();
    both.ben.diary.take();
    // Empty but for a LOCAL_PREF, which no external peer has to send.
    const attributes = [{ type: 'LOCAL_PREF', value: 100 } as const];
    both.lastPair[0].send(encodeMessage({ type: 'UPDATE', withdrawn: [], attributes, nlri: [] }));
    await both.clock.advance(10);
    expect(both.ben.diary.take()).toEqual([]);
    both.lastPair[0].send(encodeMessage(endOfRib('ipv4-unicast')));
    await both.clock.advance(10);
    expect(both.ben.diary.take()).toEqual(['end of ipv4-unicast']);
  });

  test('that sends the same malformed UPDATE again and again is complained of once a session', async () => {
    const both = await new TwoSpeakers().establish();
    const attributes = [{ type: 'LOCAL_PREF', value: 100 } as const];
    const update = encodeMessage({ type: 'UPDATE', withdrawn: [], attributes, nlri: [] });
    const { warnings, peer } = both.ben;
    for (let count = 0; count < 100; count++) both.lastPair[0].send(update);
    await both.clock.advance(10);
    const [complaint] = warnings;
    expect(complaint).toMatchObject({
      message: 'bgp update is malformed',
      reason: 'internal-attribute',
    });
    expect(warnings).toHaveLength(1);
    both.anna.peer.reset(cease(CEASE.ADMINISTRATIVE_RESET));
    await both.clock.advance(10_000);
    expect(peer.status.phase).toBe('Established');
    both.lastPair[0].send(update);
    await both.clock.advance(10);
    expect(warnings).toEqual([
      complaint,
      expect.objectContaining({ message: 'bgp session lost' }),
      complaint,
    ]);
  });

  test('that sends a message in pieces, or ten thousand at once, is read all the same', async () => {
    const both = await new TwoSpeakers().establish();
    const [annas] = both.lastPair;
    const keepalive = encodeMessage({ type: 'KEEPALIVE' });
    for (const byte of keepalive) annas.send(Uint8Array.of(byte));
    const flood = new Uint8Array(keepalive.length * 10_000);
    for (let at = 0; at < flood.length; at += keepalive.length) flood.set(keepalive, at);
    annas.send(flood);
    await both.clock.advance(100);
    expect(both.isUp()).toBe(true);
  });
});

test('a stranger is refused, and one of two peers is found by its address', async () => {
  const both = await new TwoSpeakers().establish();
  const said: Uint8Array[] = [];
  let closed = false;
  both.network.dialer('192.0.2.77', annaAt).dial({
    onConnected: () => {},
    onData: (bytes) => void said.push(bytes.slice()),
    onDrain: () => {},
    onClosed: () => (closed = true),
  });
  await both.clock.advance(10);
  expect(said).toEqual([encodeMessage(cease(CEASE.CONNECTION_REJECTED))]);
  expect(closed).toBe(true);
});
