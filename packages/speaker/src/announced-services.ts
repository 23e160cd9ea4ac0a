import { TextsByKey } from './texts-by-key.ts';

/**
 * Which Services this node announces, on which addresses: the memory behind the gauge and the events. A Service that begins to be
 * announced is reported once, however many addresses it has and however often it is reconciled.
 */
export class AnnouncedServices {
  readonly #addresses = new TextsByKey();
  readonly #services = new TextsByKey();

  /** Makes `services` those that this node announces on `address`. Gives what changed by it. */
  set(
    address: string,
    services: readonly string[],
  ): { readonly added: string[]; readonly removed: string[]; readonly begun: string[] } {
    const before = this.#services.of(address);
    const added = services.filter((service) => !before.includes(service));
    const removed = before.filter((service) => !services.includes(service));
    const begun = added.filter((service) => this.#addresses.of(service).length === 0);
    this.#services.set(address, services);
    for (const service of added) this.#addresses.add(service, address);
    for (const service of removed) this.#addresses.delete(service, address);
    return { added, removed, begun };
  }

  /** How many Services are announced. */
  get size(): number {
    return this.#addresses.size;
  }
}
