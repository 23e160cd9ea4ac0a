import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What to run, and where. */
export interface ProcessOptions {
  /** Names the log file: `<name>.log`. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Network namespace by its `ip netns` name; absent: the one this process is in. */
  readonly netns?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line of standard output; the log then has only standard error. */
  readonly onLine?: (line: string) => void;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const STOP_LIMIT_MS = 10_000;

/** One child process of the lab. Its output goes to a log file; it is ended by its number and never by its name. */
export class LabProcess {
  readonly name: string;
  readonly logFile: string;
  /** Resolves when the process is over; never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #running = true;

  constructor(options: ProcessOptions, logFile: string) {
    this.name = options.name;
    this.logFile = logFile;
    const [program, ...args] = commandIn(options.netns, options.command);
    // The file itself is handed over: the log goes on while this process is busy.
    const log = openSync(logFile, 'a');
    this.#child = spawn(program, args, {
      stdio: ['ignore', options.onLine === undefined ? log : 'pipe', log],
      env: { ...process.env, ...options.env },
    });
    closeSync(log);
    if (options.onLine !== undefined) readLines(this.#child, options.onLine);
    this.exited = new Promise((resolve) => {
      const over = (exit: Exit, note: string): void => {
        if (!this.#running) return;
        this.#running = false;
        appendFileSync(logFile, `[lab] ${this.name} ${note}\n`);
        resolve(exit);
      };
      this.#child.once('error', (error) =>
        over({ code: null, signal: null }, `could not be started: ${error.message}`),
      );
      this.#child.once('close', (code, signal) =>
        over({ code, signal }, `ended: ${signal ?? `exit code ${code}`}`),
      );
    });
  }

  get running(): boolean {
    return this.#running;
  }

  get pid(): number {
    const pid = this.#child.pid;
    if (pid === undefined) throw new Error(`${this.name} was not started`);
    return pid;
  }

  /** What the process wrote, at most the last `bytes`. */
  output(bytes: number = 4_000): string {
    return readFileSync(this.logFile, 'utf8').slice(-bytes);
  }

  signal(name: NodeJS.Signals): void {
    if (this.#running) this.#child.kill(name);
  }

  /** SIGKILL: the process gets no chance to say goodbye. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return await this.exited;
  }

  /** SIGTERM, and SIGKILL where that does not end it within `limitMs`. */
  async stop(limitMs: number = STOP_LIMIT_MS): Promise<Exit> {
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    const last = setTimeout(() => this.signal('SIGKILL'), limitMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(last);
    }
  }

  /** SIGSTOP: the process stands still and its sockets stay open. */
  freeze(): void {
    this.signal('SIGSTOP');
  }

  /** SIGCONT after {@link freeze}. */
  thaw(): void {
    this.signal('SIGCONT');
  }
}

/** All processes of one lab. `stop()` ends them in the reverse of the order in which they were started. */
export class Processes {
  readonly logFolder: string;
  readonly #started: LabProcess[] = [];
  #isOver = false;

  constructor(logFolder: string) {
    this.logFolder = logFolder;
    mkdirSync(logFolder, { recursive: true });
  }

  /** Throws after {@link stop}: nothing may come up behind it. */
  start(options: ProcessOptions): LabProcess {
    if (this.#isOver) throw new Error(`${options.name} is not started: the lab is over`);
    const started = new LabProcess(options, path.join(this.logFolder, `${options.name}.log`));
    this.#started.push(started);
    return started;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const each of this.#started.toReversed()) if (each.running) await each.stop();
    this.#started.length = 0;
  }
}

/** The command as it is run in a network namespace. `ip netns exec` becomes the program: its number is the program's. */
export function commandIn(
  netns: string | undefined,
  command: readonly [string, ...string[]],
): [string, ...string[]] {
  return netns === undefined ? [...command] : ['ip', 'netns', 'exec', netns, ...command];
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
