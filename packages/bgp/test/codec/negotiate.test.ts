import { expect, test } from 'vitest';
import {
  AS_TRANS,
  negotiate,
  twoOctetAs,
  type Capability,
  type OpenMessage,
} from '../../src/index.ts';

const open = (asn: number, ...capabilities: Capability[]): OpenMessage => ({
  type: 'OPEN',
  myAs: twoOctetAs(asn),
  holdTimeS: 90,
  bgpIdentifier: '192.0.2.1',
  capabilities,
});
const four = (asn: number): Capability => ({ type: 'FOUR_OCTET_AS', asn });
const ipv4: Capability = { type: 'MULTIPROTOCOL', afi: 1, safi: 1 };
const ipv6: Capability = { type: 'MULTIPROTOCOL', afi: 2, safi: 1 };
const extended: Capability = { type: 'EXTENDED_MESSAGE' };
const restart = (restartTimeS: number, notification: boolean): Capability => ({
  type: 'GRACEFUL_RESTART',
  restarting: false,
  notification,
  restartTimeS,
  families: [],
});

test('of two speakers that say nothing, two octets, IPv4 and short messages are agreed on', () => {
  expect(negotiate(open(65000), { ...open(65001), holdTimeS: 30 })).toEqual({
    external: true,
    fourOctetAs: false,
    families: ['ipv4-unicast'],
    extendedNextHop: false,
    receiveLengthMax: 4096,
    sendLengthMax: 4096,
    routeRefresh: false,
    enhancedRouteRefresh: false,
    restartOnNotification: false,
    peerAsn: 65001,
    holdTimeS: 30,
  });
});

test('the AS number is the capability’s, and decides whether the peer is external', () => {
  const [sent, received] = [
    open(4_200_000_000, four(4_200_000_000)),
    open(4_200_000_001, four(4_200_000_001)),
  ];
  expect(received.myAs).toBe(AS_TRANS);
  expect(negotiate(sent, received)).toMatchObject({
    external: true,
    fourOctetAs: true,
    peerAsn: 4_200_000_001,
  });
  expect(negotiate(sent, sent)).toMatchObject({ external: false });
});

test('a family is agreed on when both name it; who names any does not mean IPv4 by silence', () => {
  expect(negotiate(open(1, ipv4, ipv6), open(2, ipv6)).families).toEqual(['ipv6-unicast']);
  expect(negotiate(open(1, ipv4, ipv6), open(2)).families).toEqual(['ipv4-unicast']);
  expect(negotiate(open(1, ipv6), open(2)).families).toEqual([]);
});

test('extended messages are taken by whoever said so', () => {
  const lengths = { receiveLengthMax: 4096, sendLengthMax: 65_535 };
  expect(negotiate(open(1), open(2, extended))).toMatchObject(lengths);
  expect(negotiate(open(1, extended), open(2))).toMatchObject({
    receiveLengthMax: 65_535,
    sendLengthMax: 4096,
  });
});

test('graceful restart is the peer’s last word, where both have it', () => {
  const received = open(2, restart(60, true), restart(120, true));
  expect(negotiate(open(1, restart(10, true)), received)).toMatchObject({
    gracefulRestart: { restartTimeS: 120 },
    restartOnNotification: true,
  });
  expect(negotiate(open(1, restart(10, false)), received).restartOnNotification).toBe(false);
  expect(negotiate(open(1), received).gracefulRestart).toBeUndefined();
});

test('IPv6 next hops of IPv4 routes need the tuple from both', () => {
  const tuple = (afi: number, nextHopAfi: number): Capability => ({
    type: 'EXTENDED_NEXT_HOP',
    tuples: [{ afi, safi: 1, nextHopAfi }],
  });
  expect(negotiate(open(1, tuple(1, 2)), open(2, tuple(1, 2))).extendedNextHop).toBe(true);
  expect(negotiate(open(1, tuple(1, 2)), open(2, tuple(1, 1))).extendedNextHop).toBe(false);
  expect(negotiate(open(1), open(2, tuple(1, 2))).extendedNextHop).toBe(false);
});

test('both kinds of route refresh need both sides', () => {
  const both: Capability[] = [{ type: 'ROUTE_REFRESH' }, { type: 'ENHANCED_ROUTE_REFRESH' }];
  expect(negotiate(open(1, ...both), open(2, ...both))).toMatchObject({
    routeRefresh: true,
    enhancedRouteRefresh: true,
  });
  expect(negotiate(open(1, ...both), open(2))).toMatchObject({
    routeRefresh: false,
    enhancedRouteRefresh: false,
  });
});
