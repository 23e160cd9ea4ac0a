import { createHash, type Hash } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Credentials } from './credentials.ts';

type Transport = Credentials['transport'];

/**
 * Idle connections are kept below the server's own limit (90 s for kube-apiserver), so that a Lease renewed every few seconds does not pay for
 * a TLS handshake each time. HTTP/1.1 only: each watch has its own connection, and a dead one takes nothing else with it.
 */
const agentOptions = { keepAliveTimeout: 60_000, allowH2: false } as const;
const connectTimeoutMs = 10_000;

/** One dispatcher (a pool of connections) for one way to connect, made anew when certificates or addresses change. */
export class DispatcherCache {
  #current: { readonly fingerprint: string; readonly dispatcher: Dispatcher } | undefined;
  readonly #all = new Set<Dispatcher>();

  /** The dispatcher for this transport: always the same as long as its content is. */
  get(transport: Transport): Dispatcher {
    const fingerprint = fingerprintOf(transport);
    if (this.#current?.fingerprint !== fingerprint) {
      this.retire();
      const dispatcher = dispatcherOf(transport);
      this.#all.add(dispatcher);
      this.#current = { fingerprint, dispatcher };
    }
    return this.#current.dispatcher;
  }

  /** Lets what runs on the current dispatcher end, and gives the next request fresh connections. */
  retire(dispatcher: Dispatcher | undefined = this.#current?.dispatcher): void {
    if (dispatcher === undefined || this.#current?.dispatcher !== dispatcher) return;
    this.#current = undefined;
    const forget = (): void => void this.#all.delete(dispatcher);
    dispatcher.close().then(forget, forget);
  }

  /** Breaks off everything. */
  async destroy(): Promise<void> {
    this.#current = undefined;
    await Promise.allSettled([...this.#all].map((dispatcher) => dispatcher.destroy()));
    this.#all.clear();
  }
}

function dispatcherOf(transport: Transport): Dispatcher {
  switch (transport.type) {
    case 'agent':
      return new Agent({
        ...agentOptions,
        connect: { timeout: connectTimeoutMs, ...shared(transport.connect) },
      });
    case 'proxy':
      return new ProxyAgent({
        ...agentOptions,
        uri: transport.uri,
        requestTls: { timeout: connectTimeoutMs, ...shared(transport.requestTls) },
      });
    case 'none':
      return new Agent({ ...agentOptions, connect: { timeout: connectTimeoutMs } });
    default:
      throw new Error(`no dispatcher for ${transport.type}: credentials check for it`);
  }
}

/** With one set of parsed certificates for all connections; else each makes its own. */
function shared(options: SecureContextOptions): object {
  return { ...options, secureContext: createSecureContext(options) };
}

/** A digest of all that makes connections differ, keys and certificates by their content. */
function fingerprintOf(transport: Transport): string {
  const hash = createHash('sha256');
  feed(hash, transport);
  return hash.digest('base64');
}

function feed(hash: Hash, value: unknown): void {
  if (value instanceof Uint8Array) {
    hash.update(`bytes ${value.length}\n`).update(value);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
    hash.update(`object ${entries.length}\n`);
    for (const [key, item] of entries) {
      feed(hash, key);
      feed(hash, item);
    }
  } else {
    const text = String(value);
    hash.update(`${typeof value} ${text.length}\n${text}`);
  }
}
