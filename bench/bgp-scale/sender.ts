import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { cpuSeconds, memory } from '../controller-scale/process-usage.ts';
import { senderAsn } from './receiver.ts';
import type { SenderConfig, SenderPeer } from './sender-config.ts';

/** A process that tells routes; see `SenderConfig`. */
export class Sender implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;

  /** @param command the program; the file with its configuration is added */
  constructor(
    command: readonly [string, ...string[]],
    folder: string,
    peers: readonly SenderPeer[],
  ) {
    const config: SenderConfig = { asn: senderAsn, peers };
    const file = path.join(folder, 'sender.json');
    writeFileSync(file, JSON.stringify(config));
    const [program, ...words] = command;
    this.#process = spawn(program, [...words, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout });
  }

  get #pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error('the sender was not started');
    return pid;
  }

  /** Resolves when all its sessions are established. */
  async established(): Promise<void> {
    await once(this.#lines, 'line', { signal: AbortSignal.timeout(30_000) });
  }

  announce(prefixes: number): void {
    this.#process.stdin.write(`announce ${prefixes}\n`);
  }

  /** CPU seconds so far. */
  cpu(): number {
    return cpuSeconds(this.#pid);
  }

  /** What no file backs, in MB. */
  anonymousMb(): number {
    return memory(this.#pid).anonymousMb;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}
