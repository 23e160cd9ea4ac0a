import type { Address } from '../codec/path-attribute.ts';

/** What becomes of a connection. All calls come later than the call that made it; after `close` or `abort` there are none. */
export interface ConnectionListener {
  /** A connection that was dialed is there. */
  onConnected(): void;
  /** Bytes, in order. They are read during the call only. */
  onData(chunk: Uint8Array): void;
  /** There is room again, after a `send` that said there was none. */
  onDrain(): void;
  /** It is over, or never came about; `error` names the reason, absent: the peer closed it. Nothing comes after it. */
  onClosed(error?: string): void;
}

/** One TCP connection. It never throws for what the world does: that is told to the listener. */
export interface BgpConnection {
  /** Our address of it, once it is connected. */
  readonly localAddress: Address | undefined;
  readonly remoteAddress: Address | undefined;
  /** Takes the bytes in any case. False: so much waits to be sent that nothing more should come before `onDrain`. */
  send(bytes: Uint8Array): boolean;
  /** Ends it after what was sent; gives up after a while where the peer does not take that. */
  close(): void;
  /** Ends it at once, whatever waits. */
  abort(): void;
}

/** A connection that a peer has made. Nothing is delivered before `listen`. */
export interface IncomingConnection extends BgpConnection {
  listen(listener: ConnectionListener): void;
}

/** Makes connections to one peer: knows its address and port, and the socket's options. */
export interface Dialer {
  /** Begins to connect. The connection may be closed before it is there. */
  dial(listener: ConnectionListener): BgpConnection;
}
