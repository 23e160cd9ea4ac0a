import {
  asnOf,
  CEASE,
  type EndReason,
  explainEnd,
  explainNotification,
  hardResetOf,
  NOTIFICATION,
  type NotificationMessage,
  OPEN_ERROR,
  type OpenMessage,
  type SessionOptions,
} from '@picluster/bgp';

/** Why there is no session, for programs; `docs/bgp.md` explains each. */
export const SESSION_TROUBLES = [
  'wrong-as',
  'router-id',
  'families',
  'open-refused',
  'no-answer',
  'connection-refused',
  'unreachable',
  'no-router',
  'no-interface',
  'closed',
  'cannot-connect',
  'hold-time',
  'bfd-down',
  'too-many-routes',
  'shut-down',
  'not-a-neighbour',
  'still-connected',
  'reset',
  'protocol',
] as const;

/** One of them. */
export type SessionTroubleCode = (typeof SESSION_TROUBLES)[number];

/** Why there is no session, and what can be done. */
export interface SessionTrouble {
  readonly code: SessionTroubleCode;
  /** What happened, without a full stop. */
  readonly why: string;
  /** A sentence. */
  readonly advice: string;
}

/** What a session that has ended, or did not come about, was to be. */
export interface SessionFacts extends Pick<SessionOptions, 'localAsn' | 'peerAsn' | 'identifier'> {
  /** Whether there is a password. */
  readonly signed: boolean;
  /** Whether it was established. */
  readonly established: boolean;
}

/** What it means that there is no router behind an interface. `what`: see `RouterListener`. */
export function missedRouter(interfaceName: string, what: string | undefined): SessionTrouble {
  if (what !== undefined) {
    return {
      code: 'no-interface',
      why: `the interface ${interfaceName} cannot be used: ${what}`,
      advice: 'Set interface to one that all nodes of this BGPPeer have, or mend it.',
    };
  }
  return {
    code: 'no-router',
    why: `no router advertisement was heard on the interface ${interfaceName}`,
    advice:
      'Look at the cable, and let the router send router advertisements on its end (in FRR a neighbor by interface makes it do so); a switch between must pass what is for ff02::1.',
  };
}

/** What an end means for people. `undefined`: it was our own wish, and nothing is wrong. Safe to print whatever the peer sent. */
export function troubleOf(reason: EndReason, facts: SessionFacts): SessionTrouble | undefined {
  switch (reason.kind) {
    case 'given-up':
    case 'restart':
      return undefined;
    case 'replaced':
      return closed('the router has connected anew');
    case 'connect-timeout':
      return noAnswer(facts);
    case 'disconnected':
      return disconnected(reason.error, facts);
    case 'notification-sent':
      return refusedByUs(reason, facts);
    case 'notification-received':
      return saidByRouter(reason, facts);
  }
}

function noAnswer({ signed, established }: SessionFacts): SessionTrouble {
  if (established) return silent('the router takes nothing any more');
  const why = 'the router gives no answer';
  const advice = signed
    ? 'Compare the password with the one on the router: where it is another, or the router has none, nothing is answered. Else a firewall may be between, or the address another.'
    : 'Look whether the address is right and no firewall between; a router that wants a password does not answer either.';
  return { code: 'no-answer', why, advice };
}

function mute(): SessionTrouble {
  const why = 'the router took the connection and then said nothing';
  const advice = 'Look whether BGP hangs there, or something else has that port.';
  return { code: 'no-answer', why, advice };
}

function silent(why: string): SessionTrouble {
  const advice = 'Look at the router and the network between; BFD would notice within a second.';
  return { code: 'hold-time', why, advice };
}

function closed(why: string): SessionTrouble {
  const advice = 'It has restarted, or somebody has ended the session there: its log tells.';
  return { code: 'closed', why, advice };
}

function disconnected(error: string | undefined, facts: SessionFacts): SessionTrouble {
  switch (error) {
    case 'ECONNREFUSED':
      return {
        code: 'connection-refused',
        why: 'nothing listens on that port of the router',
        advice: 'Start BGP on the router, or set peerPort.',
      };
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
    case 'ENETUNREACH':
    case 'ENETDOWN':
      return {
        code: 'unreachable',
        why: `the router cannot be reached (${error})`,
        advice: 'Look whether it is there, and at peerAddress and the routes of the node.',
      };
    case 'ETIMEDOUT':
      return noAnswer(facts);
    case undefined:
    case 'ECONNRESET':
    case 'EPIPE':
      if (facts.established) return closed('the router closed the connection without a word');
      return {
        code: 'not-a-neighbour',
        why: 'the router took the connection and closed it without a word',
        advice: 'Most routers do so where they have no neighbour of this address: add the node.',
      };
    default:
      return {
        code: 'cannot-connect',
        why: `the connection failed: ${error}`,
        advice: 'Look at sourceAddress, vrf and password in the BGPPeer.',
      };
  }
}

/** What a NOTIFICATION says: the one inside, where it is a Hard Reset (RFC 8538). */
function meantBy(notification: NotificationMessage): NotificationMessage {
  return hardResetOf(notification) ?? notification;
}

type Said<Kind> = Extract<EndReason, { readonly kind: Kind }>;

function refusedByUs(
  reason: Said<'notification-sent'>,
  facts: SessionFacts,
): SessionTrouble | undefined {
  const { code, subcode } = meantBy(reason.notification);
  if (code === NOTIFICATION.HOLD_TIMER_EXPIRED) {
    return facts.established ? silent('the router was not heard of for the hold time') : mute();
  }
  if (code === NOTIFICATION.SEND_HOLD_TIMER_EXPIRED) return noAnswer(facts);
  if (code === NOTIFICATION.CEASE) return subcode === CEASE.BFD_DOWN ? pathDown() : undefined;
  if (code === NOTIFICATION.OPEN_MESSAGE_ERROR && reason.open !== undefined) {
    return openRefused(subcode, reason.open, facts) ?? protocol(reason);
  }
  return protocol(reason);
}

function pathDown(): SessionTrouble {
  const advice =
    'Nothing arrives on the path, or the router does not do BFD any more: look at both.';
  return { code: 'bfd-down', why: 'BFD found the path to the router down', advice };
}

function protocol(reason: EndReason): SessionTrouble {
  const advice = 'What was sent does not follow the protocol: the logs of both sides tell more.';
  return { code: 'protocol', why: explainEnd(reason), advice };
}

function openRefused(
  subcode: number,
  open: OpenMessage,
  { localAsn, peerAsn, identifier }: SessionFacts,
): SessionTrouble | undefined {
  if (subcode === OPEN_ERROR.BAD_PEER_AS) {
    const asn = asnOf(open);
    const expected = {
      internal: [`our own (${localAsn})`, 'dynamicASN to external'],
      external: [`any but our own (${localAsn})`, 'dynamicASN to internal'],
    } as const;
    const [wanted, set] =
      typeof peerAsn === 'number' ? [peerAsn, `peerASN to ${asn}`] : expected[peerAsn];
    return {
      code: 'wrong-as',
      why: `the router is in AS ${asn}, the BGPPeer expects ${wanted}`,
      advice: `Set ${set}, or peerAddress to the router that is meant.`,
    };
  }
  if (subcode === OPEN_ERROR.BAD_BGP_IDENTIFIER) return sameRouterId(identifier);
  if (subcode === OPEN_ERROR.UNSUPPORTED_CAPABILITY) {
    return {
      code: 'families',
      why: 'the router carries no address family that we do',
      advice: 'Activate the family of the session on the router, or set dualStackAddressFamily.',
    };
  }
  return undefined;
}

function sameRouterId(identifier: string): SessionTrouble {
  return {
    code: 'router-id',
    why: `the router ID ${identifier} of this node is the router's or another neighbour's as well`,
    advice: 'Set routerID in the BGPPeer, or another one on the router.',
  };
}

function saidByRouter(reason: Said<'notification-received'>, facts: SessionFacts): SessionTrouble {
  const { code, subcode } = meantBy(reason.notification);
  const why = `the router said: ${explainNotification(reason.notification)}`;
  switch (code) {
    case NOTIFICATION.OPEN_MESSAGE_ERROR:
      return openRefusedByRouter(subcode, why, facts);
    case NOTIFICATION.HOLD_TIMER_EXPIRED:
    case NOTIFICATION.SEND_HOLD_TIMER_EXPIRED:
      return silent('the router has not heard of this node for the hold time');
    case NOTIFICATION.CEASE:
      return ceasedByRouter(subcode, why);
    default:
      return protocol(reason);
  }
}

function openRefusedByRouter(
  subcode: number,
  why: string,
  { localAsn, identifier }: SessionFacts,
): SessionTrouble {
  switch (subcode) {
    case OPEN_ERROR.BAD_PEER_AS:
      return {
        code: 'wrong-as',
        why: `the router does not expect AS ${localAsn} of this node`,
        advice: 'Set myASN, or the AS that the router has for this neighbour.',
      };
    case OPEN_ERROR.BAD_BGP_IDENTIFIER:
      return sameRouterId(identifier);
    case OPEN_ERROR.UNSUPPORTED_CAPABILITY:
      return {
        code: 'families',
        why,
        advice: 'Let the router carry the family of the session, or set dualStackAddressFamily.',
      };
    default:
      return {
        code: 'open-refused',
        why,
        advice: 'Compare the BGPPeer with what the router has for this neighbour.',
      };
  }
}

function ceasedByRouter(subcode: number, why: string): SessionTrouble {
  switch (subcode) {
    case CEASE.MAXIMUM_NUMBER_OF_PREFIXES_REACHED:
      return {
        code: 'too-many-routes',
        why,
        advice:
          'Raise the limit of prefixes on the router, or advertise aggregates; then clear the session there: many routers stay away until somebody does.',
      };
    case CEASE.ADMINISTRATIVE_SHUTDOWN:
      return { code: 'shut-down', why, advice: 'Somebody has ended it on the router on purpose.' };
    case CEASE.PEER_DE_CONFIGURED:
    case CEASE.CONNECTION_REJECTED:
      return {
        code: 'not-a-neighbour',
        why,
        advice: 'The router has no such neighbour, or does not want it now: look there.',
      };
    case CEASE.CONNECTION_COLLISION_RESOLUTION:
      return { code: 'still-connected', why, advice: 'Its hold time ends the session before.' };
    case CEASE.BFD_DOWN:
      return pathDown();
    default:
      return { code: 'reset', why, advice: 'It comes back by itself; the router tells why.' };
  }
}
