import { familyOf, type Family } from '../codec/family.ts';
import {
  type NotificationMessage,
  type OpenMessage,
  ROUTE_REFRESH_SUBTYPE,
  type RouteRefreshMessage,
} from '../codec/messages.ts';
import { survivingSide } from './collision.ts';
import { stillForwarded } from './graceful-restart.ts';
import { judgeOpen, type SessionTerms } from './judge-open.ts';
import { isOfTheConnection, unexpectedIn } from './notifications.ts';
import type { Connection } from './session-state.ts';
import {
  change,
  end,
  heard,
  notify,
  sendKeepalive,
  sendOpen,
  set,
  type Turn,
  yieldTo,
} from './session-turn.ts';

/** Events 19 and 20. */
export function onOpen(turn: Turn, connection: Connection, open: OpenMessage): void {
  const { stage } = connection;
  if (stage !== 'OpenSent' && stage !== 'delaying') {
    unexpected(turn, connection);
    return;
  }
  const sent = stage === 'delaying' ? sendOpen(turn, connection) : connection;
  const verdict = judgeOpen(turn.state.settings, open);
  if (!verdict.ok) {
    notify(turn, sent, verdict.notification, 'idle-hold', open);
    return;
  }
  if (!survivesCollision(turn, sent, verdict.terms)) return;
  const confirmed = change(turn, sent, { stage: 'OpenConfirm', terms: verdict.terms });
  heard(turn, sendKeepalive(turn, confirmed));
}

/**
 * Two connections with the same peer: one goes as soon as the first OPEN tells who the peer is (RFC 4271 §6.8, which allows that the other is in
 * OpenSent still, for it is the same peer). What is only dialed yet may go on.
 */
function survivesCollision(turn: Turn, connection: Connection, terms: SessionTerms): boolean {
  const { connections, settings } = turn.state;
  const other = connections.find(({ id, stage }) => id !== connection.id && stage !== 'dialing');
  if (other === undefined) return true;
  const local = { asn: settings.localAsn, identifier: settings.identifier };
  const remote = { asn: terms.negotiated.peerAsn, identifier: terms.open.bgpIdentifier };
  const survives = survivingSide(local, remote) === connection.side;
  yieldTo(turn, survives ? other : connection);
  return survives;
}

/** Event 26. */
export function onKeepalive(turn: Turn, connection: Connection): void {
  if (connection.stage === 'OpenConfirm') establish(turn, connection);
  else if (connection.stage === 'Established') heard(turn, connection);
  else unexpected(turn, connection);
}

function establish(turn: Turn, connection: Connection): void {
  for (const other of turn.state.connections) {
    if (other.id !== connection.id) yieldTo(turn, other);
  }
  const { terms } = connection;
  if (terms === undefined) throw new Error('OpenConfirm without terms');
  const establishedAtMs = turn.at.nowMs;
  heard(turn, change(turn, connection, { stage: 'Established', establishedAtMs }));
  turn.effects.push({ kind: 'established', connection: connection.id, terms });
  reconsiderStale(turn, terms);
}

/** The peer is back. What it no longer forwards for goes now, the rest when the peer has told all its routes, or has had time to. */
function reconsiderStale(turn: Turn, terms: SessionTerms): void {
  const { stale, settings } = turn.state;
  if (stale === undefined) return;
  const kept = stillForwarded(stale.families, terms);
  const gone = stale.families.filter((family) => !kept.includes(family));
  if (gone.length > 0) turn.effects.push({ kind: 'flush-stale', families: gone });
  const untilMs = turn.at.nowMs + (settings.gracefulRestart?.staleMs ?? 0);
  set(turn, { stale: kept.length === 0 ? undefined : { families: kept, untilMs } });
}

/** Event 27. */
export function onUpdate(turn: Turn, connection: Connection): void {
  if (connection.stage !== 'Established') {
    unexpected(turn, connection);
    return;
  }
  heard(turn, connection);
  turn.effects.push({ kind: 'deliver' });
}

/** The peer has told all routes of this family. */
export function onEndOfRib(turn: Turn, connection: Connection, family: Family): void {
  const { stale } = turn.state;
  if (connection.stage !== 'Established' || stale?.families.includes(family) !== true) return;
  turn.effects.push({ kind: 'flush-stale', families: [family] });
  const families = stale.families.filter((each) => each !== family);
  set(turn, { stale: families.length === 0 ? undefined : { ...stale, families } });
}

/** Asked for a family that was not negotiated, or under another subtype, we do nothing (RFC 2918 §4, RFC 7313 §5). */
export function onRouteRefresh(
  turn: Turn,
  connection: Connection,
  { afi, safi, subtype }: RouteRefreshMessage,
): void {
  if (connection.stage !== 'Established') {
    unexpected(turn, connection);
    return;
  }
  heard(turn, connection);
  const family = familyOf(afi, safi);
  const isNegotiated =
    family !== undefined && connection.terms?.negotiated.families.includes(family) === true;
  if (isNegotiated && subtype === ROUTE_REFRESH_SUBTYPE.REQUEST) {
    turn.effects.push({ kind: 'refresh', family });
  }
}

/** Events 24 and 25. After a connection that just was not wanted we listen, and try again. */
export function onNotification(
  turn: Turn,
  connection: Connection,
  notification: NotificationMessage,
): void {
  const aftermath = isOfTheConnection(notification) ? 'retry' : 'idle-hold';
  end(turn, connection, { kind: 'notification-received', notification }, aftermath);
}

/** Events 21, 22 and 28. */
export function onFault(
  turn: Turn,
  connection: Connection,
  notification: NotificationMessage,
): void {
  notify(turn, connection, notification, 'idle-hold');
}

function unexpected(turn: Turn, connection: Connection): void {
  if (connection.stage === 'dialing') return;
  notify(turn, connection, unexpectedIn(connection.stage), 'idle-hold');
}
