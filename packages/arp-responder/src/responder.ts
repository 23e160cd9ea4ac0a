import { bytesOf, keyAt, type AddressKey } from './address-key.ts';
import { formatAddress, formatMac, parseAddress, type Address } from './address.ts';
import { AddressProbes, type ProbeOutcome } from './address-probes.ts';
import { Announcements } from './announcements.ts';
import { holds } from './bytes.ts';
import { decodeClaim } from './claim.ts';
import { answerEcho, isEchoRequest } from './echo.ts';
import { LinkRights, endOf, type Deadline } from './link-rights.ts';
import { OwnedAddresses, type Owned } from './owned-addresses.ts';
import { ARP_TARGET_AT, arpReplyBuffer, respond, type AnswerRights } from './respond.ts';
import type { ResponderDeps, ResponderOptions } from './responder-deps.ts';
import type { Tenure } from './tenure.ts';
import { Tenures } from './tenures.ts';
import { TokenBucket } from './token-bucket.ts';

/** How an address becomes ours. */
export interface OwnOptions {
  /**
   * Nobody is known to have had the address: it is asked for first, and answered for and announced 300 ms later if no foreign machine has
   * it. Not for an address that is taken over from another. Without `conflicts` it means nothing.
   */
  readonly fresh?: boolean;
}

/** An address with the right to answer for it. */
export interface AddressRight extends OwnOptions {
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
 *
 * A foreign machine that has one of the addresses is never fought (RFC 5227 §2.4 b): it is answered once, then the address is left to it,
 * asked for every 30 s, and announced again when it is free.
 */
export class Responder implements Disposable {
  readonly #deps: ResponderDeps;
  readonly #owned: OwnedAddresses<Tenure> = new OwnedAddresses();
  readonly #reply: Uint8Array = arpReplyBuffer();
  readonly #rights: LinkRights;
  readonly #tenures: Tenures;
  readonly #probes: AddressProbes;
  readonly #echo: TokenBucket | undefined;
  readonly #check: AnswerRights;
  /** Listened for although they are not ours, by their text. */
  readonly #standby = new Map<string, AddressKey>();
  /** Those stood by for that the link does not listen for yet. */
  readonly #unheard = new Set<string>();
  #listening: Disposable | undefined;
  /** The address that the last question was about. */
  #asked: Owned<Tenure> | undefined;
  #closed = false;

  constructor(deps: ResponderDeps, options: ResponderOptions = {}) {
    this.#deps = deps;
    this.#rights = new LinkRights(deps.link, deps.clock);
    const announcements = new Announcements(deps, this.#rights, options.announceRefreshMs);
    this.#tenures = new Tenures(deps, this.#rights, announcements);
    this.#probes = new AddressProbes(deps, {
      isHeard: (text) => this.#isHeard(text),
      changed: () => this.#watch(),
    });
    const { echoPerSecond } = options;
    if (echoPerSecond !== undefined && !(echoPerSecond >= 1)) {
      throw new RangeError(`echoPerSecond must be at least 1, not ${echoPerSecond}`);
    }
    this.#echo = echoPerSecond === undefined ? undefined : new TokenBucket(echoPerSecond);
    this.#check = {
      check: (frame, offset, length) => {
        const owned = this.#owned.find(frame, offset, length);
        this.#asked = owned;
        if (owned === undefined) return 'not-owned';
        // Whether the right still runs is the link's last question, when the answer is about to leave.
        return owned.right.withheld ? 'contested' : 'granted';
      },
    };
  }

  /** Begins to listen on the link. Call it once. */
  start(): void {
    this.#deps.link.listen({
      onFrame: (frame, answered) => {
        if (this.#echo !== undefined && isEchoRequest(frame)) {
          this.#onEcho(frame, this.#echo);
          return;
        }
        if (answered === true) this.#onAnswered(frame);
        else this.#onFrame(frame);
        this.#onClaim(frame);
      },
      onLink: (state) => this.#onLink(state),
    });
  }

  /**
   * Listens for questions about an address that may become ours, without answering: to own it then costs no change of filters and multicast
   * groups, of which each takes milliseconds. It takes effect in a moment; many in a row count as one change.
   */
  standBy(address: Uint8Array | string): void {
    const { bytes, text } = this.#addressOf(address);
    if (this.#standby.has(text)) return;
    this.#standby.set(text, keyAt(bytes, 0, bytes.length));
    if (this.#owned.get(bytes) === undefined) this.#unheard.add(text);
    this.#listenSoon();
  }

  /** Ends {@link Responder.standBy}. While the address is owned, it is still listened for. */
  standDown(address: Uint8Array | string): void {
    if (this.#standby.delete(this.#addressOf(address).text)) this.#listenSoon();
  }

  /** Takes over an address, or renews one. Text that is no address throws `RangeError`. */
  own(address: Uint8Array | string, untilMs: Deadline, options: OwnOptions = {}): void {
    this.#take([{ ...options, ...this.#addressOf(address), untilMs }]);
  }

  /**
   * Moves the end of the right to answer; the new end may also be earlier. `false`: the address is not owned, nothing was done.
   */
  extend(address: Uint8Array | string, untilMs: Deadline): boolean {
    const found = this.#addressOf(address);
    if (this.#owned.get(found.bytes) === undefined) return false;
    this.#take([{ ...found, untilMs }]);
    return true;
  }

  /** Stops answering for an address at once. One that is not owned is no mistake. */
  disown(address: Uint8Array | string): void {
    const { bytes, text } = this.#addressOf(address);
    if (this.#drop(bytes) && !this.#standby.has(text)) this.#watch();
  }

  /** Makes `rights` the whole set: what is not in it is disowned. */
  set(rights: Iterable<AddressRight>): void {
    const wanted = Array.from(rights, (right) => ({
      ...right,
      ...this.#addressOf(right.address),
    }));
    const kept = new Set(wanted.map(({ text }) => text));
    let dropped = false;
    for (const owned of this.#owned) {
      if (!kept.has(owned.text)) dropped = this.#drop(bytesOf(owned.key)) || dropped;
    }
    this.#take(wanted, dropped);
  }

  /**
   * Reads every deadline that is a function anew. Whoever calls this whenever such a deadline became earlier (a term that was
   * cut short), before anything else can happen, and from time to time when it became later, lets a link that can do so answer
   * by itself, which is quicker. Never called, each answer asks the function. Cheap: 200 addresses 30 times a second are nothing.
   *
   * `untilMs`: what all of these functions say now. They are not asked then, which matters where there are thousands.
   */
  refresh(untilMs?: number): void {
    this.#rights.refresh(untilMs);
  }

  /** Announces an owned address as if it had just become ours: the neighbours may think otherwise. Not while it is contested. */
  announce(address: Uint8Array | string): void {
    const owned = this.#owned.get(this.#addressOf(address).bytes);
    if (owned !== undefined) this.#tenures.announce(owned);
  }

  /**
   * Asks three times within 300 ms who has an address, owned or not, in a way that no neighbour remembers (RFC 5227 §2.1, RFC 4862 §5.4),
   * and calls `done` once: at the end, or at once when a foreign machine claims it. Disposing ends it without a call.
   */
  probe(address: Uint8Array | string, done: (outcome: ProbeOutcome) => void): Disposable {
    return this.#probes.start(this.#addressOf(address), done);
  }

  /**
   * Asks once who has an address, owned or not, in a way that no neighbour remembers, and calls `done` once, `waitMs` later, with the
   * hardware addresses (text) of all other machines that claimed it meanwhile; `undefined`: the question could not be sent. Disposing ends
   * it without a call.
   */
  whoHas(
    address: Uint8Array | string,
    waitMs: number,
    done: (macs: readonly string[] | undefined) => void,
  ): Disposable {
    return this.#probes.whoHas(this.#addressOf(address), waitMs, done);
  }

  /** The addresses owned now, as canonical text, whether or not their right still runs. */
  addresses(): string[] {
    return Array.from(this.#owned, (owned) => owned.text);
  }

  /** The machines that owned addresses were left to: hardware address by address, both as text. */
  contested(): Map<string, string> {
    const found = new Map<string, string>();
    for (const { text, state } of this.#owned)
      if (state.kind === 'yielded') found.set(text, state.mac);
    return found;
  }

  /** Disowns everything and closes the link. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listening?.[Symbol.dispose]();
    for (const owned of this.#owned) this.#drop(bytesOf(owned.key));
    this.#probes.close();
    this.#deps.link.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The link has answered an ARP request. */
  #onAnswered(frame: Uint8Array): void {
    const owned = this.#owned.find(frame, ARP_TARGET_AT, 4);
    const text = owned?.text ?? formatAddress(frame.subarray(ARP_TARGET_AT, ARP_TARGET_AT + 4));
    this.#deps.metrics?.requestReceived(text);
    this.#deps.metrics?.replySent(text);
  }

  #onFrame(frame: Uint8Array): void {
    const { link, metrics } = this.#deps;
    this.#asked = undefined;
    const result = respond(frame, link.mac, this.#check, this.#reply);
    const asked = this.#asked as Owned<Tenure> | undefined;
    if (typeof result === 'string' || asked === undefined) {
      if (typeof result === 'string') metrics?.dropped(result, asked?.text);
      return;
    }
    // The answer first: counting can wait, the neighbour cannot.
    const outcome = link.send(result, this.#rights.read(asked.right));
    if (outcome === 'late') {
      metrics?.dropped('right-ended', asked.text);
      return;
    }
    metrics?.requestReceived(asked.text);
    if (outcome === 'sent') metrics?.replySent(asked.text);
  }

  #onEcho(frame: Uint8Array, allowance: TokenBucket): void {
    const { link, clock, metrics } = this.#deps;
    this.#asked = undefined;
    const reply = answerEcho(frame, link.mac, this.#check);
    const asked = this.#asked as Owned<Tenure> | undefined;
    if (typeof reply === 'string' || asked === undefined) {
      if (typeof reply === 'string') metrics?.dropped(reply, asked?.text);
      return;
    }
    if (!allowance.take(clock.nowMs())) {
      metrics?.dropped('echo-rate', asked.text);
      return;
    }
    const outcome = link.send(reply, this.#rights.read(asked.right));
    if (outcome === 'sent') metrics?.echoReplySent?.(asked.text);
    else if (outcome === 'late') metrics?.dropped('right-ended', asked.text);
  }

  #onClaim(frame: Uint8Array): void {
    const { conflicts, link } = this.#deps;
    if (conflicts === undefined && this.#probes.idle) return;
    const claim = decodeClaim(frame);
    if (typeof claim === 'string' || holds(frame, 6, link.mac) || holds(claim.mac, 0, link.mac)) {
      return;
    }
    const { address, tentative } = claim;
    const owned = this.#owned.get(address);
    // Every question claims the address of who asks: mostly one that is no concern of ours.
    if (owned === undefined && this.#probes.idle) return;
    const mac = formatMac(claim.mac);
    const ours = conflicts?.isOurs(mac) === true;
    if (!tentative) this.#probes.heard(address, mac, ours);
    if (owned === undefined || ours || conflicts === undefined) return;
    this.#tenures.claimed(owned, mac, tentative);
  }

  #onLink(state: 'up' | 'down'): void {
    const { link, log } = this.#deps;
    log?.info('link changed', { interface: link.interfaceName, state, mac: formatMac(link.mac) });
    for (const owned of this.#owned) {
      if (state === 'up') this.#tenures.step(owned, { type: 'begin' });
      else this.#tenures.pause(owned);
    }
  }

  /** Adds or renews; `changed`: what is to be listened for is something else already. */
  #take(
    rights: readonly (Address & { readonly untilMs: Deadline } & OwnOptions)[],
    changed: boolean = false,
  ): void {
    if (this.#closed) throw new Error('the responder is closed: it can own nothing');
    const nowMs = this.#deps.clock.nowMs();
    const begin: (() => void)[] = [];
    let unheard = changed;
    for (const { bytes, text, untilMs, fresh } of rights) {
      const before = this.#owned.get(bytes);
      const renewed = before !== undefined && nowMs < endOf(before.right);
      const right = this.#rights.grant({ bytes, text }, untilMs, before?.right);
      if (before === undefined) {
        unheard ||= !this.#isHeard(text);
        const owned = this.#owned.add(
          { bytes, text },
          right,
          this.#tenures.initial(fresh === true),
        );
        this.#tenures.settle(owned);
        begin.push(() => this.#tenures.step(owned, { type: 'begin' }));
        continue;
      }
      before.right = right;
      if (!renewed) begin.push(() => this.#tenures.announce(before));
    }
    // Listen before the neighbours are told, or the first of them asks in vain.
    if (unheard) this.#watch();
    for (const one of begin) one();
  }

  /** What is stood by for is known already, and need not be read again. */
  #addressOf(address: Uint8Array | string): Address {
    if (typeof address !== 'string') {
      const bytes = copyOf(address);
      return { bytes, text: formatAddress(bytes) };
    }
    const known = this.#standby.get(address);
    if (known !== undefined) return { bytes: bytesOf(known), text: address };
    const bytes = parseAddress(address);
    if (bytes === undefined) throw new RangeError(`"${address}" is not an IPv4 or IPv6 address`);
    // An IPv4 address has but one text that can be read as it.
    if (bytes.length === 4) return { bytes, text: address };
    const text = formatAddress(bytes);
    return { bytes, text: text === address ? address : text };
  }

  #drop(bytes: Uint8Array): boolean {
    const owned = this.#owned.remove(bytes);
    if (owned === undefined) return false;
    this.#rights.end(owned.right);
    this.#tenures.end(owned);
    return true;
  }

  /** Whether the link listens for an address because it is ours, or stood by for. */
  #isHeard(text: string): boolean {
    if (this.#unheard.has(text)) return false;
    return this.#standby.has(text) || this.#owned.get(this.#addressOf(text).bytes) !== undefined;
  }

  #listenSoon(): void {
    if (this.#closed) return;
    this.#listening ??= this.#deps.clock.timer(0, () => {
      this.#listening = undefined;
      this.#watch();
    });
  }

  #watch(): void {
    if (this.#closed) return;
    this.#listening?.[Symbol.dispose]();
    this.#listening = undefined;
    const heard = new Set(this.#standby.keys());
    const all = Array.from(this.#standby.values(), bytesOf);
    for (const { text, key } of this.#owned) {
      if (!heard.has(text)) all.push(bytesOf(key));
      heard.add(text);
    }
    this.#unheard.clear();
    const claims = this.#probes.watched().filter((text) => !heard.has(text));
    this.#deps.link.watch({
      ipv4: all.filter((bytes) => bytes.length === 4),
      ipv6: all.filter((bytes) => bytes.length === 16),
      claims: claims.map((text) => this.#addressOf(text).bytes),
      echo: this.#echo !== undefined,
    });
  }
}

function copyOf(address: Uint8Array): Uint8Array {
  if (address.length !== 4 && address.length !== 16) {
    throw new RangeError(`an address must have 4 or 16 bytes, not ${address.length}`);
  }
  return Uint8Array.from(address);
}
