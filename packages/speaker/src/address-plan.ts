import { KeptFew } from './kept-few.ts';
import type { Standing } from './ownership.ts';
import { TextsByKey } from './texts-by-key.ts';

/** What this node wants for one address, over all Services that have it. */
export interface Claim {
  /** The Services (`namespace/name`), in alphabetical order. */
  readonly services: readonly string[];
  /** What it stands with: the interfaces by name, in alphabetical order; the nodes in the order of the first Service that names them. */
  readonly standing: Standing;
}

/** What a Service wants: its addresses, each with the interfaces of this node to answer on, and the nodes that may. */
export interface Want extends Omit<Standing, 'interfaces' | 'beside'> {
  readonly addresses: readonly WantedAddress[];
}

/** An address of a Service, and the interfaces of this node to answer on for it. */
export interface WantedAddress {
  readonly address: string;
  readonly interfaces: readonly string[];
}

/** What is kept of a {@link Want}. There may be thousands: most have one address, and few want theirs otherwise than the others. */
interface Kept {
  readonly addresses: string | readonly string[];
  readonly how: How;
}

/** How the addresses of a Service are wanted. */
interface How extends Omit<Want, 'addresses'> {
  /** Of each of its addresses, in alphabetical order. */
  readonly interfaces: readonly (readonly string[])[];
  /** What this node stands with for the first address where no other Service has it. */
  readonly alone: Standing;
}

const hows = new KeptFew<How>();

/**
 * Joins what Services want into what addresses need. Services may share an address, and an address has one owner: so this node stands
 * for it while any Service wants that. A Service may have two addresses, and MetalLB announces it from one node: so the second belongs beside
 * the first.
 */
export class AddressPlan {
  readonly #wants = new Map<string, Kept>();
  readonly #services = new TextsByKey();
  /** That of the last Service with one address, and the lists that it came from. */
  #last: { readonly how: How; readonly want: Want } | undefined;

  /**
   * Replaces what a Service wants; `undefined`: nothing. Gives the addresses that are touched by it, those first that others belong beside; what
   * belongs to other Services is touched where these share an address.
   */
  set(service: string, want: Want | undefined): string[] {
    const kept = want && this.#keptOf(want);
    const old = this.#wants.get(service);
    if (old === undefined && typeof kept?.addresses === 'string') {
      const { addresses: address } = kept;
      // So it is for thousands when a node starts.
      if (this.#services.of(address).length === 0) {
        this.#wants.set(service, kept);
        this.#services.add(address, service);
        return [address];
      }
    }
    const before = addressesOf(old);
    const now = addressesOf(kept);
    const touched = before.flatMap((address) => this.#unitOf(address));
    if (kept === undefined) this.#wants.delete(service);
    else this.#wants.set(service, kept);
    for (const address of before) {
      if (!now.includes(address)) this.#services.delete(address, service);
    }
    for (const address of now) this.#services.add(address, service);
    touched.push(...before, ...now.flatMap((address) => this.#unitOf(address)));
    return unique(touched).sort(byFamily);
  }

  /** What this node wants for an address; `undefined`: no Service wants it. */
  claim(address: string): Claim | undefined {
    const services = this.#services.of(address).toSorted();
    const only = services.length === 1 ? this.#wants.get(services[0] ?? '') : undefined;
    if (typeof only?.addresses === 'string') return { services, standing: only.how.alone };
    const wants = services
      .map((service) => this.#wants.get(service))
      .filter((want) => want !== undefined);
    if (wants.length === 0) return undefined;
    const [lead = address] = this.#unitOf(address);
    return {
      services,
      standing: {
        interfaces: interfacesOf(address, wants),
        candidates: joined(wants.map(({ how }) => how.candidates)),
        preferred: joined(wants.map(({ how }) => how.preferred)),
        ...(lead !== address && { beside: lead }),
      },
    };
  }

  #keptOf(want: Want): Kept {
    const { addresses } = want;
    const [first] = addresses;
    if (first !== undefined && addresses.length === 1) {
      if (this.#last === undefined || !isWantedAlike(want, this.#last.want)) {
        this.#last = { how: howOf(want), want };
      }
      return { addresses: first.address, how: this.#last.how };
    }
    return { addresses: addresses.map(({ address }) => address), how: howOf(want) };
  }

  /** The addresses that should have one holder, as Services have several of them, or share one. The first one leads. */
  #unitOf(address: string): string[] {
    const unit = new Set([address]);
    for (const one of unit) {
      for (const service of this.#services.of(one)) {
        for (const other of addressesOf(this.#wants.get(service))) unit.add(other);
      }
    }
    return [...unit].sort(byFamily);
  }
}

function howOf({ addresses, candidates, preferred }: Want): How {
  const interfaces = addresses.map((one) => one.interfaces.toSorted());
  return hows.get(JSON.stringify([interfaces, candidates, preferred]), () => {
    const alone = { interfaces: interfaces[0] ?? [], candidates, preferred };
    return { interfaces, candidates, preferred, alone };
  });
}

/** Whether two Services with one address each want theirs by the very same lists: thousands do, as these are shared. */
function isWantedAlike(one: Want, other: Want): boolean {
  return (
    one.candidates === other.candidates &&
    one.preferred === other.preferred &&
    one.addresses[0]?.interfaces === other.addresses[0]?.interfaces
  );
}

function addressesOf(kept: Kept | undefined): readonly string[] {
  const { addresses = [] } = kept ?? {};
  return typeof addresses === 'string' ? [addresses] : addresses;
}

/** On which interfaces any of these wants an address. */
function interfacesOf(address: string, wants: readonly Kept[]): readonly string[] {
  const lists = wants.map((kept) => kept.how.interfaces[addressesOf(kept).indexOf(address)] ?? []);
  return joined(lists).toSorted();
}

/** The same order on every node: IPv4 first. */
function byFamily(one: string, other: string): number {
  const families = Number(one.includes(':')) - Number(other.includes(':'));
  return families === 0 ? (one < other ? -1 : Number(one > other)) : families;
}

/** The one list itself where there is one, which is so for nearly every address. */
function joined(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = []] = lists;
  return lists.length === 1 ? first : unique(lists.flat());
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
