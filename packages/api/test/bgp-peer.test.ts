import { describe, expect, test } from 'vitest';
import { bgpPeerSchema, parseBGPPeer } from '../src/index.ts';

const metadata = { name: 'router', namespace: 'metallb-system' };
const good = { myASN: 64_512, peerASN: 64_513, peerAddress: '192.0.2.1' };
const problemsOf = (spec: Readonly<Record<string, unknown>>): readonly string[] => {
  const parsed = parseBGPPeer({ metadata, spec });
  return parsed.ok ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);
};

describe('a BGPPeer', () => {
  test('gets its defaults, and keeps all else', () => {
    const spec = {
      ...good,
      holdTime: '9m0s',
      keepaliveTime: '0s',
      passwordSecret: { name: 'secret' },
    };
    expect(parseBGPPeer({ metadata, spec })).toEqual({
      ok: true,
      value: {
        metadata,
        spec: { ...spec, peerPort: 179, disableMP: false, dualStackAddressFamily: false },
      },
    });
  });

  test.each([
    ['every text empty', { interface: '', sourceAddress: '', routerID: '', holdTime: '' }],
    ['an IPv6 address', { peerAddress: 'fc00:f853:ccd:e793::5', sourceAddress: '2001:db8::1' }],
    ['an interface instead of an address', { peerAddress: '', interface: 'eth0' }],
    ['any AS but ours', { peerASN: 0, dynamicASN: 'external' }],
    ['no hold time', { holdTime: '0s', keepaliveTime: '0s' }],
    ['fractions of hours', { holdTime: '0.5h', keepaliveTime: '1m30.5s' }],
    ['a keepalive time alone', { keepaliveTime: '1s' }],
    ['the longest keepalive time alone', { keepaliveTime: '21845s' }],
    ['a keepalive time of 0 alone', { keepaliveTime: '0s' }],
    ['the longest times', { holdTime: '65535s', connectTime: '65535s' }],
    ['an internal peer by an AS of four octets', { myASN: 4_294_967_295, peerASN: 4_294_967_295 }],
    ['a Secret of no name beside its password', { password: 'x', passwordSecret: {} }],
  ])('may have %s', (_what, more) => {
    expect(problemsOf({ ...good, ...more })).toEqual([]);
  });

  test.each([
    [{ myASN: 0 }, 'spec.myASN: must be at least 1, not 0'],
    [{ peerASN: 0 }, 'spec.peerASN: missing peer ASN and dynamicASN: set one of the two'],
    [
      { dynamicASN: 'internal' },
      'spec.peerASN: both peer ASN and dynamicASN specified: leave one of the two out',
    ],
    [{ dynamicASN: 'both' }, 'spec.dynamicASN: must be one of internal, external, not "both"'],
    [
      { peerASN: 64_512, ebgpMultiHop: true },
      'spec.ebgpMultiHop: invalid ebgp-multihop parameter set for an ibgp peer: an internal peer may be any number of hops away at any rate',
    ],
    [
      { peerAddress: '' },
      'spec.peerAddress: peer has no Address or Interface specified: set one of the two',
    ],
    [
      { interface: 'eth0' },
      'spec.peerAddress: peer has both Address and Interface specified: leave one of the two out',
    ],
    [
      { peerAddress: '1.1.1' },
      'spec.peerAddress: invalid BGPPeer address "1.1.1": write it like 192.0.2.1 or 2001:db8::1',
    ],
    [
      { peerAddress: 'fe80::1%eth0' },
      'spec.peerAddress: invalid BGPPeer address "fe80::1%eth0": write it like 192.0.2.1 or 2001:db8::1',
    ],
    [
      { sourceAddress: '1.2.3.400' },
      'spec.sourceAddress: invalid source IP "1.2.3.400": write it like 192.0.2.1 or 2001:db8::1',
    ],
    [
      { sourceAddress: '2001:db8::1' },
      'spec.sourceAddress: invalid source IP: must be of the family of the peer address',
    ],
    [
      { routerID: '2001:db8::1' },
      'spec.routerID: invalid router ID "2001:db8::1": a router ID is written like an IPv4 address, and is not 0.0.0.0',
    ],
    [
      { routerID: '0.0.0.0' },
      'spec.routerID: invalid router ID "0.0.0.0": a router ID is written like an IPv4 address, and is not 0.0.0.0',
    ],
    [
      { holdTime: '1s' },
      'spec.holdTime: invalid hold time "1s": must be 0 or >=3s, and at most 65535s',
    ],
    [
      { holdTime: '65536s' },
      'spec.holdTime: invalid hold time "65536s": must be 0 or >=3s, and at most 65535s',
    ],
    [{ holdTime: '-30s' }, 'spec.holdTime: invalid duration "-30s": write it like 90s or 1m30s'],
    [
      { holdTime: '30s', keepaliveTime: '90s' },
      'spec.keepaliveTime: invalid keepalive time: must not be longer than the hold time',
    ],
    [
      { keepaliveTime: '999ms' },
      'spec.keepaliveTime: invalid keepalive time "999ms": without a hold time, which is then three times as long, must be 0 or >=1s, and at most 21845s',
    ],
    [
      { keepaliveTime: '21846s' },
      'spec.keepaliveTime: invalid keepalive time "21846s": without a hold time, which is then three times as long, must be 0 or >=1s, and at most 21845s',
    ],
    [{ connectTime: '0s' }, 'spec.connectTime: connect time should be between 1 seconds to 65535'],
    [
      { connectTime: '1500ms' },
      'spec.connectTime: connect time should contain a whole number of seconds',
    ],
    [
      { password: 'x', passwordSecret: { name: 'secret' } },
      'spec.password: can not have both password and secret ref set: leave one of the two out',
    ],
    [{ password: 'x'.repeat(81) }, 'spec.password: must have at most 80 characters, not 81'],
    [
      { nodeSelectors: [{ matchLabels: { a: '1' } }, { matchLabels: { a: '1' } }] },
      'spec.nodeSelectors[1]: the selector is listed twice, first as entry 0: remove one',
    ],
  ])('with %j is told what is wrong', (more, problem) => {
    expect(problemsOf({ ...good, ...more })).toEqual([problem]);
  });

  test('is checked alike by the API server: each rule on one object has its CEL', () => {
    const rules = JSON.stringify(bgpPeerSchema.properties.spec);
    for (const words of [
      'missing peer ASN',
      'both peer ASN',
      'no Address',
      'both Address',
      'ebgp-multihop',
      'invalid BGPPeer address',
      'invalid source IP',
      'invalid router ID',
      'invalid hold time',
      'invalid keepalive time',
      'invalid duration',
      'between 1 seconds to 65535',
      'whole number of seconds',
      'both password and secret ref',
    ]) {
      expect(rules).toContain(words);
    }
  });
});
