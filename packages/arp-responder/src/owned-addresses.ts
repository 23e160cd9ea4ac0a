import type { Address } from './address.ts';
import { uint16, uint32 } from './bytes.ts';
import type { LinkRight } from './link-rights.ts';

/** One address that is ours. */
export interface Owned<State> extends Address {
  /** The right to answer for it. */
  right: LinkRight;
  /** What its keeper remembers of it. */
  state: State;
}

/** The set of our addresses, found straight from the bytes of a frame. */
export class OwnedAddresses<State> {
  readonly #ipv4 = new Map<number, Owned<State>>();
  readonly #ipv6 = new Map<string, Owned<State>>();

  /** The address that stands in `frame` at `offset`. For IPv4, of which there are many questions, nothing is allocated. */
  find(frame: Uint8Array, offset: number, length: 4 | 16): Owned<State> | undefined {
    if (length === 4) return this.#ipv4.get(uint32(frame, offset));
    return this.#ipv6.get(keyOf(frame, offset));
  }

  get(bytes: Uint8Array): Owned<State> | undefined {
    return this.find(bytes, 0, bytes.length === 4 ? 4 : 16);
  }

  add({ bytes, text }: Address, right: LinkRight, state: State): Owned<State> {
    const owned = { bytes, text, right, state };
    if (bytes.length === 4) this.#ipv4.set(uint32(bytes, 0), owned);
    else this.#ipv6.set(keyOf(bytes, 0), owned);
    return owned;
  }

  remove(bytes: Uint8Array): Owned<State> | undefined {
    const owned = this.get(bytes);
    if (bytes.length === 4) this.#ipv4.delete(uint32(bytes, 0));
    else this.#ipv6.delete(keyOf(bytes, 0));
    return owned;
  }

  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  *[Symbol.iterator](): Generator<Owned<State>> {
    yield* this.#ipv4.values();
    yield* this.#ipv6.values();
  }
}

/** The eight words of an IPv6 address as the units of a string, which a Map hashes by value. */
function keyOf(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(
    uint16(bytes, at),
    uint16(bytes, at + 2),
    uint16(bytes, at + 4),
    uint16(bytes, at + 6),
    uint16(bytes, at + 8),
    uint16(bytes, at + 10),
    uint16(bytes, at + 12),
    uint16(bytes, at + 14),
  );
}
