import { attributesKey } from '../codec/message-codec.ts';
import type { Room, Route } from '../codec/pack-updates.ts';
import type { Prefix } from '../codec/path-attribute.ts';

/** All prefixes with one route share this. */
export interface RouteGroup {
  readonly key: string;
  readonly route: Route;
  /** What is to be announced with it. */
  readonly queued: Set<Prefix>;
  /** How often it is wanted or sent. */
  uses: number;
  /** On the session of now. */
  room?: Room;
}

/** One group for all equal routes, as long as it is used: two routes are equal exactly when their groups are the same object. */
export class RouteGroups implements Iterable<RouteGroup> {
  readonly #byKey = new Map<string, RouteGroup>();
  /** So that the attributes of a route are looked at once. */
  readonly #byRoute = new WeakMap<Route, RouteGroup>();

  [Symbol.iterator](): Iterator<RouteGroup> {
    return this.#byKey.values();
  }

  /** The group of this route. @throws RangeError an attribute cannot be written */
  of(route: Route): RouteGroup {
    const known = this.#byRoute.get(route);
    const key = known?.key ?? keyOf(route);
    const group = this.#byKey.get(key) ?? known ?? { key, route, queued: new Set(), uses: 0 };
    this.#byKey.set(key, group);
    this.#byRoute.set(route, group);
    return group;
  }

  /** One more uses the first, one less the second; a group that nobody uses is forgotten. */
  use(next: RouteGroup | undefined, last: RouteGroup | undefined): void {
    if (next !== undefined) next.uses++;
    if (last === undefined) return;
    last.uses--;
    if (last.uses === 0) this.#byKey.delete(last.key);
  }
}

function keyOf({ nextHop, attributes }: Route): string {
  return `${nextHop.address} ${nextHop.linkLocal ?? ''} ${attributesKey(attributes)}`;
}
