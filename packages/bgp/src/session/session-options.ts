import { BgpError } from '../bgp-error.ts';
import { isAddress } from '../codec/address.ts';
import type { Family } from '../codec/family.ts';
import type { Address } from '../codec/path-attribute.ts';

const ASN_MAX = 2 ** 32 - 1;

/** Whether a session dials, is dialed, or both. */
export type SessionMode = 'active' | 'passive' | 'both';

/** How long things take when nothing else is said. */
export const sessionDefaults = {
  /** MetalLB's and RFC 4271's choice. */
  holdTimeS: 90,
  /** RFC 4271 §10 suggests 120 s; here it is the most that the growing delay comes to. */
  connectRetryMs: 120_000,
  /** The first delay; it doubles with each failure. */
  retryFirstMs: 1000,
  /** An attempt that the network swallows is given up after this. */
  connectTimeoutMs: 10_000,
  /** RFC 4271 §8.2.2 suggests 4 minutes. */
  openHoldMs: 240_000,
  /** A session that stood for this long has proved that it can: delays begin from the first again. */
  stableMs: 60_000,
  /** RFC 9687 §3.1: 8 minutes, or twice the hold time if that is longer. */
  sendHoldMs: 480_000,
  /** How long the peer is asked to keep our routes while we restart. */
  restartTimeS: 120,
  /** How long routes of a peer that is back may stay stale before it has marked the end of its routes. */
  staleMs: 360_000,
} as const;

/** Graceful restart (RFC 4724): without it, neither side keeps routes of the other. */
export interface GracefulRestartOptions {
  /** Whole seconds, 0 to 4095. Default: {@link sessionDefaults}. */
  readonly restartTimeS?: number;
  readonly staleMs?: number;
  /** What we forward is forwarded on while we restart: the peer may go on sending. Empty: we only help a peer that restarts. Default: all. */
  readonly forwarding?: readonly Family[];
}

/** How soon another attempt begins. */
export interface RetryTimes {
  /** The longest delay between two attempts. */
  readonly connectRetryMs?: number;
  /** The first delay; it doubles with each failure. */
  readonly retryFirstMs?: number;
}

/** What a session is to be. */
export interface SessionOptions extends RetryTimes {
  /** Our AS, 1 to 2³² − 1. */
  readonly localAsn: number;
  /** The peer's; or any but ours (`external`), or ours (`internal`). */
  readonly peerAsn: number | 'internal' | 'external';
  /** Our router ID, an IPv4 address. */
  readonly identifier: Address;
  /** The families that we speak; at least one. Default: IPv4 unicast. */
  readonly families?: readonly Family[];
  /** Without these in common there is no session. Default: none in particular, but at least one. */
  readonly requiredFamilies?: readonly Family[];
  /** IPv4 routes may have IPv6 next hops (RFC 8950). Default: they may not. */
  readonly extendedNextHop?: boolean;
  /** Default: both. */
  readonly mode?: SessionMode;
  /** Whole seconds: 0 (nothing watches the session), or 3 to 65,535. Default: 90. */
  readonly holdTimeS?: number;
  /** The most time between two KEEPALIVEs; less than a second counts as one. Default: a third of the negotiated hold time, which is the most at any rate. */
  readonly keepaliveMs?: number;
  readonly connectTimeoutMs?: number;
  readonly openHoldMs?: number;
  readonly stableMs?: number;
  readonly sendHoldMs?: number;
  /** How long to wait for the peer's OPEN before ours is sent (DelayOpenTime). Default: not at all. */
  readonly delayOpenMs?: number;
  readonly gracefulRestart?: GracefulRestartOptions;
}

/** {@link SessionOptions} with every default filled in. */
export interface SessionSettings {
  readonly localAsn: number;
  readonly peerAsn: number | 'internal' | 'external';
  readonly identifier: Address;
  readonly families: readonly Family[];
  readonly requiredFamilies: readonly Family[];
  readonly extendedNextHop: boolean;
  readonly mode: SessionMode;
  readonly holdTimeS: number;
  readonly keepaliveMs: number;
  readonly connectRetryMs: number;
  readonly retryFirstMs: number;
  readonly connectTimeoutMs: number;
  readonly openHoldMs: number;
  readonly stableMs: number;
  readonly sendHoldMs: number;
  readonly delayOpenMs: number;
  readonly gracefulRestart: Required<GracefulRestartOptions> | undefined;
}

/**
 * Fills in the defaults and checks all options together.
 *
 * @throws BgpError `bad-options`, its message and `details.problems` naming every problem at once
 */
export function completeSessionOptions(options: SessionOptions): SessionSettings {
  const restart = options.gracefulRestart;
  const families = options.families ?? ['ipv4-unicast'];
  const holdTimeS = options.holdTimeS ?? sessionDefaults.holdTimeS;
  const settings: SessionSettings = {
    localAsn: options.localAsn,
    peerAsn: options.peerAsn,
    identifier: options.identifier,
    families,
    requiredFamilies: options.requiredFamilies ?? [],
    extendedNextHop: options.extendedNextHop ?? false,
    mode: options.mode ?? 'both',
    holdTimeS,
    keepaliveMs: options.keepaliveMs ?? Infinity,
    connectRetryMs: options.connectRetryMs ?? sessionDefaults.connectRetryMs,
    retryFirstMs: options.retryFirstMs ?? sessionDefaults.retryFirstMs,
    connectTimeoutMs: options.connectTimeoutMs ?? sessionDefaults.connectTimeoutMs,
    openHoldMs: options.openHoldMs ?? sessionDefaults.openHoldMs,
    stableMs: options.stableMs ?? sessionDefaults.stableMs,
    sendHoldMs: options.sendHoldMs ?? Math.max(sessionDefaults.sendHoldMs, holdTimeS * 2000),
    delayOpenMs: options.delayOpenMs ?? 0,
    gracefulRestart:
      restart === undefined
        ? undefined
        : {
            restartTimeS: restart.restartTimeS ?? sessionDefaults.restartTimeS,
            staleMs: restart.staleMs ?? sessionDefaults.staleMs,
            forwarding: restart.forwarding ?? families,
          },
  };
  const problems = [...numberProblems(settings), ...otherProblems(settings)];
  if (problems.length > 0) throw new BgpError('bad-options', problems.join('; '), { problems });
  return settings;
}

function numberProblems(settings: SessionSettings): string[] {
  const problems: string[] = [];
  const check = (name: string, value: number, isFine: boolean, what: string): void => {
    if (!isFine) problems.push(`${name} must be ${what}, not ${String(value)}`);
  };
  const { localAsn, peerAsn, holdTimeS, gracefulRestart } = settings;
  const asn = 'a whole number from 1 to 4294967295';
  check('localAsn', localAsn, isWhole(localAsn, 1, ASN_MAX), asn);
  if (typeof peerAsn === 'number') check('peerAsn', peerAsn, isWhole(peerAsn, 1, ASN_MAX), asn);
  const holdIsFine = holdTimeS === 0 || isWhole(holdTimeS, 3, 65_535);
  check('holdTimeS', holdTimeS, holdIsFine, '0 or a whole number from 3 to 65535');
  const positive = [
    'keepaliveMs',
    'connectRetryMs',
    'retryFirstMs',
    'connectTimeoutMs',
    'openHoldMs',
    'sendHoldMs',
  ] as const;
  for (const name of positive) check(name, settings[name], settings[name] > 0, 'more than 0');
  for (const name of ['stableMs', 'delayOpenMs'] as const) {
    check(name, settings[name], settings[name] >= 0, '0 or more');
  }
  if (gracefulRestart !== undefined) {
    const { restartTimeS, staleMs } = gracefulRestart;
    const isFine = isWhole(restartTimeS, 0, 4095);
    check('restartTimeS', restartTimeS, isFine, 'a whole number from 0 to 4095');
    check('staleMs', staleMs, staleMs > 0, 'more than 0');
  }
  return problems;
}

function otherProblems({
  identifier,
  families,
  requiredFamilies,
  ...rest
}: SessionSettings): string[] {
  const problems: string[] = [];
  if (!isAddress(identifier) || identifier.includes(':') || identifier === '0.0.0.0') {
    problems.push(`identifier must be an IPv4 address, not ${JSON.stringify(identifier)}`);
  }
  if (families.length === 0) problems.push('families must name at least one');
  const known = new Set(families);
  for (const family of [...requiredFamilies, ...(rest.gracefulRestart?.forwarding ?? [])]) {
    if (!known.has(family)) problems.push(`${family} is required, but not among families`);
  }
  return problems;
}

function isWhole(value: number, from: number, to: number): boolean {
  return Number.isInteger(value) && value >= from && value <= to;
}
