import { createHash, type Hash } from 'node:crypto';
import { ConnectionPool, type PoolOptions } from './connection-pool.ts';
import type { Credentials } from './credentials.ts';

/** One pool of connections for one way to connect, made anew when certificates or addresses change. */
export class PoolCache {
  #current: { readonly fingerprint: string; readonly pool: ConnectionPool } | undefined;

  /** The pool for these credentials: always the same as long as the way to the server is. */
  get(credentials: Pick<Credentials, 'origin' | 'transport'>): ConnectionPool {
    const options = optionsOf(credentials);
    const fingerprint = fingerprintOf(options);
    if (this.#current?.fingerprint !== fingerprint) {
      this.retire();
      this.#current = { fingerprint, pool: new ConnectionPool(options) };
    }
    return this.#current.pool;
  }

  /** Lets what runs on the current pool end, and gives the next request fresh connections. */
  retire(pool: ConnectionPool | undefined = this.#current?.pool): void {
    if (pool === undefined || this.#current?.pool !== pool) return;
    this.#current = undefined;
    pool.retire();
  }

  /** Breaks off everything that runs on the current pool. */
  destroy(): void {
    this.#current?.pool.destroy();
    this.#current = undefined;
  }
}

function optionsOf({ origin, transport }: Pick<Credentials, 'origin' | 'transport'>): PoolOptions {
  switch (transport.type) {
    case 'agent':
      return { origin, tls: transport.connect, proxy: undefined };
    case 'proxy':
      return { origin, tls: transport.requestTls, proxy: transport.uri };
    case 'none':
      return { origin, tls: {}, proxy: undefined };
    default:
      throw new Error(`no way to connect by ${transport.type}: credentials check for it`);
  }
}

/** A digest of all that makes connections differ, keys and certificates by their content. */
function fingerprintOf(way: PoolOptions): string {
  const hash = createHash('sha256');
  feed(hash, way);
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
