import { describe, expect, test } from 'vitest';
import {
  AdjRibOut,
  FAMILIES,
  UNNEGOTIATED,
  routesOf,
  type RibSession,
  type Route,
  type RouteAttribute,
  type UpdateMessage,
} from '../../src/index.ts';

const session: RibSession = {
  ...UNNEGOTIATED,
  families: FAMILIES,
  extendedNextHop: false,
  enhancedRouteRefresh: false,
};
const ORIGIN: RouteAttribute = { type: 'ORIGIN', origin: 'IGP' };
const AS_PATH: RouteAttribute = { type: 'AS_PATH', segments: [] };
const via = (address: string, ...more: RouteAttribute[]): Route => ({
  nextHop: { address },
  attributes: [ORIGIN, AS_PATH, ...more],
});
const four = via('192.0.2.1');
const six = via('2001:db8::1');
const hosts = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}/32`);

/** Messages in short: what each says. */
function said(messages: ReturnType<AdjRibOut['take']>): string[] {
  return messages.map((message) => {
    if (message.type === 'ROUTE-REFRESH') {
      return `${message.subtype === 1 ? 'BoRR' : 'EoRR'} ${message.afi === 1 ? 'ipv4' : 'ipv6'}`;
    }
    const { withdrawn, announced } = routesOf(message);
    const text = [
      ...withdrawn.map(({ prefixes }) => `- ${prefixes.join(' ')}`),
      ...announced.map(({ prefixes, nextHop }) => `+ ${prefixes.join(' ')} via ${nextHop.address}`),
    ].join(', ');
    return text === '' ? `EoR ${message.attributes.length === 0 ? 'ipv4' : 'ipv6'}` : text;
  });
}

/** A rib whose session is up, and whose first routes are sent. */
function opened(of: Partial<RibSession> = {}): AdjRibOut {
  const rib = new AdjRibOut();
  rib.open({ ...session, ...of });
  rib.take();
  return rib;
}

describe('a new session', () => {
  test('is told every wanted route once, then the End-of-RIB of each family', () => {
    const rib = new AdjRibOut();
    rib.announce('10.0.0.1/32', four);
    rib.announce('2001:db8:1::/64', six);
    rib.announce('10.0.0.2/32', via('192.0.2.1'));
    expect([rib.take(), rib.announced, rib.pending]).toEqual([[], 0, 0]);
    rib.open(session);
    expect([rib.idle, rib.pending]).toEqual([false, 3]);
    expect(said(rib.take())).toEqual([
      '+ 10.0.0.1/32 10.0.0.2/32 via 192.0.2.1',
      '+ 2001:db8:1::/64 via 2001:db8::1',
      'EoR ipv4',
      'EoR ipv6',
    ]);
    expect([rib.idle, rib.pending, rib.announced, rib.take()]).toEqual([true, 0, 3, []]);
  });

  test('with nothing wanted is told the End-of-RIB alone, of the families it has', () => {
    const rib = new AdjRibOut();
    rib.open({ ...session, families: ['ipv6-unicast'] });
    expect(said(rib.take())).toEqual(['EoR ipv6']);
  });

  test('after another begins anew', () => {
    const rib = opened();
    rib.announce('10.0.0.1/32', four);
    rib.announce('10.0.0.2/32', four);
    rib.take();
    rib.close();
    rib.withdraw('10.0.0.2/32');
    expect([rib.announced, rib.pending, rib.idle, rib.take()]).toEqual([0, 0, true, []]);
    rib.open({ ...session, families: ['ipv4-unicast'] });
    expect(said(rib.take())).toEqual(['+ 10.0.0.1/32 via 192.0.2.1', 'EoR ipv4']);
  });
});

describe('a change', () => {
  test('is a new route, another one in its place, or none', () => {
    const rib = opened();
    rib.announce('10.0.0.1/32', four);
    expect(said(rib.take())).toEqual(['+ 10.0.0.1/32 via 192.0.2.1']);
    rib.announce('10.0.0.1/32', via('192.0.2.2'));
    expect(said(rib.take())).toEqual(['+ 10.0.0.1/32 via 192.0.2.2']);
    rib.withdraw('10.0.0.1/32');
    expect(said(rib.take())).toEqual(['- 10.0.0.1/32']);
    rib.withdraw('10.0.0.1/32');
    expect(rib.take()).toEqual([]);
  });

  test('to the same route, however it is written down, is none', () => {
    const rib = opened();
    const med: RouteAttribute = { type: 'MULTI_EXIT_DISC', value: 1 };
    rib.announce('10.0.0.1/32', via('192.0.2.1', med));
    rib.take();
    rib.announce('10.0.0.1/32', {
      nextHop: { address: '192.0.2.1' },
      attributes: [med, AS_PATH, ORIGIN],
    });
    expect(rib.idle).toBe(true);
  });

  test('that is taken back before it was sent is none', () => {
    const rib = opened();
    rib.announce('10.0.0.1/32', four);
    rib.withdraw('10.0.0.1/32');
    expect([rib.idle, rib.pending]).toEqual([true, 0]);
    rib.announce('10.0.0.2/32', four);
    rib.take();
    rib.withdraw('10.0.0.2/32');
    rib.announce('10.0.0.2/32', via('192.0.2.9'));
    rib.announce('10.0.0.2/32', four);
    expect([rib.idle, rib.take()]).toEqual([true, []]);
  });

  test('of all routes at once touches those that differ', () => {
    const rib = opened();
    rib.replace(
      new Map([
        ['10.0.0.1/32', four],
        ['10.0.0.2/32', four],
        ['10.0.0.3/32', four],
      ]),
    );
    rib.take();
    rib.replace(
      new Map([
        ['10.0.0.1/32', four],
        ['10.0.0.2/32', via('192.0.2.2')],
        ['10.0.0.4/32', four],
      ]),
    );
    expect(said(rib.take())).toEqual([
      '- 10.0.0.3/32',
      '+ 10.0.0.2/32 via 192.0.2.2',
      '+ 10.0.0.4/32 via 192.0.2.1',
    ]);
  });

  test('of 10,000 prefixes with one route is 13 messages of 4,096 bytes, taken as the connection has room', () => {
    const rib = opened();
    for (const prefix of hosts(10_000)) rib.announce(prefix, four);
    const first = rib.take(5);
    expect([first.length, rib.announced]).toEqual([5, 10_000 - rib.pending]);
    // What changes meanwhile is not said twice.
    const last = hosts(10_000).at(-1) ?? '';
    rib.withdraw(last);
    const rest = rib.take();
    expect(rest).toHaveLength(8);
    expect(rest.flatMap((update) => (update as UpdateMessage).nlri)).not.toContain(last);
    expect([rib.announced, rib.take(0)]).toEqual([9999, []]);
  });
});

describe('a route that the session cannot carry is refused by name, and withdrawn if the peer has it', () => {
  test.each<[string, string, Route, Partial<RibSession>]>([
    ['family', '2001:db8:1::/64', six, { families: ['ipv4-unicast'] }],
    ['next-hop', '2001:db8:1::/64', four, { extendedNextHop: true }],
    ['next-hop', '10.0.0.1/32', six, {}],
    [
      'oversized',
      '10.0.0.1/32',
      via('192.0.2.1', { type: 'UNKNOWN', code: 99, flags: 0xc0, value: new Uint8Array(4060) }),
      {},
    ],
  ])('%s', (refusal, prefix, route, of) => {
    const rib = opened(of);
    rib.announce(prefix, route);
    expect(rib.refused()).toEqual([{ prefix, refusal }]);
    expect([rib.idle, rib.pending, rib.announced]).toEqual([true, 0, 0]);
    rib.withdraw(prefix);
    expect([rib.refused(), rib.take()]).toEqual([[], []]);
  });

  test('and announced once it can', () => {
    const rib = opened();
    rib.announce('10.0.0.1/32', four);
    rib.take();
    rib.announce('10.0.0.1/32', six);
    expect(said(rib.take())).toEqual(['- 10.0.0.1/32']);
    expect(rib.refused()).toEqual([{ prefix: '10.0.0.1/32', refusal: 'next-hop' }]);
    rib.open({ ...session, extendedNextHop: true });
    expect(said(rib.take())).toEqual(['+ 10.0.0.1/32 via 2001:db8::1', 'EoR ipv4', 'EoR ipv6']);
  });
});

describe('a peer that asks again', () => {
  const filled = (of: Partial<RibSession> = {}): AdjRibOut => {
    const rib = opened(of);
    rib.announce('10.0.0.1/32', four);
    rib.announce('2001:db8:1::/64', six);
    rib.take();
    return rib;
  };

  test('is told the routes of that family again', () => {
    const rib = filled();
    rib.refresh('ipv4-unicast');
    expect(said(rib.take())).toEqual(['+ 10.0.0.1/32 via 192.0.2.1']);
  });

  test('is told where they begin and end (RFC 7313)', () => {
    const rib = filled({ enhancedRouteRefresh: true });
    rib.refresh('ipv6-unicast');
    rib.refresh('ipv6-unicast');
    expect(said(rib.take(1))).toEqual(['BoRR ipv6']);
    rib.refresh('ipv6-unicast');
    expect(said(rib.take())).toEqual(['+ 2001:db8:1::/64 via 2001:db8::1', 'EoRR ipv6']);
  });

  test('and once more in between, is told all of them once more before the end', () => {
    const rib = filled({ enhancedRouteRefresh: true });
    rib.refresh('ipv4-unicast');
    rib.take(2);
    rib.refresh('ipv4-unicast');
    expect(said(rib.take())).toEqual(['+ 10.0.0.1/32 via 192.0.2.1', 'EoRR ipv4']);
  });

  test('before the End-of-RIB is told all before it, without marks', () => {
    const rib = new AdjRibOut();
    rib.announce('10.0.0.1/32', four);
    rib.open({ ...session, families: ['ipv4-unicast'], enhancedRouteRefresh: true });
    rib.take(1);
    rib.refresh('ipv4-unicast');
    expect(said(rib.take())).toEqual(['+ 10.0.0.1/32 via 192.0.2.1', 'EoR ipv4']);
  });

  test('for a route that is withdrawn meanwhile, is told that', () => {
    const rib = filled();
    rib.refresh('ipv4-unicast');
    rib.withdraw('10.0.0.1/32');
    expect(said(rib.take())).toEqual(['- 10.0.0.1/32']);
  });

  test('for a family that it has not, or while no session is open, is told nothing', () => {
    const rib = filled({ families: ['ipv4-unicast'] });
    rib.refresh('ipv6-unicast');
    expect(rib.idle).toBe(true);
    rib.close();
    rib.refresh('ipv4-unicast');
    expect(rib.idle).toBe(true);
  });
});

test('what is no prefix, or no attribute, is not taken', () => {
  const rib = opened();
  expect(() => rib.announce('10.0.0.1/24', four)).toThrow(RangeError);
  const bad: RouteAttribute = { type: 'COMMUNITIES', communities: ['no-export'] };
  expect(() => rib.announce('10.0.0.1/32', via('192.0.2.1', bad))).toThrow(RangeError);
  expect([rib.idle, rib.refused()]).toEqual([true, []]);
});
