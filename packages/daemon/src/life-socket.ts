import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';

/** A random number that the kernel takes at each start of the machine. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const SUFFIX = '.life';
/** Of so many processes that ended the sockets are kept; of older ones nobody can tell any more that they are dead. */
const DEAD_KEPT = 8;
/** What the kernel has room for in the address of a socket. */
const PATH_BYTES_MAX = 107;

type Sight = 'lives' | 'dead' | 'unknown';

/**
 * A sign of life that ends with the process, and tells whether another one's has ended.
 *
 * Each process listens on a unix-domain socket of its own in a folder that survives it: for a Pod, an `emptyDir`. The kernel closes the socket when
 * the last thread of the process is gone, however it ended. Connecting to the file that is left is then refused, and nothing else is taken for a
 * proof of death: a process that is frozen or busy still has its listening socket, a folder without the file proves nothing.
 *
 * The file's name is made of the identity, the folder's own device and inode, and the boot of the kernel. So a process that asks on another
 * machine, after a reboot or in a copy of the folder looks for another name, finds nothing, and does not know.
 *
 * The identity must be new for each process, such as `<host>_<uuid>`.
 */
export class LifeSocket implements AsyncDisposable {
  readonly #folder: string;
  readonly #place: string;
  readonly #file: string;
  readonly #server: Server;

  private constructor(folder: string, place: string, file: string, server: Server) {
    this.#folder = folder;
    this.#place = place;
    this.#file = file;
    this.#server = server;
  }

  /**
   * Begins to listen. It does not keep the process from ending, and need not be disposed of: what a process still held as it ended, in whatever
   * way, can then be taken at once.
   *
   * Rejects where the folder is not there, not writable or its path too long, and where the identity was used before.
   */
  static async open(folder: string, identity: string): Promise<LifeSocket> {
    try {
      const place = placeOf(folder);
      const file = fileOf(folder, place, identity);
      const nameless = `${file}-`;
      if (Buffer.byteLength(nameless) > PATH_BYTES_MAX) throw new Error('its path is too long');
      if (existsSync(file)) throw new Error('this identity was used before');
      await removeOldest(folder);
      const server = createServer((connection) => connection.destroy());
      server.listen(nameless);
      await once(server, 'listening');
      server.unref();
      // Node removes the file that it made when it exits. Under another name it stays, and tells of the end.
      renameSync(nameless, file);
      return new LifeSocket(folder, place, file, server);
    } catch (cause) {
      throw new Error(`cannot make a socket in ${folder}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Whether the process that bears this identity is known to have ended. `false` also where nothing is known. */
  async knownDead({ holderIdentity }: { readonly holderIdentity: string }): Promise<boolean> {
    return (await look(fileOf(this.#folder, this.#place, holderIdentity))) === 'dead';
  }

  /** Stops listening without a trace: nobody will know whether this process is dead. Only for who holds nothing any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.#file, { force: true });
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** What must be the same for two processes to know of each other. */
function placeOf(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true });
  return [readFileSync(BOOT_ID, 'utf8').trim(), dev, ino].join(' ');
}

function fileOf(folder: string, place: string, identity: string): string {
  const name = createHash('sha256').update(`${place} ${identity}`).digest('hex').slice(0, 32);
  return path.join(folder, `${name}${SUFFIX}`);
}

/** Connects, which a process that is frozen does not notice: the kernel accepts for it. */
function look(file: string): Promise<Sight> {
  return new Promise((resolve) => {
    const connection = connect(file);
    connection.once('connect', () => {
      connection.destroy();
      resolve('lives');
    });
    connection.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED' ? 'dead' : 'unknown');
    });
  });
}

/** A process that ends and starts again and again must not fill the folder. */
async function removeOldest(folder: string): Promise<void> {
  const files = readdirSync(folder)
    .filter((name) => name.includes(SUFFIX))
    .map((name) => path.join(folder, name))
    .map((file) => ({ file, madeMs: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((one, other) => other.madeMs - one.madeMs);
  let dead = 0;
  for (const { file } of files) {
    if ((await look(file)) === 'dead' && ++dead > DEAD_KEPT) rmSync(file, { force: true });
  }
}
