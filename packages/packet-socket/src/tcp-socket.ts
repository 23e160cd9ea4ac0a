import { createServer, type Server, Socket } from 'node:net';
import { type SocketAddon, loadAddon } from './addon.ts';
import { ADDRESS_FAMILY, socketAddress } from './socket-address.ts';
import {
  PlainSocket,
  type PlainSocketOptions,
  setHopOptions,
  setTcpMd5Key,
  type TcpMd5Key,
} from './socket-options.ts';

/** A connection that is to be made. */
export interface TcpSocketOptions extends PlainSocketOptions {
  /** Where to; a link-local address with its interface, `fe80::1%eth0`. */
  readonly address: string;
  readonly port: number;
  /** An address of ours to come from. Default: the system chooses. */
  readonly source?: string;
  /** Signs every segment (TCP MD5). */
  readonly password?: string;
}

/**
 * Begins a TCP connection with options that `node:net` does not have. The socket is connecting; it tells `connect` or `error` as any other does.
 *
 * A wrong password is no error: segments are dropped in silence by the other end, as if it were not there.
 *
 * @throws PacketSocketError an option, or the source address, cannot be had: nothing was sent
 */
export function connectTcp(options: TcpSocketOptions, addon: SocketAddon = loadAddon()): Socket {
  const { address, port, source, password } = options;
  const remote = socketAddress(address, port, addon);
  const plain = new PlainSocket(remote.family, 'stream', addon);
  try {
    plain.apply(options);
    if (password !== undefined) plain.sign({ address, password });
    if (source !== undefined) plain.bind(socketAddress(source, 0, addon));
  } catch (error) {
    plain.close();
    throw error;
  }
  // Node takes a descriptor that is not connected, and connects that very one.
  return new Socket({ fd: plain.descriptor }).connect({ host: address, port });
}

/** Where to listen. */
export interface TcpServerOptions extends PlainSocketOptions {
  /** `0.0.0.0` and `::` are two servers: one for each family. */
  readonly address: string;
  readonly port: number;
  /** The peers that must sign, each with its key. */
  readonly keys?: readonly TcpMd5Key[];
}

/** Listens with options that `node:net` does not have. Options hold for every connection, until {@link TcpServer.tune} changes one of them. */
export class TcpServer implements AsyncDisposable {
  /** The server that hears; `listening`, `error` and `close` are told as usual. */
  readonly server: Server;
  readonly #addon: SocketAddon;
  readonly #descriptor: number;

  /** Begins to listen. @throws PacketSocketError the address, the port or an option cannot be had */
  constructor(
    options: TcpServerOptions,
    onConnection: (socket: Socket) => void,
    addon: SocketAddon = loadAddon(),
  ) {
    this.#addon = addon;
    const local = socketAddress(options.address, options.port, addon);
    const plain = new PlainSocket(local.family, 'stream', addon);
    this.#descriptor = plain.descriptor;
    try {
      plain.reuseAddress();
      plain.apply(options);
      plain.bind(local);
      for (const key of options.keys ?? []) plain.sign(key);
    } catch (error) {
      plain.close();
      throw error;
    }
    this.server = createServer(onConnection).listen({ fd: plain.descriptor });
  }

  /** Sets the key of one peer anew; an empty password: it need not sign any more. Connections that are there keep theirs. */
  sign(key: TcpMd5Key): void {
    if (this.server.listening) setTcpMd5Key(this.#addon, this.#descriptor, key);
  }

  /**
   * Sets options of one connection that was accepted. What its peer has sent by then has come in under the server's options: a `minTtl` that all peers share
   * belongs there.
   */
  tune(socket: Socket, options: PlainSocketOptions): void {
    const descriptor = descriptorOf(socket);
    const family = socket.remoteFamily === 'IPv4' ? ADDRESS_FAMILY.IPV4 : ADDRESS_FAMILY.IPV6;
    if (descriptor !== undefined) setHopOptions(this.#addon, descriptor, family, options);
  }

  /** Ends listening; connections go on. */
  close(): Promise<void> {
    return new Promise((resolve) => void this.server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Node does not tell the descriptor of a socket in its public interface; its handle has had it since there are handles. `undefined`: closed already. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as object as {
    readonly _handle?: { readonly fd: number } | null;
  };
  const descriptor = handle?.fd ?? -1;
  return descriptor < 0 ? undefined : descriptor;
}
