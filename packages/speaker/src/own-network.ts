import { primaryInterface } from './primary-interface.ts';
import { remembered } from './remembered.ts';

/** What tells how this machine is connected. */
export interface OwnNetworkDeps {
  readonly clock: { nowMs(): number };
  /** The addresses that the API shows of this node: the same list for as long as they are the same. */
  readonly nodeAddresses: () => readonly string[];
  /** The addresses of each interface of this machine. It may take milliseconds to tell. */
  readonly addresses: () => ReadonlyMap<string, readonly string[]>;
  /** The hardware addresses of this machine, as text. The same holds. */
  readonly hardwareAddresses: () => readonly string[];
}

/** How long the addresses of the interfaces are used before they are looked up again: hundreds of Services may ask in one moment, and each second is asked where the API is a witness. */
const ADDRESSES_MS = 5000;
/** The same for the hardware addresses: whenever somebody answers for an address, it is asked whether that was us. */
const HARDWARE_ADDRESSES_MS = 10_000;
/** The kernel numbers interfaces from 1, in 31 bits. */
const INTERFACES_MAX = 2 ** 31;

/** How this machine is connected, as far as elections ask: which interface is on the network that the nodes share, and whether an answer was its own. */
export class OwnNetwork {
  readonly #nodeAddresses: () => readonly string[];
  readonly #addresses: () => ReadonlyMap<string, readonly string[]>;
  readonly #hardwareAddresses: () => readonly string[];
  /** The last answer, and what it was found from. */
  #primary: { readonly from: readonly unknown[]; readonly name: string | undefined } = {
    from: [],
    name: undefined,
  };

  constructor({ clock, nodeAddresses, addresses, hardwareAddresses }: OwnNetworkDeps) {
    const nowMs = (): number => clock.nowMs();
    this.#nodeAddresses = nodeAddresses;
    this.#addresses = remembered(addresses, nowMs, ADDRESSES_MS);
    this.#hardwareAddresses = remembered(hardwareAddresses, nowMs, HARDWARE_ADDRESSES_MS);
  }

  /** Whether the machine with this hardware address is this one. */
  hasHardwareAddress(mac: string): boolean {
    return this.#hardwareAddresses().includes(mac);
  }

  /** The first of these interfaces that has an address of the node. */
  withNodeAddress(names: readonly string[]): string | undefined {
    const ofNode = this.#nodeAddresses();
    return names.find((name) =>
      this.#addresses()
        .get(name)
        ?.some((address) => ofNode.includes(address)),
    );
  }

  /**
   * The one of these interfaces whose segment the API is a witness for, see {@link primaryInterface}. Asked for each address, of which there may be thousands: pass the same list
   * for as long as it has not changed.
   */
  primaryOf(names: readonly string[]): string | undefined {
    const [ofNode, ofInterfaces] = [this.#nodeAddresses(), this.#addresses()];
    const { from, name } = this.#primary;
    if (from[0] === names && from[1] === ofNode && from[2] === ofInterfaces) return name;
    const found = primaryInterface(names, ofNode, ofInterfaces);
    this.#primary = { from: [names, ofNode, ofInterfaces], name: found };
    return found;
  }

  /** Of two interfaces on one segment that with the lesser rank takes part: the one with an address of the node, then the older one. `index` is the kernel's number of the interface. */
  rankOf(interfaceName: string, index: number): number {
    const primary = primaryInterface([interfaceName], this.#nodeAddresses(), this.#addresses());
    return primary === undefined ? index + INTERFACES_MAX : index;
  }
}
