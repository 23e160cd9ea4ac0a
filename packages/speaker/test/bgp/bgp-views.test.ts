import { describe, expect, test } from 'vitest';
import {
  viewBfdProfile,
  viewBgpAdvertisement,
  viewBgpPeer,
  viewCommunity,
  viewSecret,
} from '../../src/bgp/bgp-views.ts';
import { bgpPeer } from './bgp-views.ts';

const metadata = { name: 'router', uid: 'uid-router' };
const spec = { myASN: 64_500, peerASN: 64_512, peerAddress: '192.0.2.2' };

describe('a BGPPeer', () => {
  test('with what it must have is seen with the usual port and nothing else', () => {
    expect(viewBgpPeer({ metadata, spec })).toEqual(bgpPeer());
  });

  test('is seen with all that is used of it', () => {
    const more = {
      myASN: 64_500,
      dynamicASN: 'internal',
      localASN: 64_520,
      peerAddress: '2001:DB8:0::2',
      sourceAddress: '2001:db8::0001',
      peerPort: 1179,
      holdTime: '1m30s',
      keepaliveTime: '10s',
      connectTime: '5s',
      routerID: '10.10.10.1',
      nodeSelectors: [{ matchLabels: { a: 'b' } }],
      passwordSecret: { name: 'secret' },
      bfdProfile: 'quick',
      enableGracefulRestart: true,
      vrf: 'red',
      dualStackAddressFamily: true,
    };
    expect(viewBgpPeer({ metadata, spec: more })).toEqual(
      bgpPeer({
        localASN: 64_520,
        peerASN: 'internal',
        address: '2001:db8::2',
        sourceAddress: '2001:db8::1',
        port: 1179,
        holdTimeMs: 90_000,
        keepaliveTimeMs: 10_000,
        connectTimeMs: 5000,
        routerID: '10.10.10.1',
        nodeSelectors: [{ matchLabels: { a: 'b' } }],
        passwordSecret: 'secret',
        bfdProfile: 'quick',
        gracefulRestart: true,
        vrf: 'red',
        dualStack: true,
      }),
    );
  });

  test('with a keepalive time alone has a hold time of three of them', () => {
    const seen = viewBgpPeer({ metadata, spec: { ...spec, keepaliveTime: '5s' } });
    expect([seen?.holdTimeMs, seen?.keepaliveTimeMs]).toEqual([15_000, 5000]);
  });

  test('that makes no sense is not seen', () => {
    expect(viewBgpPeer({ metadata, spec: { ...spec, peerAddress: 'router.example' } })).toBe(
      undefined,
    );
  });
});

test('a BGPAdvertisement without a spec announces everything to everybody', () => {
  const lengths = { aggregationLength: 32, aggregationLengthV6: 128 };
  expect(viewBgpAdvertisement({ metadata })).toEqual({ name: 'router', ...lengths });
});

test('a BFDProfile is seen as options of a session', () => {
  const times = { transmitInterval: 50, receiveInterval: 60, detectMultiplier: 5, minimumTtl: 250 };
  expect(viewBfdProfile({ metadata, spec: { ...times, passiveMode: true } })).toEqual({
    name: 'router',
    transmitIntervalMs: 50,
    receiveIntervalMs: 60,
    detectMultiplier: 5,
    minimumTtl: 250,
    passive: true,
  });
});

test('a Community is seen as its names and what they stand for', () => {
  const communities = [{ name: 'no-export', value: '65535:65281' }];
  expect(viewCommunity({ metadata, spec: { communities } })).toEqual({
    name: 'router',
    aliases: communities,
  });
});

test('of a Secret its type and the password are seen', () => {
  const type = 'kubernetes.io/basic-auth';
  expect(viewSecret({ type, data: { password: 'czNjcmV0' } })).toEqual({
    type,
    password: 's3cret',
  });
  expect(viewSecret({ data: { username: 'czNjcmV0' } })).toEqual({ type: '', password: undefined });
});
