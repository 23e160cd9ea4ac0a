import { afiSafiOf, type Family } from '../codec/family.ts';
import type { NotificationMessage, OpenMessage } from '../codec/messages.ts';
import { asnOf } from '../codec/asn.ts';
import { negotiate } from '../codec/negotiate.ts';
import type { Negotiated } from '../codec/negotiated.ts';
import { NOTIFICATION, OPEN_ERROR } from '../codec/notification-codes.ts';
import { CAPABILITY } from '../codec/capability.ts';
import { notificationOf } from '../codec/notification.ts';
import { openOf } from './our-open.ts';
import type { SessionSettings } from './session-options.ts';

/** KEEPALIVEs must not come more often than this (RFC 4271 §4.4). */
const KEEPALIVE_MIN_MS = 1000;

/** What a session runs on once both OPENs are there. */
export interface SessionTerms {
  readonly negotiated: Negotiated;
  /** The peer's OPEN as it came. */
  readonly open: OpenMessage;
  /** Without a message for so long the session ends; 0: it never does. */
  readonly holdMs: number;
  /** The most time between two of our KEEPALIVEs; 0: none is sent. */
  readonly keepaliveMs: number;
}

/** Whether an OPEN is acceptable, and if so on which terms the session runs; else the NOTIFICATION that says why not. */
export type OpenVerdict =
  | { readonly ok: true; readonly terms: SessionTerms }
  | { readonly ok: false; readonly notification: NotificationMessage };

/**
 * Judges an OPEN that could be read (RFC 4271 §6.2): the AS must be the one that is expected, the BGP identifier another than ours inside our AS (RFC 6286
 * §2.2), and there must be a family in common. Version, hold time and form were the decoder's to judge.
 */
export function judgeOpen(settings: SessionSettings, open: OpenMessage): OpenVerdict {
  const asn = asnOf(open);
  if (!isExpectedAs(settings, asn)) return refuse(OPEN_ERROR.BAD_PEER_AS);
  if (asn === settings.localAsn && open.bgpIdentifier === settings.identifier) {
    return refuse(OPEN_ERROR.BAD_BGP_IDENTIFIER);
  }
  const negotiated = negotiate(openOf(settings, false), open);
  const { families, holdTimeS } = negotiated;
  const missing = settings.requiredFamilies.filter((family) => !families.includes(family));
  if (missing.length > 0) return refuseFamilies(missing);
  if (families.length === 0) return refuseFamilies(settings.families);
  const holdMs = holdTimeS * 1000;
  const wantedMs = Math.max(KEEPALIVE_MIN_MS, settings.keepaliveMs);
  const keepaliveMs = holdMs === 0 ? 0 : Math.min(wantedMs, holdMs / 3);
  return { ok: true, terms: { negotiated, open, holdMs, keepaliveMs } };
}

function isExpectedAs({ localAsn, peerAsn }: SessionSettings, asn: number): boolean {
  if (peerAsn === 'internal') return asn === localAsn;
  if (peerAsn === 'external') return asn !== localAsn;
  return asn === peerAsn;
}

function refuse(subcode: number, data?: Uint8Array): OpenVerdict {
  const notification = notificationOf(NOTIFICATION.OPEN_MESSAGE_ERROR, subcode, data);
  return { ok: false, notification };
}

/** The data are the capabilities that are missing, as they would be in an OPEN (RFC 5492 §5). */
function refuseFamilies(families: readonly Family[]): OpenVerdict {
  const data = families.flatMap((family) => {
    const { afi, safi } = afiSafiOf(family);
    return [CAPABILITY.MULTIPROTOCOL, 4, 0, afi, 0, safi];
  });
  return refuse(OPEN_ERROR.UNSUPPORTED_CAPABILITY, Uint8Array.from(data));
}
