import { describe, expect, test } from 'vitest';
import { CEASE, FAMILIES, NOTIFICATION, type OpenMessage } from '../../src/index.ts';
import { notification, openFrom, restartCapability, SessionBench } from './session-bench.ts';

const bothFamilies = [
  { type: 'MULTIPROTOCOL', afi: 2, safi: 1 },
  restartCapability({
    families: [
      { afi: 1, safi: 1, forwarding: true },
      { afi: 2, safi: 1, forwarding: true },
    ],
  }),
] as const;

/** A session that helps a peer which lists both families. */
function helper(open: OpenMessage = openFrom({ capabilities: bothFamilies })): SessionBench {
  return new SessionBench({ gracefulRestart: {}, families: FAMILIES }).establish(open);
}

/** The peer is back, and has this to say of graceful restart. */
function comeBack(bench: SessionBench, open: OpenMessage): string[] {
  bench.feed({ kind: 'accepted' });
  const connection = bench.state.made;
  bench.feed({ kind: 'open', connection, open });
  return bench.tell({ kind: 'keepalive', connection });
}

const disconnect = (bench: SessionBench): string[] =>
  bench.tell({ kind: 'disconnected', connection: bench.connection });

describe('routes of a peer that restarts', () => {
  test('stay when the connection just breaks, until its restart time is over', () => {
    const bench = helper();
    expect(disconnect(bench)).toEqual([
      'close',
      'down: disconnected, kept ipv4-unicast ipv6-unicast',
    ]);
    expect(bench.wakeAt(119_999)).not.toContain('flush ipv4-unicast ipv6-unicast');
    expect(bench.wakeAt(120_000)).toContain('flush ipv4-unicast ipv6-unicast');
  });

  test('go at once where it has, or we have, no graceful restart', () => {
    expect(disconnect(helper(openFrom()))).toEqual(['close', 'down: disconnected']);
    const bench = new SessionBench().establish(openFrom({ capabilities: [restartCapability()] }));
    expect(disconnect(bench)).toEqual(['close', 'down: disconnected']);
  });

  test('go at once where it lists no family, or is away for no time', () => {
    for (const by of [{ families: [] }, { restartTimeS: 0 }]) {
      const bench = helper(openFrom({ capabilities: [restartCapability(by)] }));
      expect(disconnect(bench)).toEqual(['close', 'down: disconnected']);
    }
  });

  test('go with a NOTIFICATION, unless both sides said that one is survived and it is no Hard Reset', () => {
    const downAfter = (survives: boolean, subcode: number): string | undefined => {
      const capability = restartCapability({ notification: survives });
      const bench = helper(openFrom({ capabilities: [capability] }));
      return bench
        .tell({
          kind: 'notification',
          connection: 1,
          notification: notification(NOTIFICATION.CEASE, subcode),
        })
        .at(-1);
    };
    expect(downAfter(false, CEASE.ADMINISTRATIVE_RESET)).toBe('down: told 6/4');
    expect(downAfter(true, CEASE.ADMINISTRATIVE_RESET)).toBe('down: told 6/4, kept ipv4-unicast');
    expect(downAfter(true, CEASE.HARD_RESET)).toBe('down: told 6/9');
  });

  test('stay when it connects anew before we have seen the old connection fail', () => {
    expect(helper().tell({ kind: 'accepted' })).toEqual([
      'close',
      'down: replaced, kept ipv4-unicast ipv6-unicast',
      'adopt',
      'send OPEN',
    ]);
  });

  test('go family by family as it marks the end of its routes', () => {
    const bench = helper();
    disconnect(bench);
    expect(comeBack(bench, openFrom({ capabilities: bothFamilies }))).toEqual(['established']);
    const { connection } = bench;
    expect(bench.tell({ kind: 'end-of-rib', connection, family: 'ipv6-unicast' })).toEqual([
      'flush ipv6-unicast',
    ]);
    expect(bench.tell({ kind: 'end-of-rib', connection, family: 'ipv6-unicast' })).toEqual([]);
    expect(bench.tell({ kind: 'end-of-rib', connection, family: 'ipv4-unicast' })).toEqual([
      'flush ipv4-unicast',
    ]);
    expect(bench.state.stale).toBeUndefined();
  });

  test('go when it is back without having forwarded for them', () => {
    const bench = helper();
    disconnect(bench);
    const lost = restartCapability({
      restarting: true,
      families: [
        { afi: 1, safi: 1, forwarding: false },
        { afi: 2, safi: 1, forwarding: true },
      ],
    });
    const open = openFrom({ capabilities: [{ type: 'MULTIPROTOCOL', afi: 2, safi: 1 }, lost] });
    expect(comeBack(bench, open)).toEqual(['established', 'flush ipv4-unicast']);
    expect(bench.state.stale?.families).toEqual(['ipv6-unicast']);
  });

  test('go when it is back and does not mark the end for too long', () => {
    const bench = new SessionBench({ gracefulRestart: { staleMs: 1000 }, holdTimeS: 0 });
    bench.establish(openFrom({ capabilities: [restartCapability()] }));
    disconnect(bench);
    comeBack(bench, openFrom({ capabilities: [restartCapability()] }));
    expect(bench.wakeAt(1000)).toEqual(['flush ipv4-unicast']);
  });

  test('are not kept twice without having been told again', () => {
    const bench = helper();
    disconnect(bench);
    comeBack(bench, openFrom({ capabilities: bothFamilies }));
    expect(disconnect(bench)).toEqual([
      'close',
      'flush ipv4-unicast ipv6-unicast',
      'down: disconnected, kept ipv4-unicast ipv6-unicast',
    ]);
  });

  test('go when we stop', () => {
    const bench = helper();
    disconnect(bench);
    expect(bench.tell({ kind: 'stop', how: 'shutdown' })).toEqual([
      'flush ipv4-unicast ipv6-unicast',
    ]);
  });
});

describe('when we have restarted ourselves', () => {
  const restartBitOf = (bench: SessionBench): boolean | undefined => {
    const effects = bench.feed({ kind: 'connected', connection: bench.connection });
    for (const effect of effects) {
      if (effect.kind !== 'send' || effect.message.type !== 'OPEN') continue;
      const { capabilities } = effect.message;
      return capabilities.find((one) => one.type === 'GRACEFUL_RESTART')?.restarting;
    }
    return undefined;
  };

  test('our OPEN says so, until everything was told', () => {
    const bench = new SessionBench({ gracefulRestart: {} });
    bench.feed({ kind: 'start', restarted: true });
    expect(restartBitOf(bench)).toBe(true);
    bench.feed({ kind: 'told-everything' });
    bench.feed({ kind: 'disconnected', connection: 1 });
    bench.wake();
    expect(restartBitOf(bench)).toBe(false);
  });

  test('our OPEN says so for no longer than the peer waits', () => {
    const bench = new SessionBench({ gracefulRestart: { restartTimeS: 5 } });
    bench.feed({ kind: 'start', restarted: true });
    bench.wakeAt(5000);
    expect(restartBitOf(bench)).toBe(false);
  });

  test('our OPEN says nothing of it after a plain start, and without the option', () => {
    expect(restartBitOf(new SessionBench({ gracefulRestart: {} }).start())).toBe(false);
    const without = new SessionBench();
    without.feed({ kind: 'start', restarted: true });
    expect(restartBitOf(without)).toBeUndefined();
  });
});
