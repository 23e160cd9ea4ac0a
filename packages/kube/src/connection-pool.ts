import { Agent, type ClientRequestArgs, type IncomingMessage, request } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext, type ConnectionOptions } from 'node:tls';
import { openTunnel } from './proxy-tunnel.ts';

/**
 * Idle connections are kept below the server's own limit (90 s for kube-apiserver), so that a Lease renewed every few seconds does not pay for
 * a TLS handshake each time. HTTP/1.1 only: each watch has its own connection, and a dead one takes nothing else with it.
 */
const IDLE_MS = 60_000;
/** Of each step until a connection stands. */
const CONNECT_LIMIT_MS = 10_000;
/** Some load balancers forget a connection that was silent for a minute. */
const PROBE_AFTER_MS = 30_000;

/** Where to, and how. */
export interface PoolOptions {
  /** `https://10.0.0.1:6443`; with `http:` there is no TLS. */
  readonly origin: string;
  readonly tls: ConnectionOptions;
  /** URL of an HTTP proxy that all connections go through. */
  readonly proxy: string | undefined;
}

/** What is sent on a connection of the pool. */
export interface PooledRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
  /** Asked when the connection stands, in the turn in which the request is written. An error it gives is what the request fails with, unsent. */
  readonly objection: () => Error | undefined;
}

/** Connections to one server, kept for the next request while they are idle. */
export class ConnectionPool {
  readonly #agent: PooledAgent;
  readonly #host: string;
  readonly #address: { readonly host: string; readonly port: number };

  constructor({ origin, tls, proxy }: PoolOptions) {
    const { protocol, host, hostname, port } = new URL(origin);
    const isSecure = protocol === 'https:';
    this.#agent = new PooledAgent(isSecure ? tls : undefined, proxy);
    this.#host = host;
    this.#address = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (isSecure ? 443 : 80),
    };
  }

  /** Resolves with the answer when its headers are there; its body is to be read or destroyed. Rejects with the error of the connection. */
  send(wanted: PooledRequest): Promise<IncomingMessage> {
    const { method, path, headers, body, signal, objection } = wanted;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request({
      ...this.#address,
      agent: this.#agent,
      method,
      path,
      // Node does not say by itself how long the body of a DELETE is: the server then takes it for the next request.
      headers: {
        host: this.#host,
        ...headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
      signal,
    });
    sent.on('error', reject);
    sent.on('response', resolve);
    sent.on('socket', (socket) => {
      this.#agent.whenConnected(socket, () => {
        const error = objection();
        if (error === undefined) sent.end(body);
        else sent.destroy(error);
      });
    });
    return promise;
  }

  /** What runs may end; no connection is used again. */
  retire(): void {
    this.#agent.maxFreeSockets = 0;
    for (const idle of Object.values(this.#agent.freeSockets)) {
      for (const socket of idle ?? []) socket.destroy();
    }
  }

  /** Breaks off everything. */
  destroy(): void {
    this.#agent.destroy();
  }
}

/** Node's own pool, which knows of each connection whether it stands already. */
class PooledAgent extends Agent {
  readonly #tls: ConnectionOptions | undefined;
  readonly #proxy: string | undefined;
  readonly #standing = new WeakSet<Socket>();

  constructor(tls: ConnectionOptions | undefined, proxy: string | undefined) {
    super({ keepAlive: true, keepAliveMsecs: PROBE_AFTER_MS, timeout: IDLE_MS });
    // One set of parsed certificates for all connections; else each makes its own.
    this.#tls = tls && { ...tls, secureContext: createSecureContext(tls) };
    this.#proxy = proxy;
  }

  /** Calls back as soon as the connection stands, at once if it does. Never, if it does not come about. */
  whenConnected(socket: Socket, then: () => void): void {
    if (this.#standing.has(socket)) then();
    else socket.once(this.#connected, then);
  }

  override createConnection(
    options: ClientRequestArgs,
    callback: (error: Error | null, socket: Duplex) => void,
  ): Duplex | undefined {
    if (this.#proxy === undefined) return this.#connect(options);
    openTunnel(this.#proxy, options, CONNECT_LIMIT_MS).then(
      (tunnel) => callback(null, this.#connect(options, tunnel)),
      (error: Error) => callback(error, undefined as never),
    );
    return undefined;
  }

  get #connected(): 'connect' | 'secureConnect' {
    return this.#tls === undefined ? 'connect' : 'secureConnect';
  }

  #connect(options: ClientRequestArgs, tunnel?: Socket): Socket {
    const socket = this.#open({ ...options, timeout: CONNECT_LIMIT_MS }, tunnel);
    const onTimeout = (): void =>
      void socket.destroy(new Error(`no connection within ${CONNECT_LIMIT_MS} ms`));
    const onConnected = (): void => {
      this.#standing.add(socket);
      socket.off('timeout', onTimeout).setTimeout(IDLE_MS);
    };
    if (socket === tunnel) onConnected();
    else socket.on('timeout', onTimeout).once(this.#connected, onConnected);
    return socket;
  }

  #open(options: ClientRequestArgs, tunnel: Socket | undefined): Socket {
    const to = options as { host: string; port: number };
    if (this.#tls === undefined) return tunnel ?? connectTcp(to);
    return connectTls({ ...to, ...this.#tls, ...(tunnel && { socket: tunnel }) });
  }
}
