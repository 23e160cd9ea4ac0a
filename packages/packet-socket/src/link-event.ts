import { endianness } from 'node:os';

/** What one netlink message says of an interface. */
export interface LinkEvent {
  readonly interfaceIndex: number;
  readonly deleted: boolean;
  /** Up, with a carrier. */
  readonly running: boolean;
}

/** Why a message says nothing of an interface. */
export type LinkEventFault = 'short' | 'other-type' | 'other-family';

const RTM = { NEWLINK: 16, DELLINK: 17 } as const;
/** Bytes of `struct nlmsghdr` and `struct ifinfomsg` together; the attributes after them are not needed. */
const LINK_MESSAGE_BYTES = 32;
const AF_UNSPEC = 0;
const IFF = { UP: 0x1, RUNNING: 0x40 } as const;
const LITTLE = endianness() === 'LE';

/** Reads the flags of `struct ifinfomsg` or of SIOCGIFFLAGS: can the interface carry frames? */
export function isRunning(flags: number): boolean {
  return (flags & IFF.UP) !== 0 && (flags & IFF.RUNNING) !== 0;
}

/**
 * Decodes an rtnetlink message (`rtnetlink(7)`), in the byte order of this machine. Netlink also says "deleted" when an interface
 * only left a bridge: those messages are of the family AF_BRIDGE and are refused.
 */
export function decodeLinkEvent(message: Uint8Array): LinkEvent | LinkEventFault {
  if (message.length < LINK_MESSAGE_BYTES) return 'short';
  const view = new DataView(message.buffer, message.byteOffset, LINK_MESSAGE_BYTES);
  const type = view.getUint16(4, LITTLE);
  if (type !== RTM.NEWLINK && type !== RTM.DELLINK) return 'other-type';
  if (view.getUint8(16) !== AF_UNSPEC) return 'other-family';
  return {
    interfaceIndex: view.getInt32(20, LITTLE),
    deleted: type === RTM.DELLINK,
    running: isRunning(view.getUint32(24, LITTLE)),
  };
}
