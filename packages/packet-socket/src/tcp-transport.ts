import type { Socket } from 'node:net';
import { type SocketAddon, loadAddon } from './addon.ts';
import { PacketSocketError } from './packet-socket-error.ts';
import { nextTurn } from './seams/next-turn.ts';
import { systemTimer } from './seams/system-timer.ts';
import type { PlainSocketOptions, TcpMd5Key } from './socket-options.ts';
import {
  connectTcp,
  TcpServer,
  type TcpServerOptions,
  type TcpSocketOptions,
} from './tcp-socket.ts';

/** What becomes of a connection; it has the shape of `ConnectionListener` of `@picluster/bgp`. */
export interface TcpStreamListener {
  onConnected(): void;
  /** Bytes, in order; read during the call. */
  onData(chunk: Uint8Array): void;
  /** There is room again after a `send` that said there was none. */
  onDrain(): void;
  /** It is over; `error` says why, absent: the peer closed it. */
  onClosed(error?: string): void;
}

/** Bytes that come in such pieces come faster than they are read: then everything else in the process has its turn before the next. */
const FLOOD_BYTES = 32_768;

/** How long a connection that was closed may take to say its last words. */
const LINGER_MS = 1000;

/**
 * A TCP connection as `@picluster/bgp` wants it: `BgpConnection` and `IncomingConnection`. After `close` and `abort` nothing is told any more.
 *
 * What ends a connection is told, never thrown.
 */
export class TcpStream {
  readonly #socket: Socket | undefined;
  #listener: TcpStreamListener | undefined;
  #error: string | undefined;
  #over = false;
  #closing = false;

  /** `socket` absent: it could not be had at all, for this reason. */
  constructor(socket: Socket | undefined, error?: string) {
    this.#socket = socket;
    this.#error = error;
    if (socket === undefined) {
      process.nextTick(() => this.#end());
      return;
    }
    socket.setNoDelay(true);
    socket.on('connect', () => this.#listener?.onConnected());
    socket.on('drain', () => this.#listener?.onDrain());
    socket.on(
      'error',
      (cause: NodeJS.ErrnoException) => (this.#error = cause.code ?? cause.message),
    );
    socket.on('close', () => this.#end());
  }

  get localAddress(): string | undefined {
    return this.#socket?.localAddress;
  }

  get remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress;
  }

  /** From here on all is told, also what came before. */
  listen(listener: TcpStreamListener): void {
    this.#listener = listener;
    this.#socket?.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    if (this.#over) process.nextTick(() => this.#tellEnd());
  }

  /** Takes the bytes, which must not change any more; false: wait for `onDrain`. */
  send(bytes: Uint8Array): boolean {
    return this.#socket?.write(bytes) ?? false;
  }

  /** Sends what was given, then the end. What the peer still says is read and dropped, for else its system would drop our last words. */
  close(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#closing) return;
    this.#quit();
    if (socket.connecting) {
      socket.destroy();
      return;
    }
    socket.end();
    socket.resume();
    const linger = systemTimer(LINGER_MS, () => socket.destroy());
    socket.on('close', () => linger[Symbol.dispose]());
  }

  /** Ends it with a reset, whatever waits. */
  abort(): void {
    this.#quit();
    this.#socket?.resetAndDestroy();
  }

  /** Node would read on and on, up to two megabytes, before it looks at another socket or a timer. */
  #onData(chunk: Uint8Array): void {
    if (chunk.length >= FLOOD_BYTES) {
      this.#socket?.pause();
      nextTurn(() => this.#socket?.resume());
    }
    this.#listener?.onData(chunk);
  }

  #quit(): void {
    this.#closing = true;
    this.#listener = undefined;
  }

  #end(): void {
    this.#over = true;
    this.#tellEnd();
  }

  #tellEnd(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClosed(this.#error);
  }
}

/** Makes TCP connections to one place; it is a `Dialer` of `@picluster/bgp`. */
export class TcpDialer {
  readonly #options: TcpSocketOptions;
  readonly #addon: SocketAddon | undefined;

  /** Does nothing yet. Where `addon` is absent it is loaded with the first connection. */
  constructor(options: TcpSocketOptions, addon?: SocketAddon) {
    this.#options = options;
    this.#addon = addon;
  }

  /** Begins to connect. An option or address that the system refuses is told as the end of the connection. */
  dial(listener: TcpStreamListener): TcpStream {
    const stream = this.#begin();
    stream.listen(listener);
    return stream;
  }

  #begin(): TcpStream {
    try {
      return new TcpStream(connectTcp(this.#options, this.#addon ?? loadAddon()));
    } catch (error) {
      if (error instanceof PacketSocketError) return new TcpStream(undefined, error.message);
      throw error;
    }
  }
}

/** Takes TCP connections; each is an `IncomingConnection` of `@picluster/bgp`. */
export class TcpAcceptor implements AsyncDisposable {
  readonly #server: TcpServer;

  /**
   * Listens. `tune` gives options for one peer by its address, before anything of it is read.
   *
   * @throws PacketSocketError the address, the port or an option cannot be had
   */
  constructor(
    options: TcpServerOptions,
    onConnection: (stream: TcpStream) => void,
    tune?: (remoteAddress: string) => PlainSocketOptions | undefined,
    addon: SocketAddon = loadAddon(),
  ) {
    const accept = (socket: Socket): void => {
      const stream = new TcpStream(socket);
      const tuned = tune?.(socket.remoteAddress ?? '');
      if (tuned !== undefined) this.#server.tune(socket, tuned);
      onConnection(stream);
    };
    this.#server = new TcpServer(options, accept, addon);
  }

  /** The port, which the system chose where 0 was asked for. */
  get port(): number {
    const address = this.#server.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Told once where listening itself fails. */
  onError(told: (error: Error) => void): void {
    this.#server.server.on('error', told);
  }

  /** Sets the key of a peer; see {@link TcpServer.sign}. */
  sign(key: TcpMd5Key): void {
    this.#server.sign(key);
  }

  /** Ends listening. Connections go on. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }
}
