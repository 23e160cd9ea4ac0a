import { describe, expect, test } from 'vitest';
import { CEASE, NOTIFICATION, type SessionEffect, type SessionOptions } from '../../src/index.ts';
import {
  bfdDown,
  notification,
  openFrom,
  peerAsn,
  restartCapability,
  SessionBench,
} from './session-bench.ts';

const failDial = (bench: SessionBench): void =>
  void bench.feed({ kind: 'disconnected', connection: bench.connection, error: 'ECONNREFUSED' });

describe('attempts', () => {
  test('come after delays that double from a second on to the longest, jittered by a quarter', () => {
    const bench = new SessionBench({ connectRetryMs: 10_000 }).start();
    const delays = Array.from({ length: 6 }, () => {
      failDial(bench);
      const delayMs = (bench.state.wakeAtMs ?? 0) - bench.nowMs;
      bench.wake();
      return delayMs;
    });
    expect(delays).toEqual([750, 1500, 3000, 6000, 7500, 7500]);
  });

  test('come after other delays from when these are given, and the one that is waited for stays', () => {
    const bench = new SessionBench({ connectRetryMs: 10_000 }).start();
    failDial(bench);
    expect(bench.tell({ kind: 'retry-times', connectRetryMs: 3000, retryFirstMs: 2000 })).toEqual(
      [],
    );
    const delays = Array.from({ length: 3 }, () => {
      const delayMs = (bench.state.wakeAtMs ?? 0) - bench.nowMs;
      bench.wake();
      failDial(bench);
      return delayMs;
    });
    expect(delays).toEqual([750, 2250, 2250]);
  });

  test('that the network swallows are given up in time, and begin again', () => {
    const bench = new SessionBench({ connectTimeoutMs: 4000 }).start();
    expect(bench.state.wakeAtMs).toBe(4000);
    expect(bench.wake()).toEqual(['close', 'ended: connect-timeout', 'dial']);
  });

  test('of a passive session are left to the peer', () => {
    const bench = new SessionBench({ mode: 'passive' });
    expect(bench.tell({ kind: 'start' })).toEqual([]);
    expect([bench.phase, bench.state.wakeAtMs]).toEqual(['Active', undefined]);
    expect(bench.tell({ kind: 'accepted' })).toEqual(['adopt', 'send OPEN']);
    failDial(bench);
    expect([bench.phase, bench.state.wakeAtMs]).toEqual(['Active', undefined]);
  });

  test('of the peer are refused by an active session', () => {
    const bench = new SessionBench({ mode: 'active' }).start();
    expect(bench.tell({ kind: 'accepted' })).toEqual(['refuse 6/5']);
  });

  test('go on while the peer has connected to us, and end when that becomes a session', () => {
    const bench = new SessionBench().start();
    bench.feed({ kind: 'accepted' });
    bench.feed({ kind: 'open', connection: 2, open: openFrom() });
    expect(bench.state.connections.map(({ stage }) => stage)).toEqual(['dialing', 'OpenConfirm']);
    expect(bench.tell({ kind: 'keepalive', connection: 2 })).toEqual([
      'close',
      'ended: given-up',
      'established',
    ]);
  });
});

describe('after an end', () => {
  test('an error is followed by a rest in Idle that grows', () => {
    const bench = new SessionBench();
    bench.start();
    const rests = Array.from({ length: 3 }, () => {
      bench.connect().open(openFrom({ asn: 65_000 }));
      expect(bench.phase).toBe('Idle');
      const restMs = (bench.state.wakeAtMs ?? 0) - bench.nowMs;
      expect(bench.wake()).toEqual(['dial']);
      return restMs;
    });
    expect(rests).toEqual([750, 1500, 3000]);
  });

  test('a session that stood for a while lets the delays begin again, one that fell at once does not', () => {
    const delayAfter = (upMs: number): number => {
      const bench = new SessionBench().start();
      for (let time = 0; time < 4; time++) {
        failDial(bench);
        bench.wake();
      }
      bench.connect().open();
      bench.feed({ kind: 'keepalive', connection: bench.connection });
      bench.nowMs += upMs;
      failDial(bench);
      return (bench.state.wakeAtMs ?? 0) - bench.nowMs;
    };
    expect([delayAfter(59_999), delayAfter(60_000)]).toEqual([12_000, 750]);
  });

  test('what is said of a closed connection changes nothing', () => {
    const bench = new SessionBench().establish();
    bench.feed({ kind: 'reset', notification: bfdDown });
    const before = bench.state;
    for (const kind of ['keepalive', 'update', 'stalled', 'flowing', 'connected'] as const) {
      expect(bench.feed({ kind, connection: 1 })).toEqual([]);
    }
    expect(bench.state).toEqual(before);
  });
});

describe('the hold timer', () => {
  const holdAt = (bench: SessionBench): number | undefined => bench.state.connections[0]?.holdAtMs;

  test('runs with the smaller of both times, and anything that is said winds it up', () => {
    const bench = new SessionBench({ holdTimeS: 30 }).establish(openFrom({ holdTimeS: 12 }));
    expect(holdAt(bench)).toBe(12_000);
    bench.nowMs = 5000;
    bench.feed({ kind: 'update', connection: 1 });
    expect(holdAt(bench)).toBe(17_000);
    bench.nowMs = 6000;
    bench.feed({ kind: 'keepalive', connection: 1 });
    expect(holdAt(bench)).toBe(18_000);
  });

  test('ends a session whose peer is silent, though we go on speaking', () => {
    const bench = new SessionBench({ holdTimeS: 9 }).establish();
    const said = Array.from({ length: 4 }, () => bench.wake());
    expect(said).toEqual([
      ['send KEEPALIVE'],
      ['send KEEPALIVE'],
      ['send KEEPALIVE'],
      ['send 4/0', 'close', 'down: said 4/0'],
    ]);
    expect(bench.nowMs).toBe(9000);
  });

  test('waits for minutes for the peer’s OPEN', () => {
    expect(holdAt(new SessionBench().start().connect())).toBe(240_000);
  });

  test('of 0 s watches nothing and sends no KEEPALIVE after the one that confirms', () => {
    const bench = new SessionBench({ holdTimeS: 0 }).establish();
    expect([holdAt(bench), bench.state.wakeAtMs]).toEqual([undefined, undefined]);
  });

  test('asks for a KEEPALIVE in each third, or as often as was said', () => {
    const nextAt = (options: Partial<SessionOptions>): number | undefined =>
      new SessionBench(options).establish().state.connections[0]?.keepaliveAtMs;
    expect(nextAt({})).toBe(30_000 * 0.75);
    expect(nextAt({ keepaliveMs: 10_000 })).toBe(10_000 * 0.75);
    expect(nextAt({ keepaliveMs: 80_000 })).toBe(30_000 * 0.75);
  });
});

describe('a peer that takes nothing', () => {
  test('is given up after the send hold time, without waiting for it', () => {
    const bench = new SessionBench({ holdTimeS: 0, sendHoldMs: 5000 }).establish();
    bench.feed({ kind: 'stalled', connection: 1 });
    bench.nowMs = 3000;
    bench.feed({ kind: 'stalled', connection: 1 });
    expect(bench.state.wakeAtMs).toBe(5000);
    expect(bench.wake()).toEqual(['send 8/0', 'abort', 'down: said 8/0']);
  });

  test('has its time back when it takes something', () => {
    const bench = new SessionBench({ holdTimeS: 0, sendHoldMs: 5000 }).establish();
    bench.feed({ kind: 'stalled', connection: 1 });
    bench.feed({ kind: 'flowing', connection: 1 });
    expect(bench.state.wakeAtMs).toBeUndefined();
  });
});

describe('two connections', () => {
  const both = (identifier: string): SessionBench => {
    const bench = new SessionBench({ identifier }).start().connect();
    bench.feed({ kind: 'accepted' });
    return bench;
  };

  test.each([
    ['192.0.2.1', 1, ['send 6/7', 'close', 'ended: said 6/7']],
    ['192.0.2.201', 1, ['send 6/7', 'close', 'ended: said 6/7', 'send KEEPALIVE']],
    ['192.0.2.1', 2, ['send 6/7', 'close', 'ended: said 6/7', 'send KEEPALIVE']],
    ['192.0.2.201', 2, ['send 6/7', 'close', 'ended: said 6/7']],
  ])('become one with the first OPEN: we are %s, it came on connection %i', (ours, on, said) => {
    const bench = both(ours);
    expect(bench.tell({ kind: 'open', connection: on, open: openFrom() })).toEqual(said);
    const kept = ours === '192.0.2.201' ? 1 : 2;
    expect(bench.state.connections.map(({ id }) => id)).toEqual([kept]);
    expect(bench.phase).toBe(on === kept ? 'OpenConfirm' : 'OpenSent');
  });

  test.each([CEASE.CONNECTION_COLLISION_RESOLUTION, CEASE.CONNECTION_REJECTED])(
    'where the peer does not want the connection (6/%i), we listen, and do not rest in Idle',
    (subcode) => {
      const bench = new SessionBench().start().connect();
      const refusal = notification(NOTIFICATION.CEASE, subcode);
      bench.feed({ kind: 'notification', connection: 1, notification: refusal });
      expect(bench.phase).toBe('Active');
    },
  );

  test('of the peer are never two: the second replaces the first', () => {
    const bench = new SessionBench({ mode: 'passive' }).start();
    bench.feed({ kind: 'accepted' });
    expect(bench.tell({ kind: 'accepted' })).toEqual([
      'send 6/7',
      'close',
      'ended: said 6/7',
      'adopt',
      'send OPEN',
    ]);
  });

  test('an error on one leaves the other alone', () => {
    const bench = both('192.0.2.1');
    bench.feed({ kind: 'fault', connection: 2, notification: notification(1, 2) });
    expect([bench.phase, bench.state.connections.length]).toEqual(['OpenSent', 1]);
    expect(bench.state.idleUntilMs).toBeUndefined();
  });
});

describe('a stop', () => {
  const sentBy = (effects: readonly SessionEffect[]) =>
    effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));

  test('tells the peer why, in words (RFC 9003)', () => {
    const bench = new SessionBench().establish();
    const data = Uint8Array.of(3, 0x62, 0x79, 0x65);
    expect(sentBy(bench.feed({ kind: 'stop', how: 'shutdown', message: 'bye' }))).toEqual([
      notification(NOTIFICATION.CEASE, CEASE.ADMINISTRATIVE_SHUTDOWN, data),
    ]);
    expect([bench.phase, bench.state.wakeAtMs]).toEqual(['Idle', undefined]);
  });

  test('is a Hard Reset for a peer that would keep our routes after a NOTIFICATION (RFC 8538)', () => {
    const bench = new SessionBench({ gracefulRestart: {} });
    bench.establish(openFrom({ capabilities: [restartCapability({ notification: true })] }));
    expect(sentBy(bench.feed({ kind: 'stop', how: 'shutdown' }))).toEqual([
      notification(NOTIFICATION.CEASE, CEASE.HARD_RESET, Uint8Array.of(6, 2)),
    ]);
  });

  test('for a restart says nothing, so that the peer keeps our routes', () => {
    const bench = new SessionBench({ gracefulRestart: {} }).establish();
    expect(bench.tell({ kind: 'stop', how: 'restart' })).toEqual(['close', 'down: restart']);
  });

  test('lasts until the next start', () => {
    const bench = new SessionBench().establish();
    bench.feed({ kind: 'stop', how: 'shutdown' });
    expect(bench.wakeAt(1e9)).toEqual([]);
    expect(bench.tell({ kind: 'start' })).toEqual(['dial']);
  });
});

test('ROUTE-REFRESH asks again for a negotiated family only, and marks ask for nothing', () => {
  const bench = new SessionBench().establish();
  const ask = (afi: number, safi: number, subtype: number): string[] =>
    bench.tell({
      kind: 'route-refresh',
      connection: 1,
      message: { type: 'ROUTE-REFRESH', afi, safi, subtype },
    });
  expect(ask(1, 1, 0)).toEqual(['refresh ipv4-unicast']);
  expect([ask(2, 1, 0), ask(1, 2, 0), ask(1, 1, 1), ask(1, 1, 9)]).toEqual([[], [], [], []]);
});

test('a peer of any other AS, or of ours, is taken where that was asked for', () => {
  const phaseWith = (wanted: SessionOptions['peerAsn'], asn: number): string =>
    new SessionBench({ peerAsn: wanted }).start().connect().open(openFrom({ asn })).phase;
  expect(phaseWith('external', peerAsn)).toBe('OpenConfirm');
  expect(phaseWith('external', 64_513)).toBe('Idle');
  expect(phaseWith('internal', 64_513)).toBe('OpenConfirm');
  expect(phaseWith('internal', peerAsn)).toBe('Idle');
});
