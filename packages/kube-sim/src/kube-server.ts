import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError, errorOfCode } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { FaultAction, Faults, RequestFacts } from './faults.ts';
import type { ApiRequest } from './api-request.ts';
import type { ApiReply, KubeApi } from './kube-api.ts';
import type { RequestCounts } from './request-counts.ts';
import type { Certificate } from './seams/certificate.ts';
import type { Store } from './store.ts';
import type { Tokens } from './tokens.ts';
import { Watch, type WatchSink } from './watch.ts';
import type { WatchPlan } from './watch-plan.ts';

/** What the server needs from outside. */
export interface KubeServerDeps {
  readonly api: KubeApi;
  readonly store: Store;
  readonly clock: Clock;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly requests: RequestCounts;
  readonly certificate: Certificate;
  readonly bookmarkIntervalMs: number;
}

const openPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz', '/version']);
const bodyBytesMax = 3 * 1024 * 1024;

/** HTTPS around the API: reads requests, lets faults strike, writes answers and watches. */
export class KubeServer {
  readonly #deps: KubeServerDeps;
  readonly #server: Server;
  readonly #sockets = new Map<string, Socket>();
  readonly #watches = new Set<Watch>();

  constructor(deps: KubeServerDeps) {
    this.#deps = deps;
    const { cert, key } = deps.certificate;
    this.#server = createServer({ cert, key }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => this.#failed(response, error));
    });
    // A TLS socket cannot send a TCP reset; the socket under it can, and is found by the client's port.
    this.#server.on('connection', (socket: Socket) => {
      const id = `${socket.remoteAddress}:${socket.remotePort}`;
      this.#sockets.set(id, socket);
      socket.once('close', () => this.#sockets.delete(id));
    });
    // A client that goes away inside the handshake is its own business.
    this.#server.on('tlsClientError', () => undefined);
  }

  /** Starts listening; resolves with the port. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.removeListener('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Ends all watches and connections; resolves when nothing is open any more. */
  close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
      for (const socket of this.#sockets.values()) socket.destroy();
    });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { api, faults, requests, tokens } = this.#deps;
    const url = new URL(incoming.url ?? '/', 'https://kube-sim');
    const method = incoming.method ?? 'GET';
    const body = await readBody(incoming);
    let user: string;
    try {
      // As on the real server, anybody may ask for health and version.
      user = openPaths.has(url.pathname)
        ? 'system:anonymous'
        : tokens.userOf(incoming.headers.authorization);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      send(response, { code: error.body.code, body: { ...error.body } });
      return;
    }
    const facts: RequestFacts = {
      method,
      path: url.pathname,
      user,
      ...api.factsOf(method, url.pathname, url.searchParams),
    };
    requests.record(facts);
    if (body === undefined) {
      send(response, refusal(413));
      return;
    }
    const request: ApiRequest = {
      method,
      path: url.pathname,
      query: url.searchParams,
      accept: incoming.headers.accept ?? '*/*',
      contentType: incoming.headers['content-type'] ?? 'application/json',
      body,
    };
    const fault = faults.take(facts);
    if (fault === undefined) this.#answer(request, response, facts);
    else this.#struck(request, response, facts, fault);
  }

  #answer(request: ApiRequest, response: ServerResponse, facts: RequestFacts): void {
    const reply = this.#deps.api.handle(request);
    if ('code' in reply) send(response, reply);
    else this.#watch(reply, response, facts);
  }

  #struck(
    request: ApiRequest,
    response: ServerResponse,
    facts: RequestFacts,
    fault: NonNullable<ReturnType<Faults['take']>>,
  ): void {
    const { action } = fault;
    if (facts.verb === 'watch' && strikesInside(action)) {
      const plan = this.#deps.api.handle(request);
      if ('code' in plan) send(response, plan);
      else this.#watch(plan, response, facts, (watch) => fault.strike(watch));
      return;
    }
    switch (action.kind) {
      case 'reset':
        if (action.executed === true) this.#deps.api.handle(request);
        this.#reset(response);
        return;
      case 'truncate': {
        const reply = this.#deps.api.handle(request);
        if ('code' in reply) sendHalf(response, reply);
        return;
      }
      case 'status':
        send(response, refusal(action.code, action.retryAfterSeconds), action.retryAfterSeconds);
        return;
      case 'delay': {
        const answer = (): void => this.#answer(request, response, facts);
        const timer = this.#deps.clock.timer(action.ms, answer);
        response.once('close', () => timer[Symbol.dispose]());
        return;
      }
      default:
        // stall: the connection stays open and silent. duplicate and reorder never strike here.
        return;
    }
  }

  #watch(
    plan: WatchPlan,
    response: ServerResponse,
    facts: RequestFacts,
    prepare: (watch: Watch) => void = () => undefined,
  ): void {
    const { store, clock, bookmarkIntervalMs, faults } = this.#deps;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const sink: WatchSink = {
      write: (text) => void response.write(text),
      end: () => void response.end(),
      abort: (how) => {
        // What was written before goes out first; the break comes after it, inside the response.
        const breakOff = how === 'reset' ? () => this.#reset(response) : () => response.destroy();
        response.write('', breakOff);
      },
    };
    const watch = new Watch({ store, clock, bookmarkIntervalMs }, plan, sink);
    const tracked = faults.track(watch, facts);
    this.#watches.add(watch);
    response.once('close', () => {
      watch.close();
      tracked[Symbol.dispose]();
      this.#watches.delete(watch);
    });
    prepare(watch);
    watch.start();
  }

  #reset(response: ServerResponse): void {
    const { socket } = response;
    const raw = this.#sockets.get(`${socket?.remoteAddress}:${socket?.remotePort}`);
    if (raw === undefined) socket?.destroy();
    else raw.resetAndDestroy();
  }

  #failed(response: ServerResponse, error: unknown): void {
    // The client went away while it was sending; there is nobody to answer.
    if (response.destroyed || response.socket?.destroyed === true) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const { body } = errorOfCode(500);
    send(response, { code: 500, body: { ...body, message: `kube-sim failed: ${text}` } });
  }
}

function strikesInside(action: FaultAction): boolean {
  if (['truncate', 'duplicate', 'reorder'].includes(action.kind)) return true;
  return 'afterEvents' in action && action.afterEvents !== undefined;
}

async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= bodyBytesMax) chunks.push(chunk);
  }
  return length <= bodyBytesMax ? Buffer.concat(chunks).toString('utf8') : undefined;
}

function refusal(code: number, retryAfterSeconds?: number): ApiReply {
  return { code, body: { ...errorOfCode(code, retryAfterSeconds).body } };
}

function encoded(reply: ApiReply): { bytes: Buffer; headers: Record<string, string | string[]> } {
  const { body } = reply;
  const bytes =
    body instanceof Uint8Array
      ? Buffer.from(body)
      : Buffer.from(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
  const warnings = (reply.warnings ?? []).map((text) => `299 - ${JSON.stringify(text)}`);
  return {
    bytes,
    headers: {
      'content-type': reply.contentType ?? 'application/json',
      'content-length': String(bytes.length),
      'cache-control': 'no-cache, private',
      ...(warnings.length === 0 ? {} : { warning: warnings }),
    },
  };
}

function send(response: ServerResponse, reply: ApiReply, retryAfterSeconds?: number): void {
  const { bytes, headers } = encoded(reply);
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(reply.code, { ...headers, ...retry });
  response.end(bytes);
}

function sendHalf(response: ServerResponse, reply: ApiReply): void {
  const { bytes, headers } = encoded(reply);
  response.writeHead(reply.code, headers);
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}
