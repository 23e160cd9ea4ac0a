import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { TextLine } from './succession/text-line.ts';

/** What the lock works with. */
export interface ProcessLockDeps {
  readonly clock: { sleep(ms: number, signal?: AbortSignal): Promise<void> };
  readonly log: { info(message: string, fields?: Record<string, unknown>): void };
  /** A process waits for our end at the other end of the line. */
  readonly onWaiting: (line: TextLine) => void;
  /** At the other end of the line is the process that has the lock. Resolves when the lock is ours to take, or the line is over. */
  readonly meet: (line: TextLine) => Promise<void>;
}

/** Between two tries, where the other process goes while we ask it. */
const PAUSE_MS = 20;
/** More than one that waits is rare, and nobody else is to take our memory. */
const WAITING_MAX = 8;
/** What one that waits may say in a line, and what one that ends may: 20,000 addresses. */
const CHARACTERS_MAX = { waiting: 2 ** 16, ending: 2 ** 24 } as const;

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
    deps: ProcessLockDeps,
    signal: AbortSignal,
  ): Promise<ProcessLock> {
    // A name that begins with NUL is no file.
    const path = `\0${name}`;
    let told = false;
    for (;;) {
      signal.throwIfAborted();
      const waiting = new Set<Socket>();
      const server = await tryListen(path, waiting, deps.onWaiting);
      if (server !== undefined) return new ProcessLock(server, waiting);
      if (!told)
        deps.log.info('another speaker runs on this node: waiting for its end', { lock: name });
      told = true;
      if ((await follow(path, deps, signal)) === 'over') await deps.clock.sleep(PAUSE_MS, signal);
    }
  }

  /** Lets one in that was told to come. Others, who are woken by the end of their connections, still wait. */
  free(): void {
    this.#server.close();
  }

  /** Lets the next one in. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    if (closed !== undefined) this.#server.close();
    for (const connection of this.#waiting) connection.destroy();
    await closed;
  }
}

/** The listening socket; `undefined`: another process has it. */
async function tryListen(
  path: string,
  waiting: Set<Socket>,
  onWaiting: ProcessLockDeps['onWaiting'],
): Promise<Server | undefined> {
  const server = createServer((connection) => {
    if (waiting.size >= WAITING_MAX) {
      connection.destroy();
      return;
    }
    waiting.add(connection);
    connection.unref();
    connection.on('close', () => waiting.delete(connection));
    onWaiting(new TextLine(connection, CHARACTERS_MAX.waiting));
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

/** Follows the process that has the lock until it says that the lock is ours, or its line is over. */
async function follow(
  path: string,
  { meet }: ProcessLockDeps,
  signal: AbortSignal,
): Promise<'ours' | 'over'> {
  const line = new TextLine(connect({ path }), CHARACTERS_MAX.ending);
  const onAbort = (): void => line.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await meet(line);
    return line.ended ? 'over' : 'ours';
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
