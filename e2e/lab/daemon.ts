import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Exit, LabProcess, Processes } from './processes.ts';
import { tryRun } from './run.ts';
import { waitFor } from './wait-for.ts';

/** How one of our daemons is started. */
export interface DaemonOptions {
  /** Further flags. */
  readonly args?: readonly string[];
  /** Another bundle than the one in `packages/`. */
  readonly program?: string;
  /** Another way to the API server than the daemon's own: path of a kubeconfig. */
  readonly kubeconfig?: string;
  /** A command that becomes the daemon, such as `nice -n 5`. */
  readonly under?: readonly string[];
}

interface DaemonPlace {
  readonly daemon: 'controller' | 'speaker';
  /** Names the process and its log. */
  readonly name: string;
  readonly netns: string;
  readonly healthPort: number;
  readonly metricsPort: number;
  /** Of a speaker. */
  readonly startupPort?: number;
  readonly args: readonly string[];
  readonly program?: string;
  readonly under?: readonly string[];
}

const READY_LIMIT_MS = 20_000;

/** One of our daemons as a process of the lab, as it is shipped: one bundled file. */
export class Daemon {
  readonly #processes: Processes;
  readonly #place: DaemonPlace;
  #process: LabProcess;

  constructor(processes: Processes, place: DaemonPlace) {
    this.#processes = processes;
    this.#place = place;
    this.#process = this.#start();
  }

  get pid(): number {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.running;
  }

  get healthPort(): number {
    return this.#place.healthPort;
  }

  get metricsPort(): number {
    return this.#place.metricsPort;
  }

  /** Where it logs to. */
  get logFile(): string {
    return this.#process.logFile;
  }

  /** Resolves when the process is over. */
  get exited(): Promise<Exit> {
    return this.#process.exited;
  }

  /** What it logged, at most the last `bytes`. */
  log(bytes?: number): string {
    return this.#process.output(bytes);
  }

  /** Resolves when `/readyz` says yes. Rejects with the log's end where it does not, or the daemon ends. */
  async ready(limitMs: number = READY_LIMIT_MS): Promise<this> {
    const { name, healthPort } = this.#place;
    try {
      const probe = async (): Promise<boolean> =>
        !this.running || (await this.#get(healthPort, '/readyz')).startsWith('ok');
      await waitFor(`${name} to be ready`, probe, limitMs);
      if (!this.running) throw new Error(`${name} ended`);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.log()}`, { cause: error });
    }
    return this;
  }

  /** Resolves when it could go on in the place of the one that runs on its node. */
  async prepared(limitMs: number = READY_LIMIT_MS): Promise<this> {
    const { name, startupPort } = this.#place;
    const probe = async (): Promise<boolean> =>
      !this.running || (await this.#get(startupPort ?? 0, '/')).startsWith('ok');
    await waitFor(`${name} to be prepared`, probe, limitMs);
    if (!this.running) throw new Error(`${name} ended\n${this.log()}`);
    return this;
  }

  /** Its metrics page. */
  async metrics(): Promise<string> {
    return await this.#get(this.#place.metricsPort, '/metrics');
  }

  /** SIGKILL. */
  async kill(): Promise<Exit> {
    return await this.#process.kill();
  }

  /** SIGTERM. */
  async stop(): Promise<Exit> {
    return await this.#process.stop();
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#process.freeze();
  }

  /** SIGCONT. */
  thaw(): void {
    this.#process.thaw();
  }

  /** Starts it again after it ended; the log goes on in the same file. */
  restart(): void {
    if (this.running) throw new Error(`${this.#place.name} runs: stop it first`);
    this.#process = this.#start();
  }

  async #get(port: number, path: string): Promise<string> {
    const { stdout } = await tryRun(
      ['curl', '-s', '--max-time', '2', `http://127.0.0.1:${port}${path}`],
      {
        netns: this.#place.netns,
      },
    );
    return stdout;
  }

  #start(): LabProcess {
    const { daemon, name, netns, args, healthPort, metricsPort, startupPort } = this.#place;
    const bundle = new URL(`../../packages/${daemon}/dist/main.mjs`, import.meta.url);
    const program = this.#place.program ?? fileURLToPath(bundle);
    if (!existsSync(program)) throw new Error(`${daemon} is not built: npm run build`);
    const ports = [`--health-port=${healthPort}`, `--metrics-port=${metricsPort}`];
    if (startupPort !== undefined) ports.push(`--startup-port=${startupPort}`);
    const [first = process.execPath, ...more] = [
      ...(this.#place.under ?? []),
      process.execPath,
      program,
      ...ports,
      ...args,
    ];
    return this.#processes.start({ name, netns, command: [first, ...more] });
  }
}
