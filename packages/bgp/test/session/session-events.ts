import { NOTIFICATION, OPEN_ERROR, type SessionHappening } from '../../src/index.ts';
import { bfdDown, notification, openFrom, SessionBench } from './session-bench.ts';

/** A peer's OPEN may come before ours is sent: DelayOpen. */
const delaying = { delayOpenMs: 5000 };

/** A machine in each state that RFC 4271 §8.2.2 tells apart, where a timer makes a difference within one too. */
export const situations = {
  'Idle, stopped': () => new SessionBench(),
  'Idle, held': () => {
    const bench = new SessionBench().establish();
    bench.feed({ kind: 'reset', notification: bfdDown });
    return bench;
  },
  Connect: () => new SessionBench().start(),
  'Connect, delaying': () => new SessionBench(delaying).start().connect(),
  Active: () => {
    const bench = new SessionBench().start();
    bench.feed({ kind: 'disconnected', connection: 1 });
    return bench;
  },
  'Active, delaying': () => {
    const bench = new SessionBench({ ...delaying, mode: 'passive' }).start();
    bench.feed({ kind: 'accepted' });
    return bench;
  },
  OpenSent: () => new SessionBench().start().connect(),
  OpenConfirm: () => new SessionBench().start().connect().open(),
  Established: () => new SessionBench().establish(),
} as const satisfies Record<string, () => SessionBench>;

export type Situation = keyof typeof situations;

type Event = (bench: SessionBench) => string[];

const happens =
  (happening: (connection: number) => SessionHappening): Event =>
  (bench) =>
    bench.tell(happening(bench.connection));

/** A timer: at its time where it runs; where it does not, waking changes nothing. */
const expires =
  (atMs: (bench: SessionBench) => number | undefined): Event =>
  (bench) =>
    bench.wakeAt(atMs(bench) ?? bench.nowMs);

const onlyConnection = (bench: SessionBench) => bench.state.connections[0];

/**
 * The events of RFC 4271 §8.1 by number, and those of other RFCs. 14 and 15 are the listener's (which peer an address belongs to); 23 cannot come from outside:
 * the machine knows both connections.
 */
export const events = {
  '1, 3 to 7 start': happens(() => ({ kind: 'start' })),
  '2 stop': happens(() => ({ kind: 'stop', how: 'shutdown' })),
  '8 reset': happens(() => ({ kind: 'reset', notification: bfdDown })),
  'retry times': happens(() => ({ kind: 'retry-times', connectRetryMs: 1, retryFirstMs: 1 })),
  '9 ConnectRetryTimer': expires((bench) => bench.state.retryAtMs),
  '10 HoldTimer': expires((bench) => onlyConnection(bench)?.holdAtMs),
  '11 KeepaliveTimer': expires((bench) => onlyConnection(bench)?.keepaliveAtMs),
  '12 DelayOpenTimer': expires((bench) => onlyConnection(bench)?.openAtMs),
  '13 IdleHoldTimer': expires((bench) => bench.state.idleUntilMs),
  '16 connected': happens((connection) => ({ kind: 'connected', connection })),
  '17 accepted': happens(() => ({ kind: 'accepted' })),
  '18 disconnected': happens((connection) => ({ kind: 'disconnected', connection })),
  '19, 20 OPEN': happens((connection) => ({ kind: 'open', connection, open: openFrom() })),
  '21 header fault': happens((connection) => ({
    kind: 'fault',
    connection,
    notification: notification(NOTIFICATION.MESSAGE_HEADER_ERROR, 1),
  })),
  '22 OPEN fault': happens((connection) => ({
    kind: 'open',
    connection,
    open: openFrom({ asn: 65_000 }),
  })),
  '24 NOTIFICATION, version': happens((connection) => ({
    kind: 'notification',
    connection,
    notification: notification(
      NOTIFICATION.OPEN_MESSAGE_ERROR,
      OPEN_ERROR.UNSUPPORTED_VERSION_NUMBER,
    ),
  })),
  '25 NOTIFICATION': happens((connection) => ({
    kind: 'notification',
    connection,
    notification: notification(NOTIFICATION.CEASE, 4),
  })),
  '26 KEEPALIVE': happens((connection) => ({ kind: 'keepalive', connection })),
  '27 UPDATE': happens((connection) => ({ kind: 'update', connection })),
  '28 UPDATE fault': happens((connection) => ({
    kind: 'fault',
    connection,
    notification: notification(NOTIFICATION.UPDATE_MESSAGE_ERROR, 1),
  })),
  'ROUTE-REFRESH': happens((connection) => ({
    kind: 'route-refresh',
    connection,
    message: { type: 'ROUTE-REFRESH', afi: 1, safi: 1, subtype: 0 },
  })),
  'End-of-RIB': happens((connection) => ({
    kind: 'end-of-rib',
    connection,
    family: 'ipv4-unicast',
  })),
  'stalled, SendHoldTimer': (bench) => [
    ...bench.tell({ kind: 'stalled', connection: bench.connection }),
    ...bench.wakeAt(onlyConnection(bench)?.sendHoldAtMs ?? bench.nowMs),
  ],
  flowing: happens((connection) => ({ kind: 'flowing', connection })),
  'told everything': happens(() => ({ kind: 'told-everything' })),
} as const satisfies Record<string, Event>;

export type EventName = keyof typeof events;
