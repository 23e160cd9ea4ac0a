import {
  AS_TRANS,
  type Capability,
  CEASE,
  completeSessionOptions,
  type EndReason,
  initialSession,
  NOTIFICATION,
  type NotificationMessage,
  type OpenMessage,
  phaseOf,
  type SessionEffect,
  type SessionHappening,
  type SessionOptions,
  type SessionPhase,
  type SessionState,
  sessionStep,
} from '../../src/index.ts';

/** What a peer of {@link SessionBench} is, unless a test wants another. */
export const peerAsn = 64_512;
export const localAsn = 64_513;

export const notification = (
  code: number,
  subcode = 0,
  data: Uint8Array = new Uint8Array(),
): NotificationMessage => ({ type: 'NOTIFICATION', code, subcode, data });

/** A peer's OPEN. */
export function openFrom({
  asn = peerAsn,
  identifier = '192.0.2.200',
  holdTimeS = 90,
  capabilities = [],
}: {
  asn?: number;
  identifier?: string;
  holdTimeS?: number;
  capabilities?: readonly Capability[];
} = {}): OpenMessage {
  return {
    type: 'OPEN',
    myAs: asn > 0xffff ? AS_TRANS : asn,
    holdTimeS,
    bgpIdentifier: identifier,
    capabilities: [
      { type: 'MULTIPROTOCOL', afi: 1, safi: 1 },
      { type: 'FOUR_OCTET_AS', asn },
      ...capabilities,
    ],
  };
}

/** The peer can restart, keeps IPv4 forwarded, and asks for 120 s. */
export const restartCapability = (
  by: Partial<Extract<Capability, { type: 'GRACEFUL_RESTART' }>> = {},
): Capability => ({
  type: 'GRACEFUL_RESTART',
  restarting: false,
  notification: false,
  restartTimeS: 120,
  families: [{ afi: 1, safi: 1, forwarding: true }],
  ...by,
});

export const bfdDown: NotificationMessage = notification(NOTIFICATION.CEASE, CEASE.BFD_DOWN);

/** Feeds one machine; `random` is 0, so every jittered time is three quarters of the whole. */
export class SessionBench {
  state: SessionState;
  nowMs = 0;
  /** The connection that was made last. */
  connection = 0;

  constructor(options: Partial<SessionOptions> = {}) {
    const complete = { localAsn, peerAsn, identifier: '192.0.2.1', ...options };
    this.state = initialSession(completeSessionOptions(complete));
  }

  get phase(): SessionPhase {
    return phaseOf(this.state);
  }

  /** One input, now. */
  feed(happening: SessionHappening): readonly SessionEffect[] {
    const at = { nowMs: this.nowMs, random: 0 };
    const [state, effects] = sessionStep(this.state, { ...happening, at });
    this.state = state;
    this.connection = state.made;
    return effects;
  }

  /** One input, told in words. */
  tell(happening: SessionHappening): string[] {
    return this.feed(happening).flatMap(describeEffect);
  }

  /** Waits until the machine wants to be woken, and wakes it. */
  wake(): string[] {
    if (this.state.wakeAtMs === undefined) throw new Error('it waits for nothing');
    return this.wakeAt(this.state.wakeAtMs);
  }

  wakeAt(nowMs: number): string[] {
    this.nowMs = nowMs;
    return this.tell({ kind: 'wake' });
  }

  /** To Connect. */
  start(): this {
    this.feed({ kind: 'start' });
    return this;
  }

  /** From Connect to OpenSent. */
  connect(): this {
    this.feed({ kind: 'connected', connection: this.connection });
    return this;
  }

  /** From OpenSent to OpenConfirm. */
  open(open: OpenMessage = openFrom()): this {
    this.feed({ kind: 'open', connection: this.connection, open });
    return this;
  }

  /** All the way. */
  establish(open: OpenMessage = openFrom()): this {
    this.start().connect().open(open);
    this.feed({ kind: 'keepalive', connection: this.connection });
    return this;
  }
}

/** An effect in words; what follows from the state alone is left out. */
function describeEffect(effect: SessionEffect): string[] {
  switch (effect.kind) {
    case 'phase':
    case 'wake-at':
      return [];
    case 'send':
      return [`send ${describeMessage(effect.message)}`];
    case 'refuse':
      return [`refuse ${codes(effect.notification)}`];
    case 'close':
      return [effect.abort ? 'abort' : 'close'];
    case 'refresh':
      return [`refresh ${effect.family}`];
    case 'flush-stale':
      return [`flush ${effect.families.join(' ')}`];
    case 'ended': {
      const kept = effect.retained.length > 0 ? `, kept ${effect.retained.join(' ')}` : '';
      return [`${effect.established ? 'down' : 'ended'}: ${describeReason(effect.reason)}${kept}`];
    }
    default:
      return [effect.kind];
  }
}

function describeMessage(message: Extract<SessionEffect, { kind: 'send' }>['message']): string {
  return message.type === 'NOTIFICATION' ? codes(message) : message.type;
}

function describeReason(reason: EndReason): string {
  switch (reason.kind) {
    case 'notification-sent':
      return `said ${codes(reason.notification)}`;
    case 'notification-received':
      return `told ${codes(reason.notification)}`;
    default:
      return reason.kind;
  }
}

function codes({ code, subcode }: NotificationMessage): string {
  return `${code}/${subcode}`;
}
