import { expect, test } from 'vitest';
import { BgpError, completeSessionOptions, type SessionOptions } from '../../src/index.ts';

const least: SessionOptions = { localAsn: 1, peerAsn: 2, identifier: '192.0.2.1' };

function problemsOf(change: Partial<SessionOptions>): unknown {
  try {
    completeSessionOptions({ ...least, ...change });
  } catch (error) {
    if (error instanceof BgpError && error.code === 'bad-options') return error.details['problems'];
    throw error;
  }
  return [];
}

test('the least that must be said is who we are and who the peer is', () => {
  expect(completeSessionOptions(least)).toEqual({
    localAsn: 1,
    peerAsn: 2,
    identifier: '192.0.2.1',
    families: ['ipv4-unicast'],
    requiredFamilies: [],
    extendedNextHop: false,
    mode: 'both',
    holdTimeS: 90,
    keepaliveMs: Infinity,
    connectRetryMs: 120_000,
    retryFirstMs: 1000,
    connectTimeoutMs: 10_000,
    openHoldMs: 240_000,
    stableMs: 60_000,
    sendHoldMs: 480_000,
    delayOpenMs: 0,
    gracefulRestart: undefined,
  });
});

test('the send hold time is twice the hold time where that is longer (RFC 9687)', () => {
  expect(completeSessionOptions({ ...least, holdTimeS: 300 }).sendHoldMs).toBe(600_000);
});

test('graceful restart has its defaults too: what is forwarded is everything that is spoken', () => {
  const families = ['ipv6-unicast'] as const;
  const { gracefulRestart } = completeSessionOptions({ ...least, families, gracefulRestart: {} });
  expect(gracefulRestart).toEqual({ restartTimeS: 120, staleMs: 360_000, forwarding: families });
});

test.each([
  [{ localAsn: 0 }, 'localAsn'],
  [{ localAsn: 2 ** 32 }, 'localAsn'],
  [{ peerAsn: 1.5 }, 'peerAsn'],
  [{ holdTimeS: 2 }, 'holdTimeS'],
  [{ holdTimeS: 65_536 }, 'holdTimeS'],
  [{ keepaliveMs: 0 }, 'keepaliveMs'],
  [{ connectRetryMs: Number.NaN }, 'connectRetryMs'],
  [{ delayOpenMs: -1 }, 'delayOpenMs'],
  [{ identifier: '2001:db8::1' }, 'identifier'],
  [{ identifier: '0.0.0.0' }, 'identifier'],
  [{ families: [] }, 'families'],
  [{ requiredFamilies: ['ipv6-unicast'] }, 'ipv6-unicast'],
  [{ gracefulRestart: { restartTimeS: 4096 } }, 'restartTimeS'],
  [{ gracefulRestart: { staleMs: 0 } }, 'staleMs'],
  [{ gracefulRestart: { forwarding: ['ipv6-unicast'] } }, 'ipv6-unicast'],
] as const)('%j is refused, by name', (change, name) => {
  expect(problemsOf(change)).toEqual([expect.stringContaining(name)]);
});

test('all problems are told at once', () => {
  expect(problemsOf({ localAsn: 0, holdTimeS: 1, families: [] })).toHaveLength(3);
});
