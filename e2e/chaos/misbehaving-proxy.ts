import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request as requestUpstream } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import type { Certificate } from './certificate.ts';
import {
  describeFault,
  type FaultPlan,
  type RequestFault,
  type WatchTrouble,
} from './fault-plan.ts';
import { Pauses } from './pauses.ts';
import { statusBody, WatchRelay } from './watch-relay.ts';

/** The API server behind the proxy. */
export interface Upstream {
  readonly url: string;
  /** The certificates to trust, in PEM. */
  readonly ca: string;
  readonly token: string;
}

/** The API server that a kubeconfig of the lab names, which is JSON and has a token. */
export function upstreamOf({ kubeconfig }: { readonly kubeconfig: string }): Upstream {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
    readonly clusters: readonly {
      readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
    }[];
    readonly users: readonly { readonly user: { readonly token: string } }[];
  };
  const cluster = clusters[0]?.cluster;
  const token = users[0]?.user.token;
  if (cluster === undefined || token === undefined)
    throw new Error(`${kubeconfig} has no cluster or no token`);
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  return { url: cluster.server, ca, token };
}

/** A request that came to the proxy. */
export interface Seen {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly body: string;
  /** When the request was complete here, on this process's monotonic clock. */
  readonly atMs: number;
}

/** What the API server said to it, and when; told before the client hears of it, if it ever does. */
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly atMs: number;
}

/** Who wants to know what goes through. */
export interface Observer {
  /** A request came, and nothing was done with it yet. */
  request?(seen: Seen): void;
  answer?(seen: Seen, answered: Answered): void;
  /** A TCP connection came, before its TLS handshake. */
  connection?(): void;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const NOTES_MAX = 2_000;

/**
 * An HTTPS server, on loopback by default, that hands every request to the API server, and does its clients every wrong that a network, a load
 * balancer or an API server can do them, as a {@link FaultPlan} says.
 *
 * It knows its client by a token of its own, which lies in a file and can end at any time.
 */
export class MisbehavingProxy {
  readonly kubeconfig: string;
  readonly #upstream: Upstream;
  readonly #agent: Agent;
  readonly #server: Server;
  readonly #tokenFile: string;
  readonly #observer: Observer;
  readonly #certificate: string;
  readonly #pauses = new Pauses();
  readonly #raw = new Map<string, Socket>();
  readonly #watches = new Map<WatchRelay, string>();
  readonly #notes: string[] = [];
  readonly #host: string;
  #token = '';
  #isUnreachable = false;
  #plan: FaultPlan | undefined;

  private constructor(
    upstream: Upstream,
    certificate: Certificate,
    dir: string,
    options: { readonly host: string; readonly observer: Observer },
  ) {
    const { host, observer } = options;
    this.#host = host;
    this.#upstream = upstream;
    this.#observer = observer;
    this.#certificate = certificate.cert;
    this.#agent = new Agent({ ca: upstream.ca, keepAlive: true });
    this.#tokenFile = path.join(dir, 'token');
    this.kubeconfig = path.join(dir, 'kubeconfig');
    mkdirSync(dir, { recursive: true });
    this.#server = createServer(certificate, (incoming, response) => {
      void this.#serve(incoming, response);
    });
    this.#server.on('connection', (socket: Socket) => {
      if (this.#isUnreachable) {
        socket.resetAndDestroy();
        return;
      }
      const key = `${socket.remotePort}`;
      this.#raw.set(key, socket);
      socket.once('close', () => this.#raw.delete(key));
      observer.connection?.();
    });
    this.#server.on('tlsClientError', () => undefined);
  }

  /** Starts one; its kubeconfig and token file go to `dir`. The certificate must be for its `host`. */
  static async start(
    upstream: Upstream,
    certificate: Certificate,
    dir: string,
    options: { readonly host?: string; readonly observer?: Observer } = {},
  ): Promise<MisbehavingProxy> {
    const { host = '127.0.0.1', observer = {} } = options;
    const proxy = new MisbehavingProxy(upstream, certificate, dir, { host, observer });
    await new Promise<void>((resolve) => void proxy.#server.listen(0, host, resolve));
    proxy.#renewToken();
    proxy.#writeToken();
    const tokenFile = proxy.#tokenFile;
    const config = {
      'current-context': 'chaos',
      contexts: [{ name: 'chaos', context: { cluster: 'chaos', user: 'chaos' } }],
      clusters: [
        {
          name: 'chaos',
          cluster: {
            server: proxy.#url,
            'certificate-authority-data': Buffer.from(certificate.cert).toString('base64'),
          },
        },
      ],
      users: [
        { name: 'chaos', user: { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } } },
      ],
    };
    writeFileSync(proxy.kubeconfig, JSON.stringify(config), { mode: 0o600 });
    return proxy;
  }

  /** How to enter it without its kubeconfig. */
  get access(): Upstream {
    return { url: this.#url, ca: this.#certificate, token: this.#token };
  }

  /** What was done to whom since the last {@link misbehave}, in order. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** Starts to misbehave, to watches that are open already as well. */
  misbehave(plan: FaultPlan): void {
    this.#notes.length = 0;
    this.#plan = plan;
    for (const [watch, label] of this.#watches) watch.suffer(plan.forOpenWatch(label));
  }

  /** Lifts all faults; who waits, waits no longer. */
  behave(): void {
    this.#plan = undefined;
    this.#pauses.endAll();
    for (const watch of this.#watches.keys()) watch.suffer(undefined);
    this.#writeToken();
  }

  /** Ends every open watch, each in a way that is drawn for it; gives how many there were. */
  endWatches(draw: () => WatchTrouble['end']): number {
    const watches = [...this.#watches.keys()];
    for (const watch of watches) watch.endNow(draw());
    return watches.length;
  }

  /** Cuts every connection and takes none, until it is told otherwise. */
  unreachable(now: boolean): void {
    this.#isUnreachable = now;
    if (!now) return;
    this.note('unreachable');
    for (const socket of this.#raw.values()) socket.resetAndDestroy();
  }

  /** From now on the token is refused; the file has the next one after `ms`. */
  async expireToken(ms: number): Promise<void> {
    this.note('token expired');
    this.#renewToken();
    await this.#pauses.pause(ms);
    this.#writeToken();
  }

  /** Adds to the notes. */
  note(what: string): void {
    if (this.#notes.length < NOTES_MAX) this.#notes.push(`${clockText()} ${what}`);
  }

  async stop(): Promise<void> {
    this.behave();
    this.#server.closeAllConnections();
    for (const socket of this.#raw.values()) socket.destroy();
    await new Promise((resolve) => void this.#server.close(resolve));
    this.#agent.destroy();
  }

  get #url(): string {
    return `https://${this.#host}:${(this.#server.address() as AddressInfo).port}`;
  }

  #renewToken(): void {
    this.#token = randomBytes(12).toString('hex');
  }

  #writeToken(): void {
    writeFileSync(this.#tokenFile, this.#token, { mode: 0o600 });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    incoming.on('error', () => undefined);
    try {
      const body = await readAll(incoming);
      const url = new URL(incoming.url ?? '/', this.#upstream.url);
      if (incoming.headers.authorization !== `Bearer ${this.#token}`) {
        answer(response, 401);
      } else if (url.searchParams.has('watch')) {
        await this.#relayWatch(incoming, response, url);
      } else {
        await this.#relay(incoming, response, url, body);
      }
    } catch {
      // The client went away, or the API server did: as the network has it.
      this.#cut(response);
    }
  }

  async #relay(
    incoming: IncomingMessage,
    response: ServerResponse,
    url: URL,
    body: Buffer,
  ): Promise<void> {
    const { method = 'GET' } = incoming;
    const label = `${method} ${url.pathname}`;
    const seen = { method, path: url.pathname, body: body.toString(), atMs: performance.now() };
    this.#observer.request?.(seen);
    const fault = this.#plan?.forRequest(label);
    if (fault !== undefined) this.note(`${label}: ${describeFault(fault)}`);
    if (await this.#before(response, fault)) return;
    // Who went away while it waited no longer wants it done.
    if (response.destroyed) return;
    const upstream = await this.#forward(incoming, url, body);
    this.#observer.answer?.(seen, {
      status: upstream.status,
      body: upstream.body.toString(),
      atMs: performance.now(),
    });
    if (fault?.kind === 'stall' && fault.executed) {
      await this.#pauses.pause(fault.ms);
      if (fault.breaks) return this.#cut(response);
    }
    if (fault?.kind === 'reset') return this.#cut(response);
    const headers = { ...upstream.headers, 'content-length': String(upstream.body.length) };
    delete (headers as Record<string, unknown>)['transfer-encoding'];
    response.writeHead(upstream.status, headers);
    if (fault?.kind === 'truncate') {
      response.write(upstream.body.subarray(0, Math.floor(upstream.body.length / 2)), () =>
        this.#cut(response),
      );
    } else {
      response.end(upstream.body);
    }
  }

  /** What comes instead of the request, or before it. True: it is dealt with. */
  async #before(response: ServerResponse, fault: RequestFault | undefined): Promise<boolean> {
    if (fault?.kind === 'status') {
      answer(response, fault.code, fault.retryAfterSeconds);
      return true;
    }
    if (fault?.kind === 'reset' && !fault.executed) {
      this.#cut(response);
      return true;
    }
    if (fault?.kind === 'stall' && !fault.executed) {
      await this.#pauses.pause(fault.ms);
      if (fault.breaks) this.#cut(response);
      return fault.breaks;
    }
    return false;
  }

  async #relayWatch(incoming: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const label = `watch ${url.pathname}`;
    const fault = this.#plan?.forNewWatch(label);
    if (fault !== undefined) this.note(`${label}: ${describeFault(fault)}`);
    if (await this.#before(response, fault)) return;
    await new Promise<void>((resolve, reject) => {
      const relay = new WatchRelay({
        response,
        cut: () => this.#cut(response),
        note: (what) => this.note(`${label}: ${what}`),
      });
      const upstream = this.#send(incoming, url, (from) => {
        response.writeHead(from.statusCode ?? 502, from.headers);
        response.flushHeaders();
        this.#watches.set(relay, label);
        relay.suffer(this.#plan?.forOpenWatch(label));
        from.setEncoding('utf8').on('data', (text: string) => relay.push(text));
        from.once('end', () => relay.end());
        from.once('error', reject);
      });
      upstream.once('error', reject);
      upstream.end();
      response.once('close', () => {
        this.#watches.delete(relay);
        relay.abandon();
        upstream.destroy();
        resolve();
      });
    });
  }

  async #forward(incoming: IncomingMessage, url: URL, body: Buffer): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      const upstream = this.#send(incoming, url, (from) => {
        readAll(from).then(
          (text) => resolve({ status: from.statusCode ?? 502, headers: from.headers, body: text }),
          reject,
        );
      });
      upstream.once('error', reject);
      upstream.end(body);
    });
  }

  #send(
    incoming: IncomingMessage,
    url: URL,
    onAnswer: (from: IncomingMessage) => void,
  ): ReturnType<typeof requestUpstream> {
    const { method = 'GET' } = incoming;
    const { host: _host, connection: _connection, ...headers } = incoming.headers;
    return requestUpstream(
      url,
      {
        method,
        agent: this.#agent,
        headers: { ...headers, authorization: `Bearer ${this.#upstream.token}` },
      },
      onAnswer,
    );
  }

  /** A TCP reset where that is possible, else the connection just ends. */
  #cut(response: ServerResponse): void {
    const { socket } = response;
    if (socket === null) return;
    const raw = this.#raw.get(`${socket.remotePort}`);
    if (raw === undefined || raw.destroyed) socket.destroy();
    else raw.resetAndDestroy();
  }
}

function clockText(): string {
  return new Date().toISOString().slice(11, 23);
}

function answer(response: ServerResponse, code: number, retryAfterSeconds?: number): void {
  response.writeHead(code, {
    'content-type': 'application/json',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(JSON.stringify(statusBody(code)));
}

async function readAll(from: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
