import { isPrefix, prefixSize } from '../codec/address.ts';
import { afiSafiOf, type Family } from '../codec/family.ts';
import {
  ROUTE_REFRESH_SUBTYPE,
  type RouteRefreshMessage,
  type UpdateMessage,
} from '../codec/messages.ts';
import type { Negotiated } from '../codec/negotiated.ts';
import {
  packAnnounced,
  packWithdrawn,
  roomFor,
  type Room,
  type Route,
} from '../codec/pack-updates.ts';
import type { Prefix } from '../codec/path-attribute.ts';
import { endOfRib, routesOf } from '../codec/routes.ts';
import { RouteGroups, type RouteGroup } from './route-groups.ts';

/** What of an established session matters to what is said on it. */
export type RibSession = Pick<
  Negotiated,
  'enhancedRouteRefresh' | 'extendedNextHop' | 'families' | 'fourOctetAs' | 'sendLengthMax'
>;

/**
 * Why a route that is wanted cannot be announced on this session.
 *
 * - `family`: the peer does not take routes of the prefix's family.
 * - `next-hop`: an IPv6 route to an IPv4 next hop, or the reverse without RFC 8950.
 * - `oversized`: its attributes leave no room for the prefix in a message.
 */
export type RouteRefusal = 'family' | 'next-hop' | 'oversized';

/** One prefix: what the peer is to have of it, and what it has. */
interface Entry {
  wanted?: RouteGroup | undefined;
  sent?: RouteGroup | undefined;
  /** It is to be said again although the peer has it. */
  again?: true | undefined;
}

/**
 * What one peer is to be told (RFC 4271 §3.2): wanted routes in, and the fewest messages that bring the peer from what it has to what is wanted.
 *
 * Changes cost nothing on the wire until `take`: a prefix that changed five times is said once, and one that changed back not at all. So a caller that takes
 * only as many messages as the connection has room for never queues more than the differences. Routes may come and go while no session is open.
 */
export class AdjRibOut {
  readonly #entries = new Map<Prefix, Entry>();
  readonly #groups = new RouteGroups();
  readonly #withdrawn = new Set<Prefix>();
  readonly #queue = new Set<RouteGroup>();
  #session: RibSession | undefined;
  /** Families whose first routes of this session are not all sent. */
  readonly #initial = new Set<Family>();
  /** Families that are sent again, between BoRR and EoRR, and those whose BoRR is not sent yet. */
  readonly #refreshing = new Set<Family>();
  readonly #beginning = new Set<Family>();
  /** Families of which nothing was said since a refresh was asked for: who asks again gets no more, and costs no look at each route. */
  readonly #unanswered = new Set<Family>();
  #announced = 0;

  /** How many prefixes the peer has of us, as far as messages were taken. */
  get announced(): number {
    return this.#announced;
  }

  /** How many prefixes are to be announced or withdrawn. */
  get pending(): number {
    let pending = this.#withdrawn.size;
    for (const { queued } of this.#queue) pending += queued.size;
    return pending;
  }

  /** Whether `take` has nothing to say. */
  get idle(): boolean {
    return (
      this.#withdrawn.size + this.#queue.size + this.#initial.size + this.#refreshing.size === 0
    );
  }

  /**
   * Wants this route for this prefix, in the place of any other. Prefixes of one `Route` object, or of equal ones, share their messages.
   *
   * @throws RangeError the prefix is not in its canonical text, or an attribute cannot be written
   */
  announce(prefix: Prefix, route: Route): void {
    const known = this.#entries.get(prefix);
    if (known === undefined && !isPrefix(prefix)) {
      throw new RangeError(`not a prefix: ${JSON.stringify(prefix)}`);
    }
    const group = this.#groups.of(route);
    if (known?.wanted === group) return;
    const entry = known ?? {};
    if (known === undefined) this.#entries.set(prefix, entry);
    this.#groups.use(group, entry.wanted);
    this.#unqueue(prefix, entry);
    entry.wanted = group;
    this.#settle(prefix, entry);
  }

  /** Wants no route for this prefix any more. */
  withdraw(prefix: Prefix): void {
    const entry = this.#entries.get(prefix);
    if (entry === undefined) return;
    this.#unqueue(prefix, entry);
    this.#groups.use(undefined, entry.wanted);
    entry.wanted = undefined;
    this.#settle(prefix, entry);
  }

  /** Wants exactly these routes. */
  replace(routes: ReadonlyMap<Prefix, Route>): void {
    for (const [prefix, { wanted }] of this.#entries) {
      if (wanted !== undefined && !routes.has(prefix)) this.withdraw(prefix);
    }
    for (const [prefix, route] of routes) this.announce(prefix, route);
  }

  /** A session is established: the peer has nothing yet, and the End-of-RIB of each family follows its routes (RFC 4724 §4). */
  open(session: RibSession): void {
    this.close();
    this.#session = session;
    for (const family of session.families) this.#initial.add(family);
    for (const [prefix, entry] of this.#entries) this.#settle(prefix, entry);
  }

  /** The session is over. What is wanted stays wanted. */
  close(): void {
    this.#session = undefined;
    for (const group of this.#groups) {
      group.queued.clear();
      delete group.room;
    }
    for (const set of [this.#withdrawn, this.#queue, this.#initial]) set.clear();
    for (const set of [this.#refreshing, this.#beginning, this.#unanswered]) set.clear();
    for (const [prefix, entry] of this.#entries) {
      this.#setSent(entry, undefined);
      this.#settle(prefix, entry);
    }
  }

  /** The peer asks for the routes of a family again (RFC 2918); where both sides can, the answer has a beginning and an end (RFC 7313). */
  refresh(family: Family): void {
    const session = this.#session;
    if (session?.families.includes(family) !== true || this.#unanswered.has(family)) return;
    this.#unanswered.add(family);
    for (const [prefix, entry] of this.#entries) {
      if (entry.sent === undefined || familyOfPrefix(prefix) !== family) continue;
      entry.again = true;
      this.#unqueue(prefix, entry);
      this.#settle(prefix, entry);
    }
    // Before the End-of-RIB there is no BoRR (RFC 7313 §4), and in a refresh that is under way no second one.
    if (!session.enhancedRouteRefresh || this.#initial.has(family)) return;
    if (this.#refreshing.has(family)) return;
    this.#refreshing.add(family);
    this.#beginning.add(family);
  }

  /**
   * The next messages, in the order in which they are to be sent, at most so many; they count as sent. Withdrawn routes come first, and the marks of an end when
   * nothing else is left.
   */
  take(countMax: number = Infinity): (UpdateMessage | RouteRefreshMessage)[] {
    const messages: (UpdateMessage | RouteRefreshMessage)[] = [];
    if (countMax <= 0) return messages;
    this.#unanswered.clear();
    for (const message of this.#messages()) {
      messages.push(message);
      if (messages.length >= countMax) break;
    }
    return messages;
  }

  /** Routes that are wanted and cannot be announced on the session of now. */
  refused(): { readonly prefix: Prefix; readonly refusal: RouteRefusal }[] {
    const refused: { prefix: Prefix; refusal: RouteRefusal }[] = [];
    for (const [prefix, { wanted }] of this.#entries) {
      const refusal = wanted && this.#refusalOf(prefix, wanted);
      if (refusal !== undefined) refused.push({ prefix, refusal });
    }
    return refused;
  }
  /** Each counts as sent before it is given, so that a reader may stop after any. */
  *#messages(): Generator<UpdateMessage | RouteRefreshMessage, void, undefined> {
    const session = this.#session;
    if (session === undefined) return;
    for (const family of this.#beginning) {
      this.#beginning.delete(family);
      yield marker(family, ROUTE_REFRESH_SUBTYPE.BEGINNING);
    }
    for (const update of packWithdrawn(this.#withdrawn, session)) {
      for (const { prefixes } of routesOf(update).withdrawn) this.#saidWithdrawn(prefixes);
      yield update;
    }
    for (const group of this.#queue) {
      const set = { ...group.route, prefixes: group.queued };
      for (const update of packAnnounced(set, this.#roomOf(group, session))) {
        for (const { prefixes } of routesOf(update).announced) this.#saidAnnounced(prefixes, group);
        yield update;
      }
    }
    for (const family of this.#initial) {
      this.#initial.delete(family);
      yield endOfRib(family);
    }
    for (const family of this.#refreshing) {
      this.#refreshing.delete(family);
      yield marker(family, ROUTE_REFRESH_SUBTYPE.ENDING);
    }
  }

  #saidWithdrawn(prefixes: readonly Prefix[]): void {
    for (const prefix of prefixes) {
      const entry = this.#entries.get(prefix) as Entry;
      this.#withdrawn.delete(prefix);
      this.#setSent(entry, undefined);
      if (entry.wanted === undefined) this.#entries.delete(prefix);
    }
  }

  #saidAnnounced(prefixes: readonly Prefix[], group: RouteGroup): void {
    for (const prefix of prefixes) {
      const entry = this.#entries.get(prefix) as Entry;
      this.#unqueue(prefix, entry);
      this.#setSent(entry, group);
    }
  }

  #setSent(entry: Entry, group: RouteGroup | undefined): void {
    this.#announced += Number(group !== undefined) - Number(entry.sent !== undefined);
    this.#groups.use(group, entry.sent);
    entry.sent = group;
    entry.again = undefined;
  }

  /** Queues the prefix, which is in no queue, where the peer has something else than it is to have; forgets it where nobody has anything. */
  #settle(prefix: Prefix, entry: Entry): void {
    const { wanted, sent } = entry;
    const isRefused = wanted !== undefined && this.#refusalOf(prefix, wanted) !== undefined;
    const target = isRefused ? undefined : wanted;
    if (wanted === undefined && sent === undefined) {
      this.#entries.delete(prefix);
    } else if (this.#session === undefined) {
      return;
    } else if (target === undefined) {
      if (sent !== undefined) this.#withdrawn.add(prefix);
    } else if (target !== sent || entry.again === true) {
      target.queued.add(prefix);
      this.#queue.add(target);
    }
  }

  #unqueue(prefix: Prefix, { wanted }: Entry): void {
    this.#withdrawn.delete(prefix);
    if (wanted?.queued.delete(prefix) === true && wanted.queued.size === 0) {
      this.#queue.delete(wanted);
    }
  }

  #refusalOf(prefix: Prefix, group: RouteGroup): RouteRefusal | undefined {
    const session = this.#session;
    if (session === undefined) return undefined;
    const family = familyOfPrefix(prefix);
    if (!session.families.includes(family)) return 'family';
    const overIpv6 = group.route.nextHop.address.includes(':');
    const sameKind = overIpv6 === (family === 'ipv6-unicast');
    if (!sameKind && !(overIpv6 && session.extendedNextHop)) return 'next-hop';
    return prefixSize(prefix) > this.#roomOf(group, session)(prefix) ? 'oversized' : undefined;
  }

  #roomOf(group: RouteGroup, session: RibSession): Room {
    group.room ??= roomFor(group.route, session);
    return group.room;
  }
}

function familyOfPrefix(prefix: Prefix): Family {
  return prefix.includes(':') ? 'ipv6-unicast' : 'ipv4-unicast';
}

function marker(family: Family, subtype: number): RouteRefreshMessage {
  return { type: 'ROUTE-REFRESH', ...afiSafiOf(family), subtype };
}
