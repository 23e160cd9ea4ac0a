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
  /** Of each of its addresses. */
  readonly interfaces: readonly (readonly string[])[];
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

  /**
   * Replaces what a Service wants; `undefined`: nothing. Gives the addresses that are touched by it, those first that others belong beside; what
   * belongs to other Services is touched where these share an address.
   */
  set(service: string, want: Want | undefined): string[] {
    const kept = want && keptOf(want);
    const before = addressesOf(this.#wants.get(service));
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

function keptOf({ addresses, ...rest }: Want): Kept {
  const how = { ...rest, interfaces: addresses.map(({ interfaces }) => interfaces) };
  const all = addresses.map(({ address }) => address);
  const [first] = all;
  return {
    addresses: all.length === 1 && first !== undefined ? first : all,
    how: hows.get(JSON.stringify(how), () => how),
  };
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
