import type { IncomingMessage } from 'node:http';
import type { Clock } from './clock.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { Deadline } from './deadline.ts';
import type { KubeClient, KubeRequest, KubeStreamRequest, Query } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import type { PoolCache } from './pool-cache.ts';
import { errorOfStatus } from './status.ts';

/** What an HTTP client runs on. */
export interface HttpKubeClientDeps {
  readonly clock: Pick<Clock, 'timer'>;
  readonly credentials: CredentialSource;
  readonly pools: PoolCache;
}

interface Sent {
  readonly answer: IncomingMessage;
  readonly credentials: Credentials;
}

/** One call from its start to its end, for whoever has to say why it failed. */
interface Call {
  readonly request: Omit<KubeRequest, 'timeoutMs' | 'signal'>;
  readonly label: string;
  readonly deadline: Deadline;
  /** The pool that the call ran on last. */
  pool: ConnectionPool | undefined;
}

/** A client over HTTPS: credentials for each request, one pool of connections, a limit on every wait. */
export class HttpKubeClient implements KubeClient {
  readonly #deps: HttpKubeClientDeps;
  readonly #userAgent: string;
  readonly #timeoutMs: number;
  readonly #closed = new AbortController();

  constructor(
    deps: HttpKubeClientDeps,
    options: { readonly userAgent: string; readonly requestTimeoutMs: number },
  ) {
    this.#deps = deps;
    this.#userAgent = options.userAgent;
    this.#timeoutMs = options.requestTimeoutMs;
  }

  async request<T>(request: KubeRequest): Promise<T> {
    const call = this.#begin(request, request.signal, request.timeoutMs);
    try {
      const answer = await this.#open(call);
      return decodeBody(await textOf(answer), call.label) as T;
    } catch (error) {
      throw this.#errorOf(call, error);
    } finally {
      call.deadline[Symbol.dispose]();
    }
  }

  async stream(request: KubeStreamRequest): Promise<AsyncIterable<Uint8Array>> {
    const { path, query = {}, signal, timeoutMs } = request;
    const call = this.#begin({ method: 'GET', path, query }, signal, timeoutMs);
    try {
      const answer = await this.#open(call);
      call.deadline.met();
      return this.#read(call, answer);
    } catch (error) {
      call.deadline[Symbol.dispose]();
      throw this.#errorOf(call, error);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#deps.pools.destroy();
  }

  #begin(
    request: Call['request'],
    signal: AbortSignal | undefined,
    timeoutMs = this.#timeoutMs,
  ): Call {
    const outer = signal === undefined ? [this.#closed.signal] : [this.#closed.signal, signal];
    return {
      request,
      label: `${request.method} ${request.path}`,
      deadline: new Deadline(this.#deps.clock, timeoutMs, outer),
      pool: undefined,
    };
  }

  async *#read(call: Call, answer: IncomingMessage): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of answer) yield chunk as Uint8Array;
    } catch (error) {
      throw this.#errorOf(call, error);
    } finally {
      call.deadline[Symbol.dispose]();
    }
  }

  /** The answer where it is 2xx; any other throws. After a 401 the credentials are read anew, once. */
  async #open(call: Call): Promise<IncomingMessage> {
    const { answer, credentials } = await this.#send(call);
    if (isSuccess(answer)) return answer;
    const refusal = await refusalOf(answer, call.label);
    if (refusal.code !== 'unauthorized') throw refusal;
    this.#deps.credentials.reload();
    const fresh = await call.deadline.over(this.#deps.credentials.get());
    if (sameIdentity(credentials, fresh)) throw refusal;
    const { answer: second } = await this.#send(call);
    if (isSuccess(second)) return second;
    throw await refusalOf(second, call.label);
  }

  async #send(call: Call): Promise<Sent> {
    const { method, path, query, body, contentType, onlyIf } = call.request;
    const credentials = await call.deadline.over(this.#deps.credentials.get());
    const pool = this.#deps.pools.get(credentials);
    call.pool = pool;
    const answer = await pool.send({
      method,
      path: `${credentials.basePath}${path}${queryString(query)}`,
      headers: {
        ...credentials.headers,
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...(body === undefined ? {} : { 'content-type': contentType ?? contentTypeOf(method) }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: call.deadline.signal,
      objection: () =>
        onlyIf === undefined || onlyIf()
          ? undefined
          : new KubeError('aborted', 'not sent: it may not be any more', { request: call.label }),
    });
    return { answer, credentials };
  }

  #errorOf(call: Call, error: unknown): KubeError {
    const { label: request, deadline } = call;
    if (deadline.passed) {
      // A connection may be dead without knowing, and others of the pool with it.
      this.#deps.pools.retire(call.pool);
      if (call.pool === undefined) this.#deps.credentials.reload();
      return new KubeError('timeout', 'the server did not answer in time', { request });
    }
    if (deadline.signal.aborted)
      return new KubeError('aborted', 'the request was aborted', { request });
    if (error instanceof KubeError) return error;
    if (isTlsFailure(error)) {
      // Certificates may have been renewed on disk.
      this.#deps.pools.retire(call.pool);
      this.#deps.credentials.reload();
    }
    const message = error instanceof Error ? error.message : String(error);
    return new KubeError('network', message || 'the connection failed', { request, cause: error });
  }
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

async function refusalOf(answer: IncomingMessage, request: string): Promise<KubeError> {
  const { statusCode: status = 0, headers } = answer;
  const text = await textOf(answer);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Proxies answer in HTML; the status says enough.
  }
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return errorOfStatus(body, request, {
    status,
    retryAfterMs: Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined,
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
}

function decodeBody(text: string, request: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubeError('server', 'the answer is not JSON', { request, cause });
  }
}

function sameIdentity(one: Credentials, other: Credentials): boolean {
  return (
    JSON.stringify([one.headers, one.origin, one.transport]) ===
    JSON.stringify([other.headers, other.origin, other.transport])
  );
}

function contentTypeOf(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function isTlsFailure(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(code);
}
