import { formatAddress, formatMac, parseAddress } from './address.ts';
import {
  QUIET,
  announceStep,
  type AnnounceInput,
  type AnnounceState,
} from './announce-schedule.ts';
import { announcement } from './announcement.ts';
import type { LinkSocket } from './link-socket.ts';
import { OwnedAddresses, endOf, type Deadline, type Owned } from './owned-addresses.ts';
import { arpReplyBuffer, respond, type AnswerRights, type DropReason } from './respond.ts';

/** The monotonic clock that rights to answer are measured on, and its timers. */
export interface ResponderClock {
  nowMs(): number;
  timer(ms: number, fire: () => void): Disposable;
}

/** Where the responder writes what a person may want to know. Packets are never logged: they are counted. */
export interface ResponderLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** What the responder counts. `address` is canonical text. Called for each packet: keep it cheap. */
export interface ResponderMetrics {
  /** A question arrived that this machine may answer. */
  requestReceived(address: string): void;
  /** Its answer left. */
  replySent(address: string): void;
  /** One frame of an announcement left: an IPv4 round has two, an IPv6 round one. */
  announcementSent(address: string): void;
  /** A frame got no answer. `address` is known where the right to answer had ended. */
  dropped(reason: DropReason, address?: string): void;
}

/** What a {@link Responder} works with. */
export interface ResponderDeps {
  readonly link: LinkSocket;
  readonly clock: ResponderClock;
  readonly log?: ResponderLog;
  readonly metrics?: ResponderMetrics;
}

/** An address with the right to answer for it. */
export interface AddressRight {
  /** 4 or 16 bytes, or text. */
  readonly address: Uint8Array | string;
  readonly untilMs: Deadline;
}

/**
 * Answers ARP and NDP for a set of addresses on one link, and announces them.
 *
 * Every address comes with a right to answer that *ends by itself*: each packet goes to the link with the moment after which it must
 * not leave. So a process that was frozen, or that lost its lease while nobody could tell it, is silent in time.
 *
 * An address is announced when it becomes ours (or ours again after its right had ended), when the link comes up, and when the
 * hardware address changed; never on a plain renewal.
 */
export class Responder implements Disposable {
  readonly #link: LinkSocket;
  readonly #clock: ResponderClock;
  readonly #log: ResponderLog | undefined;
  readonly #metrics: ResponderMetrics | undefined;
  readonly #owned: OwnedAddresses<AnnounceState> = new OwnedAddresses();
  readonly #reply: Uint8Array = arpReplyBuffer();
  readonly #timers = new Map<Owned<AnnounceState>, Disposable>();
  readonly #rights: AnswerRights;
  /** The address that the last question was about. */
  #asked: Owned<AnnounceState> | undefined;
  /** What the link's clock shows when ours shows 0. */
  #linkAheadMs = 0;
  #closed = false;

  constructor(deps: ResponderDeps) {
    this.#link = deps.link;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#metrics = deps.metrics;
    this.#rights = {
      check: (frame, offset, length) => {
        const owned = this.#owned.find(frame, offset, length);
        this.#asked = owned;
        // Whether the right still runs is the link's last question, when the answer is about to leave.
        return owned === undefined ? 'not-owned' : 'granted';
      },
    };
  }

  /** Begins to listen on the link. Call it once. */
  start(): void {
    this.#link.listen({
      onFrame: (frame) => this.#onFrame(frame),
      onLink: (state) => this.#onLink(state),
    });
  }

  /** Takes over an address, or renews one. Text that is no address throws `RangeError`. */
  own(address: Uint8Array | string, untilMs: Deadline): void {
    this.#take([{ bytes: bytesOf(address), untilMs }]);
  }

  /**
   * Moves the end of the right to answer; the new end may also be earlier. `false`: the address is not owned, nothing was done.
   */
  extend(address: Uint8Array | string, untilMs: Deadline): boolean {
    const bytes = bytesOf(address);
    if (this.#owned.get(bytes) === undefined) return false;
    this.#take([{ bytes, untilMs }]);
    return true;
  }

  /** Stops answering for an address at once. One that is not owned is no mistake. */
  disown(address: Uint8Array | string): void {
    if (this.#drop(bytesOf(address))) this.#watch();
  }

  /** Makes `rights` the whole set: what is not in it is disowned. */
  set(rights: Iterable<AddressRight>): void {
    const wanted = Array.from(rights, (right) => ({
      bytes: bytesOf(right.address),
      untilMs: right.untilMs,
    }));
    const kept = new Set(wanted.map((right) => formatAddress(right.bytes)));
    let dropped = false;
    for (const owned of this.#owned) {
      if (!kept.has(owned.text)) dropped = this.#drop(owned.bytes) || dropped;
    }
    this.#take(wanted, dropped);
  }

  /** The addresses owned now, as canonical text, whether or not their right still runs. */
  addresses(): string[] {
    return Array.from(this.#owned, (owned) => owned.text);
  }

  /** Disowns everything and closes the link. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const owned of this.#owned) this.#drop(owned.bytes);
    this.#link.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #onFrame(frame: Uint8Array): void {
    this.#asked = undefined;
    const result = respond(frame, this.#link.mac, this.#rights, this.#reply);
    const asked = this.#asked as Owned<unknown> | undefined;
    if (typeof result === 'string' || asked === undefined) {
      if (typeof result === 'string') this.#metrics?.dropped(result, asked?.text);
      return;
    }
    // The answer first: counting can wait, the neighbour cannot.
    const outcome = this.#link.send(result, endOf(asked.untilMs) + this.#linkAheadMs);
    if (outcome === 'late') {
      this.#metrics?.dropped('right-ended', asked.text);
      return;
    }
    this.#metrics?.requestReceived(asked.text);
    if (outcome === 'sent') this.#metrics?.replySent(asked.text);
  }

  #onLink(state: 'up' | 'down'): void {
    this.#log?.info('link changed', {
      interface: this.#link.interfaceName,
      state,
      mac: formatMac(this.#link.mac),
    });
    if (state === 'down') return;
    for (const owned of this.#owned) {
      if (this.#clock.nowMs() < endOf(owned.untilMs)) {
        this.#announce(owned, { type: 'start', nowMs: this.#clock.nowMs() });
      }
    }
  }

  /** Adds or renews; `changed`: the set is another one already. */
  #take(
    rights: readonly { bytes: Uint8Array; untilMs: Deadline }[],
    changed: boolean = false,
  ): void {
    if (this.#closed) throw new Error('the responder is closed: it can own nothing');
    const nowMs = this.#setLinkClock();
    const taken: Owned<AnnounceState>[] = [];
    let added = changed;
    for (const { bytes, untilMs } of rights) {
      const before = this.#owned.get(bytes);
      const owned = before ?? this.#owned.add(bytes, untilMs, QUIET);
      const renewed = before !== undefined && nowMs < endOf(before.untilMs);
      owned.untilMs = untilMs;
      added = added || before === undefined;
      if (!renewed && nowMs < endOf(untilMs)) taken.push(owned);
    }
    // Listen before the neighbours are told, or the first of them asks in vain.
    if (added) this.#watch();
    for (const owned of taken) this.#announce(owned, { type: 'start', nowMs });
  }

  /** Deadlines are moments of our clock, and the link judges by its own. Both run alike, so their difference is seldom asked for. */
  #setLinkClock(): number {
    const nowMs = this.#clock.nowMs();
    this.#linkAheadMs = this.#link.nowMs() - nowMs;
    return nowMs;
  }

  #drop(bytes: Uint8Array): boolean {
    const owned = this.#owned.remove(bytes);
    if (owned === undefined) return false;
    this.#announce(owned, { type: 'stop' });
    return true;
  }

  #watch(): void {
    const all = [...this.#owned].map((owned) => owned.bytes);
    this.#link.watch({
      ipv4: all.filter((bytes) => bytes.length === 4),
      ipv6: all.filter((bytes) => bytes.length === 16),
    });
  }

  #announce(owned: Owned<AnnounceState>, input: AnnounceInput): void {
    const [state, effects] = announceStep(owned.state, input);
    owned.state = state;
    for (const effect of effects) {
      if (effect.type === 'send') {
        this.#sendAnnouncement(owned);
        continue;
      }
      this.#timers.get(owned)?.[Symbol.dispose]();
      this.#timers.delete(owned);
      if (effect.type === 'wait') {
        this.#timers.set(
          owned,
          this.#clock.timer(effect.ms, () => this.#onDue(owned)),
        );
      }
    }
  }

  #onDue(owned: Owned<AnnounceState>): void {
    const nowMs = this.#clock.nowMs();
    this.#announce(owned, { type: 'due', nowMs, entitled: nowMs < endOf(owned.untilMs) });
  }

  #sendAnnouncement(owned: Owned<AnnounceState>): void {
    const notAfterMs = endOf(owned.untilMs) + this.#linkAheadMs;
    const outcomes = announcement(owned.bytes, this.#link.mac).map((one) =>
      this.#link.send(one, notAfterMs),
    );
    for (const outcome of outcomes) {
      if (outcome === 'sent') this.#metrics?.announcementSent(owned.text);
    }
    const failure = outcomes.find((outcome) => outcome !== 'sent');
    if (failure === undefined) return;
    this.#log?.warn('announcement not sent', {
      interface: this.#link.interfaceName,
      address: owned.text,
      outcome: failure,
    });
  }
}

function bytesOf(address: Uint8Array | string): Uint8Array {
  if (typeof address === 'string') {
    const bytes = parseAddress(address);
    if (bytes === undefined) throw new RangeError(`"${address}" is not an IPv4 or IPv6 address`);
    return bytes;
  }
  if (address.length !== 4 && address.length !== 16) {
    throw new RangeError(`an address must have 4 or 16 bytes, not ${address.length}`);
  }
  return Uint8Array.from(address);
}
