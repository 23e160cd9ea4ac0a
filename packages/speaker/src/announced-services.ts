import { TextsByKey } from './texts-by-key.ts';

/** A Service, and one of the addresses on which it is announced. */
export type Announcement = readonly [service: string, address: string];

/** What came of saying what is announced on an address. */
export interface AnnouncedChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Those added that were announced on no other address. */
  readonly begun: readonly string[];
  /** Those that are announced elsewhere now than before, all of the above among them. */
  readonly touched: readonly string[];
}

/** What is announced on the same interfaces, or to the same BGPPeers. */
interface Place {
  readonly where: readonly string[];
  /** By address. */
  readonly services: TextsByKey;
}

/**
 * Which Services this node announces, on which addresses, and where (on which interfaces, or to which BGPPeers): the memory behind gauge, events and statuses.
 * A Service that begins to be announced is reported once, however many addresses it has and however often it is reconciled.
 */
export class AnnouncedServices {
  /** The addresses of each Service. */
  readonly #addresses = new TextsByKey();
  /** By where, as a text: thousands are announced in one place. */
  readonly #places = new Map<string, Place>();

  /** Makes `services` those that this node announces on `address`, and that is where. Gives what changed by it. */
  set(address: string, services: readonly string[], where: readonly string[]): AnnouncedChange {
    const place = this.#placeOf(address);
    const before = place?.services.of(address) ?? [];
    const isElsewhere = place?.where.join() !== where.join();
    const added = services.filter((service) => !before.includes(service));
    const removed = before.filter((service) => !services.includes(service));
    const begun = added.filter((service) => this.#addresses.of(service).length === 0);
    if (isElsewhere || services.length === 0) place?.services.set(address, []);
    if (place?.services.size === 0) this.#places.delete(place.where.join());
    if (services.length > 0) this.#placeAt(where).services.set(address, services);
    for (const service of added) this.#addresses.add(service, address);
    for (const service of removed) this.#addresses.delete(service, address);
    return { added, removed, begun, touched: [...removed, ...(isElsewhere ? services : added)] };
  }

  /** Where a Service is announced, each place once, in alphabetical order; `undefined`: nowhere. */
  whereIs(service: string): string[] | undefined {
    const addresses = this.#addresses.of(service);
    if (addresses.length === 0) return undefined;
    const all = addresses.flatMap((address) => this.#placeOf(address)?.where ?? []);
    return [...new Set(all)].sort();
  }

  /** All that is announced. */
  *list(): Generator<Announcement> {
    for (const place of this.#places.values()) {
      for (const [address, services] of place.services.entries()) {
        for (const service of services) yield [service, address];
      }
    }
  }

  /** How many Services are announced. */
  get size(): number {
    return this.#addresses.size;
  }

  /** Where something is announced on the address. */
  #placeOf(address: string): Place | undefined {
    for (const place of this.#places.values()) {
      if (place.services.of(address).length > 0) return place;
    }
    return undefined;
  }

  #placeAt(where: readonly string[]): Place {
    const name = where.join();
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const made = { where, services: new TextsByKey() };
    this.#places.set(name, made);
    return made;
  }
}
