/**
 * Which Services this node announces, on which addresses: the memory behind the gauge and the events. A Service that begins to be
 * announced is reported once, however many addresses it has and however often it is reconciled.
 */
export class AnnouncedServices {
  readonly #addresses = new Map<string, Set<string>>();
  readonly #services = new Map<string, Set<string>>();

  /** Makes `services` those that this node announces on `address`. Gives what changed by it. */
  set(
    address: string,
    services: readonly string[],
  ): { readonly added: string[]; readonly removed: string[]; readonly begun: string[] } {
    const before = this.#services.get(address) ?? new Set();
    const now = new Set(services);
    const added = services.filter((service) => !before.has(service));
    const removed = [...before].filter((service) => !now.has(service));
    const begun = added.filter((service) => !this.#addresses.has(service));
    if (now.size === 0) this.#services.delete(address);
    else this.#services.set(address, now);
    for (const service of added) {
      this.#addresses.set(service, (this.#addresses.get(service) ?? new Set()).add(address));
    }
    for (const service of removed) {
      const addresses = this.#addresses.get(service);
      addresses?.delete(address);
      if (addresses?.size === 0) this.#addresses.delete(service);
    }
    return { added, removed, begun };
  }

  /** How many Services are announced. */
  get size(): number {
    return this.#addresses.size;
  }
}
