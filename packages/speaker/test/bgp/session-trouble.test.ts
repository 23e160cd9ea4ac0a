import {
  CEASE,
  cease,
  type EndReason,
  hardReset,
  NOTIFICATION,
  notificationOf,
  OPEN_ERROR,
  type OpenMessage,
  shutdownNotification,
} from '@picluster/bgp';
import { describe, expect, test } from 'vitest';
import { troubleOf, type SessionFacts } from '../../src/bgp/session-trouble.ts';

const facts: SessionFacts = {
  localAsn: 64_500,
  peerAsn: 64_512,
  identifier: '192.0.2.11',
  signed: false,
  established: false,
};

const open: OpenMessage = {
  type: 'OPEN',
  myAs: 64_999,
  holdTimeS: 90,
  bgpIdentifier: '192.0.2.2',
  capabilities: [],
};

const said = (code: number, subcode = 0): EndReason => ({
  kind: 'notification-received',
  notification: notificationOf(code, subcode),
});

const ceased = (subcode: number): EndReason => said(NOTIFICATION.CEASE, subcode);

const refused = (subcode: number): EndReason => ({
  kind: 'notification-sent',
  notification: notificationOf(NOTIFICATION.OPEN_MESSAGE_ERROR, subcode),
  open,
});

const sent = (code: number, subcode = 0): EndReason => ({
  kind: 'notification-sent',
  notification: notificationOf(code, subcode),
});

const lost = (error?: string): EndReason => ({ kind: 'disconnected', error });

/** Code and reason, in a line. */
function words(reason: EndReason, change: Partial<SessionFacts> = {}): string | undefined {
  const trouble = troubleOf(reason, { ...facts, ...change });
  return trouble && `${trouble.code}: ${trouble.why}`;
}

describe('an attempt that fails', () => {
  test.each<[string, EndReason, string]>([
    [
      'at a router of another AS tells both numbers',
      refused(OPEN_ERROR.BAD_PEER_AS),
      'wrong-as: the router is in AS 64999, the BGPPeer expects 64512',
    ],
    [
      'at a router that expects another AS of us tells ours',
      said(NOTIFICATION.OPEN_MESSAGE_ERROR, OPEN_ERROR.BAD_PEER_AS),
      'wrong-as: the router does not expect AS 64500 of this node',
    ],
    [
      'at a router with our router ID tells it',
      refused(OPEN_ERROR.BAD_BGP_IDENTIFIER),
      "router-id: the router ID 192.0.2.11 of this node is the router's or another neighbour's as well",
    ],
    [
      'at a router that does not want our router ID tells it',
      said(NOTIFICATION.OPEN_MESSAGE_ERROR, OPEN_ERROR.BAD_BGP_IDENTIFIER),
      "router-id: the router ID 192.0.2.11 of this node is the router's or another neighbour's as well",
    ],
    [
      'at a router of other address families',
      refused(OPEN_ERROR.UNSUPPORTED_CAPABILITY),
      'families: the router carries no address family that we do',
    ],
    [
      'at a router that refuses our families',
      said(NOTIFICATION.OPEN_MESSAGE_ERROR, OPEN_ERROR.UNSUPPORTED_CAPABILITY),
      'families: the router said: OPEN Message Error, Unsupported Capability',
    ],
    [
      'at a router that refuses our hold time',
      said(NOTIFICATION.OPEN_MESSAGE_ERROR, OPEN_ERROR.UNACCEPTABLE_HOLD_TIME),
      'open-refused: the router said: OPEN Message Error, Unacceptable Hold Time',
    ],
    [
      'at a router that refuses our timers in a way of its own',
      refused(OPEN_ERROR.UNACCEPTABLE_HOLD_TIME),
      'protocol: we said: OPEN Message Error, Unacceptable Hold Time',
    ],
    [
      'at a router that is silent',
      { kind: 'connect-timeout' },
      'no-answer: the router gives no answer',
    ],
    [
      'at a router that takes the connection and hangs',
      sent(NOTIFICATION.HOLD_TIMER_EXPIRED),
      'no-answer: the router took the connection and then said nothing',
    ],
    ['in the kernel’s time', lost('ETIMEDOUT'), 'no-answer: the router gives no answer'],
    [
      'at a closed port',
      lost('ECONNREFUSED'),
      'connection-refused: nothing listens on that port of the router',
    ],
    [
      'where nobody has the address',
      lost('EHOSTUNREACH'),
      'unreachable: the router cannot be reached (EHOSTUNREACH)',
    ],
    [
      'at a router that does not know us',
      lost(),
      'not-a-neighbour: the router took the connection and closed it without a word',
    ],
    [
      'at a router that refuses us in words',
      ceased(CEASE.CONNECTION_REJECTED),
      'not-a-neighbour: the router said: Cease, Connection Rejected',
    ],
    [
      'at a router that has not heard of the end of the session before',
      ceased(CEASE.CONNECTION_COLLISION_RESOLUTION),
      'still-connected: the router said: Cease, Connection Collision Resolution',
    ],
    [
      'before anything is sent',
      lost('EADDRNOTAVAIL'),
      'cannot-connect: the connection failed: EADDRNOTAVAIL',
    ],
  ])('%s', (_, reason, expected) => {
    expect(words(reason)).toBe(expected);
  });

  test('at a silent router points to the password first, where there is one', () => {
    const advice = (signed: boolean): string | undefined =>
      troubleOf({ kind: 'connect-timeout' }, { ...facts, signed })?.advice;
    expect(advice(true)).toMatch(/^Compare the password/);
    expect(advice(false)).toMatch(/^Look whether the address/);
  });

  test.each([
    [64_512, '64512', 'peerASN to 64999'],
    ['internal', 'our own (64500)', 'dynamicASN to external'],
    ['external', 'any but our own (64500)', 'dynamicASN to internal'],
  ] as const)('at a wrong AS says what %s means, and what to set', (peerAsn, meaning, what) => {
    const trouble = troubleOf(refused(OPEN_ERROR.BAD_PEER_AS), { ...facts, peerAsn });
    expect(trouble?.why).toBe(`the router is in AS 64999, the BGPPeer expects ${meaning}`);
    expect(trouble?.advice).toBe(`Set ${what}, or peerAddress to the router that is meant.`);
  });
});

describe('a session that is lost', () => {
  test.each<[string, EndReason, string]>([
    [
      'to silence',
      sent(NOTIFICATION.HOLD_TIMER_EXPIRED),
      'hold-time: the router was not heard of for the hold time',
    ],
    [
      'to a router that takes nothing',
      sent(NOTIFICATION.SEND_HOLD_TIMER_EXPIRED),
      'hold-time: the router takes nothing any more',
    ],
    [
      'to a router that did not hear us',
      said(NOTIFICATION.HOLD_TIMER_EXPIRED),
      'hold-time: the router has not heard of this node for the hold time',
    ],
    [
      'to BFD here',
      sent(NOTIFICATION.CEASE, CEASE.BFD_DOWN),
      'bfd-down: BFD found the path to the router down',
    ],
    ['to BFD there', ceased(CEASE.BFD_DOWN), 'bfd-down: BFD found the path to the router down'],
    [
      'to BFD with graceful restart',
      { kind: 'notification-sent', notification: hardReset(cease(CEASE.BFD_DOWN)) },
      'bfd-down: BFD found the path to the router down',
    ],
    [
      'to too many routes',
      ceased(CEASE.MAXIMUM_NUMBER_OF_PREFIXES_REACHED),
      'too-many-routes: the router said: Cease, Maximum Number of Prefixes Reached',
    ],
    [
      'on purpose, in the words of who did it',
      { kind: 'notification-received', notification: shutdownNotification('back "at" nine\n') },
      String.raw`shut-down: the router said: Cease, Administrative Shutdown: "back \"at\" nine\n"`,
    ],
    [
      'to a router that forgot us',
      ceased(CEASE.PEER_DE_CONFIGURED),
      'not-a-neighbour: the router said: Cease, Peer De-configured',
    ],
    [
      'to a reset',
      ceased(CEASE.ADMINISTRATIVE_RESET),
      'reset: the router said: Cease, Administrative Reset',
    ],
    ['without a word', lost(), 'closed: the router closed the connection without a word'],
    ['to a router that is back', { kind: 'replaced' }, 'closed: the router has connected anew'],
    [
      'to bytes that make no sense',
      sent(NOTIFICATION.MESSAGE_HEADER_ERROR, 1),
      'protocol: we said: Message Header Error, Connection Not Synchronized',
    ],
    [
      'to an UPDATE that the router cannot read',
      said(NOTIFICATION.UPDATE_MESSAGE_ERROR, 1),
      'protocol: the peer said: UPDATE Message Error, Malformed Attribute List',
    ],
  ])('%s', (_, reason, expected) => {
    expect(words(reason, { established: true })).toBe(expected);
  });

  test.each<[string, EndReason]>([
    ['a restart', { kind: 'restart' }],
    ['an attempt that is given up', { kind: 'given-up' }],
    ['a shutdown', sent(NOTIFICATION.CEASE, CEASE.ADMINISTRATIVE_SHUTDOWN)],
  ])('by our own wish is no trouble: %s', (_, reason) => {
    expect(words(reason, { established: true })).toBeUndefined();
  });
});
