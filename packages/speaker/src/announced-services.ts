import { sharedList } from './shared.ts';
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

/**
 * Which Services this node announces, on which addresses, and where (on which interfaces, or to which BGPPeers): the memory behind gauge, events and statuses.
 * A Service that begins to be announced is reported once, however many addresses it has and however often it is reconciled.
 */
export class AnnouncedServices {
  readonly #addresses = new TextsByKey();
  readonly #services = new TextsByKey();
  /** By address. */
  readonly #where = new Map<string, readonly string[]>();

  /** Makes `services` those that this node announces on `address`, and that is where. Gives what changed by it. */
  set(address: string, services: readonly string[], where: readonly string[]): AnnouncedChange {
    const before = this.#services.of(address);
    const isElsewhere = this.#where.get(address)?.join() !== where.join();
    const added = services.filter((service) => !before.includes(service));
    const removed = before.filter((service) => !services.includes(service));
    const begun = added.filter((service) => this.#addresses.of(service).length === 0);
    this.#services.set(address, services);
    if (services.length === 0) this.#where.delete(address);
    else this.#where.set(address, sharedList(where));
    for (const service of added) this.#addresses.add(service, address);
    for (const service of removed) this.#addresses.delete(service, address);
    return { added, removed, begun, touched: [...removed, ...(isElsewhere ? services : added)] };
  }

  /** Where a Service is announced, each place once, in alphabetical order; `undefined`: nowhere. */
  whereIs(service: string): string[] | undefined {
    const addresses = this.#addresses.of(service);
    if (addresses.length === 0) return undefined;
    const all = addresses.flatMap((address) => this.#where.get(address) ?? []);
    return [...new Set(all)].sort();
  }

  /** All that is announced. */
  *list(): Generator<Announcement> {
    for (const [address, services] of this.#services.entries()) {
      for (const service of services) yield [service, address];
    }
  }

  /** How many Services are announced. */
  get size(): number {
    return this.#addresses.size;
  }
}
