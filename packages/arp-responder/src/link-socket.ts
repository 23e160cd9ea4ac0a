/**
 * What became of a frame: `sent`, or why not. The interface is `down`, its queue is `full`, it is `gone` (deleted or closed), or the
 * frame was too `late`.
 */
export type SendOutcome = 'sent' | 'late' | 'down' | 'full' | 'gone' | 'failed';

/**
 * The addresses that a link socket must let frames through for: questions for them, and claims to them (ARP packets whose sender has the
 * address, neighbour advertisements for it).
 */
export interface WatchedAddresses {
  /** IPv4 addresses, each 4 bytes. */
  readonly ipv4: readonly Uint8Array[];
  /** IPv6 addresses, each 16 bytes. */
  readonly ipv6: readonly Uint8Array[];
  /** Addresses of either kind of which only claims are wanted; no multicast group is joined for them. */
  readonly claims?: readonly Uint8Array[];
  /** Whether ICMP echo requests to `ipv4` and `ipv6` are wanted too. */
  readonly echo?: boolean;
  /** Whether router advertisements (RFC 4861 §4.2) are wanted too. */
  readonly routers?: boolean;
}

/** What a link socket tells its one listener. */
export interface LinkListener {
  /**
   * A whole Ethernet frame without its check sequence. The bytes are the socket's own and valid only during the call.
   * A socket may let through more than was watched: look again.
   *
   * `answered`: the link has answered it already, from the table of {@link LinkSocket.answerFrom}.
   */
  onFrame(frame: Uint8Array, answered?: boolean): void;
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
  /**
   * For a link that can answer ARP requests by itself, before its listener hears of them; others have no such method, and the
   * listener answers.
   *
   * `table` is memory that the caller goes on writing, and that the link only reads: for n addresses n numbers of 8 bytes (IEEE 754,
   * in the machine's byte order, aligned) and then n IPv4 addresses of 4 bytes, in the same order. A number is the moment of
   * {@link nowMs} from which the link must not answer for the address any more, asked as in {@link send}; 0 in unused slots. An
   * address stands there at most once. What is written counts from the next frame on, also for those that wait already.
   * Another table replaces the first.
   *
   * The link answers exactly the ARP requests that `respond` would answer, with the same bytes and its {@link mac} of that moment, and
   * nothing while it is not {@link up}. It then delivers the frame with the mark `answered`. Every other frame, and one whose
   * answer could not be sent, is delivered as ever, for its listener to decide.
   */
  answerFrom?(table: Uint8Array): void;
  /** The link's own monotonic clock, in milliseconds from any zero. It should go on while the machine sleeps. */
  nowMs(): number;
  /** Ends delivery and gives everything back. A second call does nothing. */
  close(): void;
}
