import { keyAt, type AddressKey } from './address-key.ts';
import type { Address } from './address.ts';
import type { LinkRight } from './link-rights.ts';

/** One address that is ours. Its bytes are made of the key where they are used: there may be thousands of addresses. */
export interface Owned<State> {
  readonly key: AddressKey;
  readonly text: string;
  /** The right to answer for it. */
  right: LinkRight;
  /** What its keeper remembers of it. */
  state: State;
}

/** The set of our addresses, found straight from the bytes of a frame. */
export class OwnedAddresses<State> {
  readonly #ipv4 = new Map<AddressKey, Owned<State>>();
  readonly #ipv6 = new Map<AddressKey, Owned<State>>();

  /** The address that stands in `frame` at `offset`. For IPv4, of which there are many questions, nothing is allocated. */
  find(frame: Uint8Array, offset: number, length: 4 | 16): Owned<State> | undefined {
    return this.#mapFor(length).get(keyAt(frame, offset, length));
  }

  get(bytes: Uint8Array): Owned<State> | undefined {
    return this.#mapFor(bytes.length).get(keyAt(bytes, 0, bytes.length));
  }

  add({ bytes, text }: Address, right: LinkRight, state: State): Owned<State> {
    const key = keyAt(bytes, 0, bytes.length);
    const owned = { key, text, right, state };
    this.#mapFor(bytes.length).set(key, owned);
    return owned;
  }

  remove(bytes: Uint8Array): Owned<State> | undefined {
    const owned = this.get(bytes);
    this.#mapFor(bytes.length).delete(keyAt(bytes, 0, bytes.length));
    return owned;
  }

  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  *[Symbol.iterator](): Generator<Owned<State>> {
    yield* this.#ipv4.values();
    yield* this.#ipv6.values();
  }

  #mapFor(length: number): Map<AddressKey, Owned<State>> {
    return length === 4 ? this.#ipv4 : this.#ipv6;
  }
}
