import { createSocket } from 'node:dgram';

/** The part of a UDP socket (`node:dgram`) that is used here. */
export interface GroupSocket {
  addMembership(group: string, multicastInterface: string): void;
  dropMembership(group: string, multicastInterface: string): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): unknown;
}

/** What {@link MulticastGroups} works with. */
export interface MulticastGroupsDeps {
  /** Makes a UDP socket over IPv6; nothing is ever read from it. */
  readonly openSocket?: () => GroupSocket;
  /** Called when the system took memberships away; {@link MulticastGroups.set} joins them again. */
  readonly onLost?: () => void;
}

/**
 * A socket holds so many groups and no more: its memory for them is limited (`net.core.optmem_max`: 365 groups at the 20 kB of
 * older kernels), and the refusal comes late.
 */
export const GROUPS_PER_SOCKET_MAX = 256;

interface Holder {
  readonly socket: GroupSocket;
  readonly groups: Set<string>;
}

/**
 * Membership in the solicited-node multicast groups (RFC 4291 §2.7.1) of a set of IPv6 addresses on one interface.
 *
 * The kernel reports each membership (MLD, RFC 3810) and a snooping switch then sends the group's frames here. Membership of a
 * packet socket would not do: it only opens the network card's own filter. Addresses with the same last 24 bits share a group;
 * it is left when the last of them goes. The memberships end with the process.
 */
export class MulticastGroups implements Disposable {
  readonly #openSocket: () => GroupSocket;
  readonly #onLost: (() => void) | undefined;
  /** `::%eth0`: the address part is not looked at, the zone names the interface. */
  readonly #zone: string;
  #holders: Holder[] = [];

  constructor(interfaceName: string, deps: MulticastGroupsDeps = {}) {
    this.#openSocket = deps.openSocket ?? ((): GroupSocket => createSocket('udp6'));
    this.#onLost = deps.onLost;
    this.#zone = `::%${interfaceName}`;
  }

  /** The groups that are joined now, as text. */
  get joined(): string[] {
    return this.#holders.flatMap(({ groups }) => [...groups]);
  }

  /**
   * Joins and leaves until exactly the groups of `addresses` (16 bytes each) are joined. A group that cannot be joined is left
   * out and its error returned with those of the others; calling again tries again.
   */
  set(addresses: readonly Uint8Array[]): Error[] {
    const wanted = new Set(addresses.map(solicitedNodeGroup));
    for (const holder of this.#holders) this.#leaveAllBut(wanted, holder);
    for (const group of this.joined) wanted.delete(group);
    const failures: Error[] = [];
    for (const group of wanted) {
      const failure = this.#join(group);
      if (failure !== undefined) failures.push(failure);
    }
    this.#closeEmpty();
    return failures;
  }

  /** Leaves all groups. It can be used again after. */
  close(): void {
    for (const { socket } of this.#holders) socket.close();
    this.#holders = [];
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #leaveAllBut(wanted: ReadonlySet<string>, { socket, groups }: Holder): void {
    for (const group of groups) {
      if (wanted.has(group)) continue;
      groups.delete(group);
      try {
        socket.dropMembership(group, this.#zone);
      } catch {
        // The interface went and took the membership with it: what is wanted is so.
      }
    }
  }

  #join(group: string): Error | undefined {
    const used = this.#holders.find(({ groups }) => groups.size < GROUPS_PER_SOCKET_MAX);
    if (used === undefined) return this.#joinAnew(group);
    // Its memory may be full earlier than we think.
    return tryToJoin(used, group, this.#zone) === undefined ? undefined : this.#joinAnew(group);
  }

  #joinAnew(group: string): Error | undefined {
    const holder: Holder = { socket: this.#openSocket(), groups: new Set() };
    holder.socket.on('error', () => {
      this.#release(holder);
      this.#onLost?.();
    });
    this.#holders.push(holder);
    return tryToJoin(holder, group, this.#zone);
  }

  #release(holder: Holder): void {
    this.#holders = this.#holders.filter((one) => one !== holder);
    holder.socket.close();
  }

  #closeEmpty(): void {
    for (const holder of this.#holders) if (holder.groups.size === 0) this.#release(holder);
  }
}

function tryToJoin({ socket, groups }: Holder, group: string, zone: string): Error | undefined {
  try {
    socket.addMembership(group, zone);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
  groups.add(group);
  return undefined;
}

/** `ff02::1:ffXX:XXXX` with the last 24 bits of an IPv6 address of 16 bytes (RFC 4291 §2.7.1). */
export function solicitedNodeGroup(address: Uint8Array): string {
  if (address.length !== 16) {
    throw new RangeError(`an IPv6 address must have 16 bytes, not ${address.length}`);
  }
  return `ff02::1:ff${hex(address, 13)}:${hex(address, 14)}${hex(address, 15)}`;
}

function hex(bytes: Uint8Array, at: number): string {
  return (bytes[at] ?? 0).toString(16).padStart(2, '0');
}
