import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { RouterProcess } from '../bgp/router.ts';
import { waitFor } from '../lab/wait-for.ts';

const execute = promisify(execFile);

/** FRR's daemons (Debian: frr) in a network namespace. */
export class FrrProcess implements AsyncDisposable {
  readonly #namespace: string;
  readonly #process: RouterProcess;

  private constructor(namespace: string) {
    this.#namespace = namespace;
    this.#process = new RouterProcess(namespace);
  }

  /** Starts zebra and bgpd with this configuration, and bfdd where that is wanted; resolves when all of them listen to commands. */
  static async start(
    namespace: string,
    configuration: string,
    { bfd = false }: { readonly bfd?: boolean } = {},
  ): Promise<FrrProcess> {
    const made = new FrrProcess(namespace);
    const { folder } = made.#process;
    const file = path.join(folder, 'frr.conf');
    writeFileSync(file, configuration);
    const empty = path.join(folder, 'empty.conf');
    writeFileSync(empty, '');
    // Its daemons run as the user that the package made.
    chmodSync(folder, 0o777);
    const zebra = ['-z', path.join(folder, 'zserv')];
    await made.#start('zebra', empty, zebra);
    const control = ['--bfdctl', path.join(folder, 'bfdd.sock')];
    if (bfd) await made.#start('bfdd', empty, [...zebra, ...control]);
    await made.#start('bgpd', file, zebra);
    return made;
  }

  async #start(name: string, file: string, more: readonly string[]): Promise<void> {
    const { folder } = this.#process;
    const common = ['--vty_port', '0', '--log', 'stdout', '--vty_socket', folder];
    const pid = ['-i', path.join(folder, `${name}.pid`)];
    this.#process.start([`/usr/lib/frr/${name}`, '-f', file, ...common, ...pid, ...more]);
    await waitFor(name, async () => await this.show(name, 'show version'));
  }

  /** What a daemon says to commands that are given one after the other. */
  async show(daemon: string, ...commands: readonly string[]): Promise<string> {
    const each = commands.flatMap((command) => ['-c', command]);
    const words = ['--vty_socket', this.#process.folder, '-d', daemon, ...each];
    const { stdout } = await execute('ip', ['netns', 'exec', this.#namespace, 'vtysh', ...words]);
    return stdout;
  }

  /** Stops all of them for a moment, as if the machine hung: what has come by then is with its kernel. */
  freeze(): void {
    this.#process.signal('SIGSTOP');
  }

  /** Lets them go on. */
  thaw(): void {
    this.#process.signal('SIGCONT');
  }

  /** Ends all of them; by SIGKILL they have no time to tell anybody. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#process.end(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
