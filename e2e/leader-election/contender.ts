import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { LabProcess, Processes } from '../lab/processes.ts';
import { waitFor } from '../lab/wait-for.ts';

/** Short, so that each hand-over takes seconds; the Lease counts whole ones. */
export const timings = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 500 };

/** What all contenders share. */
export interface Contest {
  readonly processes: Processes;
  readonly kubeconfig: string;
  readonly leaseName: string;
  /** The multi-call program that has client-go's elector. */
  readonly binary: string;
}

/** A time in which a contender led, in wall-clock milliseconds: all run on one machine, hence by one clock. */
export interface Reign {
  readonly identity: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

const child = fileURLToPath(new URL('elector-child.ts', import.meta.url));

/** One process with an elector, ours or client-go's, and what it said. */
export class Contender {
  readonly identity: string;
  readonly isGo: boolean;
  readonly process: LabProcess;
  #output = '';
  readonly #reigns: { fromMs: number; untilMs: number; lastActMs: number; frozen: boolean }[] = [];

  constructor(contest: Contest, identity: string) {
    this.identity = identity;
    this.isGo = identity.startsWith('go');
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = timings;
    const common = [
      `--kubeconfig=${contest.kubeconfig}`,
      `--name=${contest.leaseName}`,
      `--identity=${identity}`,
    ];
    const go = [
      `--lease-duration=${leaseDurationMs}ms`,
      `--renew-deadline=${renewDeadlineMs}ms`,
      `--retry-period=${retryPeriodMs}ms`,
    ];
    const ours = [
      `--lease-duration-ms=${leaseDurationMs}`,
      `--renew-deadline-ms=${renewDeadlineMs}`,
      `--retry-period-ms=${retryPeriodMs}`,
    ];
    this.process = contest.processes.start({
      name: identity,
      command: this.isGo
        ? [contest.binary, 'elector', ...common, ...go]
        : [process.execPath, '--conditions=@picluster/source', child, ...common, ...ours],
      onLine: (line) => this.#read(line),
    });
  }

  get reigns(): Reign[] {
    return this.#reigns.map(({ fromMs, untilMs, lastActMs, frozen }) => ({
      identity: this.identity,
      fromMs,
      // A frozen process says too late that its term ended; what counts is when it last acted.
      untilMs: frozen ? lastActMs : untilMs,
    }));
  }

  /** Resolves with when its n-th reign began. */
  async leads(nth: number = 1): Promise<number> {
    const reign = await waitFor(`${this.identity} to lead`, () => this.#reigns[nth - 1], 15_000);
    return reign.fromMs;
  }

  /** Resolves once it has seen that another leads. */
  async observes(holder: string): Promise<void> {
    const seen = (): boolean => this.#output.includes(` observed ${holder}\n`);
    await waitFor(`${this.identity} to see ${holder}`, seen, 15_000);
  }

  /** SIGSTOP; gives the moment. */
  freeze(): number {
    const reign = this.#reigns.at(-1);
    if (reign !== undefined) reign.frozen = true;
    this.process.freeze();
    return Date.now();
  }

  thaw(): void {
    this.process.thaw();
  }

  /** SIGKILL; gives the moment. */
  async kill(): Promise<number> {
    const endMs = Date.now();
    await this.process.kill();
    this.#endReign(endMs);
    return endMs;
  }

  /** SIGTERM; gives the moment. */
  async stop(): Promise<number> {
    const endMs = Date.now();
    // client-go gives the lease up before it says so, hence its right ends here. Ours says first that it stopped.
    if (this.isGo) this.#endReign(endMs);
    await this.process.stop();
    return endMs;
  }

  #endReign(endMs: number): void {
    const reign = this.#reigns.at(-1);
    if (reign !== undefined) reign.untilMs = Math.min(reign.untilMs, endMs);
  }

  #read(line: string): void {
    this.#output += `${line}\n`;
    const [time = '', what] = line.split(' ');
    const ms = Date.parse(time);
    const reign = this.#reigns.at(-1);
    if (what === 'leading') {
      this.#reigns.push({ fromMs: ms, untilMs: Infinity, lastActMs: ms, frozen: false });
    } else if (what === 'acting' && reign !== undefined) {
      reign.lastActMs = ms;
    } else if (what === 'stopped') {
      this.#endReign(ms);
    }
  }
}
