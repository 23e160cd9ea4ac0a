import { describe, expect, test } from 'vitest';
import {
  type Capability,
  completeSessionOptions,
  judgeOpen,
  type OpenMessage,
  openOf,
  type SessionOptions,
} from '../../src/index.ts';
import { localAsn, notification, openFrom, peerAsn } from './session-bench.ts';

const ipv6: Capability = { type: 'MULTIPROTOCOL', afi: 2, safi: 1 };

function judge(open: OpenMessage, options: Partial<SessionOptions> = {}) {
  const complete = { localAsn, peerAsn, identifier: '192.0.2.1', ...options };
  return judgeOpen(completeSessionOptions(complete), open);
}

describe('an OPEN is refused', () => {
  test('with another AS than the expected one: Bad Peer AS', () => {
    expect(judge(openFrom({ asn: 65_000 }))).toEqual({
      ok: false,
      notification: notification(2, 2),
    });
  });

  test('with AS_TRANS in place of a true number: Bad Peer AS', () => {
    const open = { ...openFrom({ asn: 4_200_000_000 }), capabilities: [] };
    const verdict = judge(open, { peerAsn: 4_200_000_000 });
    expect(verdict).toEqual({ ok: false, notification: notification(2, 2) });
  });

  test('with our own identifier inside our AS; from outside it may be the same (RFC 6286)', () => {
    const inside = judge(openFrom({ asn: localAsn, identifier: '192.0.2.1' }), {
      peerAsn: 'internal',
    });
    expect(inside).toEqual({ ok: false, notification: notification(2, 3) });
    expect(judge(openFrom({ identifier: '192.0.2.1' })).ok).toBe(true);
  });

  test('without a family in common; the answer lists what is missing', () => {
    const data = Uint8Array.of(1, 4, 0, 2, 0, 1);
    expect(judge(openFrom(), { families: ['ipv6-unicast'] })).toEqual({
      ok: false,
      notification: notification(2, 7, data),
    });
  });

  test('without a required family', () => {
    const options = {
      families: ['ipv4-unicast', 'ipv6-unicast'],
      requiredFamilies: ['ipv6-unicast'],
    } as const;
    expect(judge(openFrom(), options).ok).toBe(false);
    expect(judge(openFrom({ capabilities: [ipv6] }), options).ok).toBe(true);
  });
});

describe('an accepted OPEN gives the terms', () => {
  test('with both hold times the smaller one, and a third of it between KEEPALIVEs', () => {
    const verdict = judge(openFrom({ holdTimeS: 9 }));
    expect(verdict).toMatchObject({ ok: true, terms: { holdMs: 9000, keepaliveMs: 3000 } });
  });

  test.each([
    ['what was asked for', 20_000, 20_000],
    ['a third of the hold time where more was asked for', 60_000, 30_000],
    ['a second where less was asked for', 1, 1000],
  ])('between KEEPALIVEs with %s', (_, asked, expected) => {
    const verdict = judge(openFrom({ holdTimeS: 90 }), { keepaliveMs: asked });
    expect(verdict).toMatchObject({ ok: true, terms: { keepaliveMs: expected } });
  });

  test('with the families and extensions that both sides have', () => {
    const capabilities: Capability[] = [
      ipv6,
      { type: 'EXTENDED_MESSAGE' },
      { type: 'ROUTE_REFRESH' },
      { type: 'EXTENDED_NEXT_HOP', tuples: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
    ];
    const verdict = judge(openFrom({ capabilities }), {
      families: ['ipv4-unicast', 'ipv6-unicast'],
      extendedNextHop: true,
    });
    const negotiated = {
      external: true,
      fourOctetAs: true,
      families: ['ipv4-unicast', 'ipv6-unicast'],
      extendedNextHop: true,
      sendLengthMax: 65_535,
      receiveLengthMax: 65_535,
      routeRefresh: true,
      enhancedRouteRefresh: false,
      peerAsn,
    };
    expect(verdict).toMatchObject({ ok: true, terms: { negotiated } });
  });

  test('and two of ours agree on everything', () => {
    const settings = completeSessionOptions({
      localAsn: peerAsn,
      peerAsn: localAsn,
      identifier: '192.0.2.2',
      gracefulRestart: {},
    });
    const verdict = judge(openOf(settings, false), { gracefulRestart: {} });
    const negotiated = {
      enhancedRouteRefresh: true,
      restartOnNotification: true,
      gracefulRestart: { restartTimeS: 120 },
    };
    expect(verdict).toMatchObject({ ok: true, terms: { negotiated } });
  });
});
