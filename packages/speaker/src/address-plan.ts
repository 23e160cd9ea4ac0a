import type { Candidacy } from './announce-decision.ts';

/** What this node wants for one address, over all Services that have it. */
export interface Claim {
  /** The Services (`namespace/name`), in alphabetical order. */
  readonly services: readonly string[];
  /** The least of their ranks. */
  readonly rank: number;
  /** The interfaces of all of them, by name, in alphabetical order. */
  readonly interfaces: readonly string[];
}

/** What a Service wants: where {@link Candidacy} says "all" interfaces, here they are named. */
export type Want = Omit<Candidacy, 'kind' | 'interfaces'> & {
  readonly interfaces: readonly string[];
};

/**
 * Joins what Services want into what addresses need. Services may share an address, and an address has one owner: so this node stands
 * for it while any Service wants that.
 */
export class AddressPlan {
  readonly #wants = new Map<string, Want>();
  readonly #services = new Map<string, Set<string>>();

  /** Replaces what a Service wants; `undefined`: nothing. Gives the addresses that are touched by it. */
  set(service: string, want: Want | undefined): string[] {
    const before = this.#wants.get(service)?.addresses ?? [];
    const now = want?.addresses ?? [];
    if (want === undefined) this.#wants.delete(service);
    else this.#wants.set(service, want);
    for (const address of before) this.#unlink(address, service);
    for (const address of now) this.#link(address, service);
    return [...new Set([...before, ...now])];
  }

  /** What this node wants for an address; `undefined`: no Service wants it. */
  claim(address: string): Claim | undefined {
    const services = [...(this.#services.get(address) ?? [])].sort();
    const wants = services
      .map((service) => this.#wants.get(service))
      .filter((want) => want !== undefined);
    if (wants.length === 0) return undefined;
    return {
      services,
      rank: Math.min(...wants.map((want) => want.rank)),
      interfaces: [...new Set(wants.flatMap((want) => want.interfaces))].sort(),
    };
  }

  #link(address: string, service: string): void {
    const services = this.#services.get(address) ?? new Set();
    this.#services.set(address, services.add(service));
  }

  #unlink(address: string, service: string): void {
    const services = this.#services.get(address);
    services?.delete(service);
    if (services?.size === 0) this.#services.delete(address);
  }
}
