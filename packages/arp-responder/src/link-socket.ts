/**
 * What became of a frame: `sent`, or why not. The interface is `down`, its queue is `full`, it is `gone` (deleted or closed), or the
 * frame was too `late`.
 */
export type SendOutcome = 'sent' | 'late' | 'down' | 'full' | 'gone' | 'failed';

/** The addresses whose questions a link socket must let through. */
export interface WatchedAddresses {
  /** IPv4 addresses, each 4 bytes. */
  readonly ipv4: readonly Uint8Array[];
  /** IPv6 addresses, each 16 bytes. */
  readonly ipv6: readonly Uint8Array[];
}

/** What a link socket tells its one listener. */
export interface LinkListener {
  /**
   * A whole Ethernet frame without its check sequence. The bytes are the socket's own and valid only during the call.
   * A socket may let through more than was watched: look again.
   */
  onFrame(frame: Uint8Array): void;
  /**
   * The link became able or unable to carry frames: carrier, interface down, deleted, made again. After `up` the hardware
   * address may be another, and the neighbours want a new announcement.
   */
  onLink(state: 'up' | 'down'): void;
}

/**
 * One Ethernet interface as the responder needs it. `@picluster/packet-socket` is one for Linux; `SimLan` of our tests another.
 */
export interface LinkSocket {
  /** The interface's name, for logs. */
  readonly interfaceName: string;
  /** The hardware address now, 6 bytes. */
  readonly mac: Uint8Array;
  /** Whether frames can pass now. */
  readonly up: boolean;
  /** Starts delivery to `listener`. A socket has one listener at most; calling twice is a mistake of the caller. */
  listen(listener: LinkListener): void;
  /**
   * Replaces the set of watched addresses. A socket that can filter in the kernel does so and joins the IPv6 solicited-node
   * multicast groups (RFC 4291 §2.7.1); until the first call nothing needs to be delivered.
   */
  watch(addresses: WatchedAddresses): void;
  /**
   * Sends one whole Ethernet frame without its check sequence. Never throws for what the world does. The bytes are the
   * caller's own and may change as soon as the call returned: a socket that queues must copy.
   *
   * Once {@link nowMs} has reached `notAfterMs` it sends nothing and says `late`. The link asks at the last moment it can, so
   * that a process that was frozen on its way here does not send what it may no longer say.
   */
  send(frame: Uint8Array, notAfterMs?: number): SendOutcome;
  /** The link's own monotonic clock, in milliseconds from any zero. It should go on while the machine sleeps. */
  nowMs(): number;
  /** Ends delivery and gives everything back. A second call does nothing. */
  close(): void;
}
