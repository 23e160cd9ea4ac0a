import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What the lock works with. */
export interface ProcessLockDeps {
  readonly clock: { sleep(ms: number, signal?: AbortSignal): Promise<void> };
  readonly log: { info(message: string, fields?: Record<string, unknown>): void };
}

/** Between two tries, where the other process goes while we ask it. */
const PAUSE_MS = 20;

/**
 * Lets one process of a name run in a network namespace: a node's own, for a speaker. The kernel keeps the lock as an abstract unix socket, so it ends
 * with the process however that ends. A second process waits, connected to the first: it is woken when that one is gone, or lets go.
 *
 * Two speakers on a node under one name would take each other's frames for their own; a roll-out that starts the new Pod first does that.
 */
export class ProcessLock implements AsyncDisposable {
  readonly #server: Server;
  readonly #waiting: ReadonlySet<Socket>;

  private constructor(server: Server, waiting: ReadonlySet<Socket>) {
    this.#server = server;
    this.#waiting = waiting;
  }

  /** Waits for the lock; rejects with the signal's reason. It does not keep the process alive. */
  static async take(
    name: string,
    { clock, log }: ProcessLockDeps,
    signal: AbortSignal,
  ): Promise<ProcessLock> {
    // A name that begins with NUL is no file.
    const path = `\0${name}`;
    let told = false;
    for (;;) {
      signal.throwIfAborted();
      const waiting = new Set<Socket>();
      const server = await tryListen(path, waiting);
      if (server !== undefined) return new ProcessLock(server, waiting);
      if (!told) log.info('another speaker runs on this node: waiting for its end', { lock: name });
      told = true;
      await endOfHolder(path, signal);
      await clock.sleep(PAUSE_MS, signal);
    }
  }

  /** Lets the next one in. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#waiting) connection.destroy();
    await closed;
  }
}

/** The listening socket; `undefined`: another process has it. */
async function tryListen(path: string, waiting: Set<Socket>): Promise<Server | undefined> {
  const server = createServer((connection) => {
    waiting.add(connection);
    connection.unref();
    connection.on('error', () => connection.destroy());
    connection.on('close', () => waiting.delete(connection));
  });
  try {
    server.listen({ path });
    await once(server, 'listening');
    server.unref();
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** Resolves when the process that has the lock closes our connection, or there is none to connect to. */
async function endOfHolder(path: string, signal: AbortSignal): Promise<void> {
  const connection = connect({ path });
  const onAbort = (): void => void connection.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    connection.resume();
    connection.on('error', () => connection.destroy());
    await once(connection, 'close');
  } catch {
    // Refused or reset: the holder is gone, or about to go.
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
