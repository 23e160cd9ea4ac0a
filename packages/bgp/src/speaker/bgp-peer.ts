import type { Family } from '../codec/family.ts';
import { afiSafiOf } from '../codec/family.ts';
import { encodeMessage } from '../codec/message-codec.ts';
import {
  type BgpMessage,
  type NotificationMessage,
  ROUTE_REFRESH_SUBTYPE,
} from '../codec/messages.ts';
import { AdjRibOut } from '../rib/adj-rib-out.ts';
import { sessionStep } from '../session/session-machine.ts';
import {
  completeSessionOptions,
  type RetryTimes,
  type SessionOptions,
} from '../session/session-options.ts';
import {
  type EndReason,
  initialSession,
  phaseOf,
  type SessionEffect,
  type SessionHappening,
  type SessionPhase,
  type SessionState,
} from '../session/session-state.ts';
import { explainEnd } from './explain-end.ts';
import { happeningOf } from './happening-of.ts';
import { MessageChannel, type Received } from './message-channel.ts';
import type { BgpPeerDeps, PeerSession } from './peer-deps.ts';
import { Telling } from './telling.ts';
import type { ConnectionListener, IncomingConnection } from './transport.ts';
import { UpdateReports } from './update-reports.ts';

/** How a peer is doing, for people and status objects. */
export interface PeerStatus {
  readonly phase: SessionPhase;
  /** The session, while it is established. */
  readonly session: PeerSession | undefined;
  /** Why the last connection ended, in words; `undefined` where none did. */
  readonly lastEnd: string | undefined;
}

/** One peer: the shell that feeds the {@link sessionStep} machine and performs what it wants. It keeps the process alive while its transport does. */
export class BgpPeer {
  /** What the logs call it. */
  readonly name: string;
  /** What the peer is to be told. After changing it call {@link changed}; many changes may share one call. */
  readonly routes: AdjRibOut = new AdjRibOut();
  readonly #deps: BgpPeerDeps;
  readonly #options: SessionOptions;
  readonly #channels = new Map<number, MessageChannel>();
  readonly #happenings: SessionHappening[] = [];
  readonly #telling: Telling;
  readonly #reports: UpdateReports;
  #state: SessionState;
  #busy = false;
  #accepting: IncomingConnection | undefined;
  #wake: Disposable | undefined;
  #session: PeerSession | undefined;
  #established: number | undefined;
  #lastEnd: string | undefined;
  /** What the input is about. */
  #received: Received | undefined;

  /** Does nothing yet. @throws BgpError `bad-options`, naming every problem */
  constructor(deps: BgpPeerDeps, name: string, options: SessionOptions) {
    this.name = name;
    this.#deps = deps;
    this.#options = options;
    this.#reports = new UpdateReports(deps, name);
    this.#state = initialSession(completeSessionOptions(options));
    this.#telling = new Telling(this.routes, {
      send: (message) => this.#tell(message),
      isFlowing: () => this.#channels.get(this.#established ?? 0)?.flowing === true,
      onToldEverything: () => this.#feed({ kind: 'told-everything' }),
      later: (ms, fire) => deps.clock.timer(ms, fire),
    });
  }

  get status(): PeerStatus {
    return { phase: phaseOf(this.#state), session: this.#session, lastEnd: this.#lastEnd };
  }

  /** Begins; again after a {@link stop}. `restarted`: see `SessionHappening`. */
  start(restarted: boolean = false): void {
    this.#feed({ kind: 'start', restarted });
  }

  /**
   * Ends the session. `shutdown` tells the peer so, with a reason for people; `restart` says nothing, so that a peer with graceful restart keeps our routes
   * until this process, or its successor, is back.
   */
  stop(how: 'shutdown' | 'restart' = 'shutdown', message: string = ''): void {
    this.#feed({ kind: 'stop', how, message });
  }

  /** Ends the session with this word; it comes back after a rest. */
  reset(notification: NotificationMessage): void {
    this.#feed({ kind: 'reset', notification });
  }

  /** From now on attempts come after these delays, which the peer is not told: a session that stands goes on. @throws BgpError `bad-options` */
  retryAfter(times: RetryTimes): void {
    const { connectRetryMs, retryFirstMs } = completeSessionOptions({ ...this.#options, ...times });
    this.#feed({ kind: 'retry-times', connectRetryMs, retryFirstMs });
  }

  /** The peer has connected to us. */
  accept(connection: IncomingConnection): void {
    this.#accepting = connection;
    this.#feed({ kind: 'accepted' });
    this.#accepting = undefined;
  }

  /** Tells the peer what has changed in {@link routes}, as soon as it takes it. */
  changed(): void {
    this.#telling.pump();
  }

  /** Asks the peer for all routes of a family again; false: it cannot be asked. */
  requestRefresh(family: Family): boolean {
    const negotiated = this.#session?.negotiated;
    if (negotiated?.routeRefresh !== true || !negotiated.families.includes(family)) return false;
    const subtype = ROUTE_REFRESH_SUBTYPE.REQUEST;
    this.#tell({ type: 'ROUTE-REFRESH', ...afiSafiOf(family), subtype });
    return true;
  }

  /** One input at a time: what an effect causes at once waits for its turn. */
  #feed(happening: SessionHappening): void {
    this.#happenings.push(happening);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (
        let next = this.#happenings.shift();
        next !== undefined;
        next = this.#happenings.shift()
      ) {
        const at = { nowMs: this.#deps.clock.nowMs(), random: this.#deps.random() };
        const [state, effects] = sessionStep(this.#state, { ...next, at });
        this.#state = state;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#busy = false;
    }
  }

  #perform(effect: SessionEffect): void {
    const { listener } = this.#deps;
    switch (effect.kind) {
      case 'dial':
        this.#dial(effect.connection);
        break;
      case 'adopt':
        this.#adopt(effect.connection);
        break;
      case 'refuse':
        this.#accepting?.send(encodeMessage(effect.notification));
        this.#accepting?.close();
        break;
      case 'send':
        this.#send(effect.connection, effect.message);
        break;
      case 'close':
        this.#channels.get(effect.connection)?.close(effect.abort);
        this.#channels.delete(effect.connection);
        break;
      case 'established':
        this.#onEstablished(effect);
        break;
      case 'deliver':
        this.#deliver();
        break;
      case 'refresh':
        this.#telling.refresh(effect.family);
        break;
      case 'ended':
        this.#onEnded(effect);
        break;
      case 'flush-stale':
        listener?.flushStale?.(effect.families);
        break;
      case 'phase':
        this.#deps.log?.debug('bgp state', { peer: this.name, from: effect.from, to: effect.to });
        listener?.phase?.(effect.from, effect.to);
        break;
      case 'wake-at':
        this.#wakeAt(effect.atMs);
        break;
    }
  }

  // --- connections -------------------------------------------------------------------------------------------------------------

  #dial(id: number): void {
    const connection = this.#deps.dialer.dial(this.#listenerOf(id));
    this.#channels.set(id, new MessageChannel(connection));
  }

  #adopt(id: number): void {
    const connection = this.#accepting;
    if (connection === undefined) throw new Error('adopt without a connection');
    this.#channels.set(id, new MessageChannel(connection));
    connection.listen(this.#listenerOf(id));
  }

  #listenerOf(connection: number): ConnectionListener {
    return {
      onConnected: () => this.#feed({ kind: 'connected', connection }),
      onData: (chunk) => {
        this.#channels
          .get(connection)
          ?.receive(chunk, (received) => this.#onReceived(connection, received));
      },
      onDrain: () => this.#onDrain(connection),
      onClosed: (error) => {
        this.#feed({ kind: 'disconnected', connection, ...(error !== undefined && { error }) });
      },
    };
  }

  #onDrain(connection: number): void {
    const channel = this.#channels.get(connection);
    if (channel === undefined) return;
    channel.flowing = true;
    this.#feed({ kind: 'flowing', connection });
    if (connection === this.#established) this.#telling.pump();
  }

  #onReceived(connection: number, received: Received): void {
    const { metrics } = this.#deps;
    if ('fault' in received) metrics?.faulty(received.reason);
    else metrics?.received(received.message.type);
    this.#received = received;
    this.#feed(happeningOf(connection, received));
    this.#received = undefined;
    if ('fault' in received) return;
    if (received.message.type === 'OPEN') this.#agree(connection);
    if (received.endOfRib !== undefined) this.#noteEnd(connection, received.endOfRib);
  }

  /** What comes next may be as long, and is encoded, as the OPENs agreed. */
  #agree(id: number): void {
    const terms = this.#state.connections.find((connection) => connection.id === id)?.terms;
    if (terms !== undefined) this.#channels.get(id)?.agree(terms.negotiated);
  }

  #noteEnd(connection: number, family: Family): void {
    if (connection !== this.#established) return;
    this.#feed({ kind: 'end-of-rib', connection, family });
    this.#deps.listener?.endOfRib?.(family);
  }

  #deliver(): void {
    const received = this.#received;
    if (received === undefined || 'fault' in received || received.message.type !== 'UPDATE') return;
    this.#reports.tell(received.errors);
    this.#deps.listener?.update?.(received.message, received.errors);
  }

  #send(connection: number, message: BgpMessage): void {
    const channel = this.#channels.get(connection);
    if (channel === undefined) return;
    this.#deps.metrics?.sent(message.type);
    const was = channel.flowing;
    channel.send(message);
    if (was && !channel.flowing) this.#feed({ kind: 'stalled', connection });
  }

  /** To the established peer. */
  #tell(message: BgpMessage): void {
    if (this.#established !== undefined) this.#send(this.#established, message);
  }

  // --- the session -------------------------------------------------------------------------------------------------------------

  #onEstablished({ connection, terms }: Extract<SessionEffect, { kind: 'established' }>): void {
    const channel = this.#channels.get(connection);
    const { localAddress, remoteAddress } = channel?.connection ?? {};
    const session: PeerSession = { ...terms, localAddress, remoteAddress };
    this.#session = session;
    this.#established = connection;
    this.#reports.begin();
    const { negotiated } = terms;
    this.#deps.log?.info('bgp session established', {
      peer: this.name,
      peerAsn: negotiated.peerAsn,
      families: negotiated.families.join(' '),
      holdTimeS: negotiated.holdTimeS,
    });
    this.#deps.listener?.established?.(session);
    this.#telling.begin(negotiated);
  }

  #onEnded(effect: Extract<SessionEffect, { kind: 'ended' }>): void {
    const { reason, established, retained } = effect;
    this.#lastEnd = explainEnd(reason);
    const fields = { peer: this.name, side: effect.side, reason: this.#lastEnd };
    if (!established) {
      this.#deps.log?.debug('bgp connection ended', fields);
      this.#deps.listener?.failed?.(reason);
      return;
    }
    this.#deps.log?.warn('bgp session lost', fields);
    this.#lose(reason, retained);
  }

  #lose(reason: EndReason, retained: readonly Family[]): void {
    this.#session = undefined;
    this.#established = undefined;
    this.#telling.end();
    this.#deps.listener?.down?.(reason, retained);
  }

  #wakeAt(atMs: number | undefined): void {
    this.#wake?.[Symbol.dispose]();
    this.#wake = undefined;
    if (atMs === undefined) return;
    const ms = Math.max(0, atMs - this.#deps.clock.nowMs());
    this.#wake = this.#deps.clock.timer(ms, () => this.#feed({ kind: 'wake' }));
  }
}
