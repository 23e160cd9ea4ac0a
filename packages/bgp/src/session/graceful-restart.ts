import { familyOf, type Family } from '../codec/family.ts';
import type { SessionTerms } from './judge-open.ts';
import { isHardReset } from './notifications.ts';
import type { EndReason } from './session-state.ts';

/** Which routes of the peer stay after its session is over, and for how long they wait for it. */
export interface Retention {
  readonly families: readonly Family[];
  readonly restartMs: number;
}

/**
 * The routes that stay: those of the families that the peer listed, where both sides have graceful restart and the session ended in a way that a restart
 * looks like (RFC 4724 §4.2, RFC 8538 §2). `undefined`: none.
 */
export function retentionOf(
  terms: SessionTerms | undefined,
  reason: EndReason,
): Retention | undefined {
  const capability = terms?.negotiated.gracefulRestart;
  if (terms === undefined || capability === undefined) return undefined;
  if (!looksLikeRestart(reason, terms.negotiated.restartOnNotification)) return undefined;
  const listed = listedFamilies(terms, false);
  if (listed.length === 0 || capability.restartTimeS === 0) return undefined;
  return { families: listed, restartMs: capability.restartTimeS * 1000 };
}

function looksLikeRestart(reason: EndReason, onNotification: boolean): boolean {
  switch (reason.kind) {
    case 'disconnected':
    case 'replaced':
      return true;
    case 'notification-received':
    case 'notification-sent':
      return onNotification && !isHardReset(reason.notification);
    case 'connect-timeout':
    case 'restart':
    case 'given-up':
      return false;
  }
}

/** Of the routes that were kept, those that the peer, back again, still forwards for (RFC 4724 §4.2): they may stay until it has told its routes. */
export function stillForwarded(stale: readonly Family[], terms: SessionTerms): readonly Family[] {
  const forwarded = listedFamilies(terms, true);
  return stale.filter((family) => forwarded.includes(family));
}

/** The negotiated families that the peer's capability lists; only those with the F bit, where `forwarding`. */
function listedFamilies({ negotiated }: SessionTerms, forwarding: boolean): Family[] {
  const listed = negotiated.gracefulRestart?.families ?? [];
  return negotiated.families.filter((family) =>
    listed.some(
      (each) => familyOf(each.afi, each.safi) === family && (each.forwarding || !forwarding),
    ),
  );
}
