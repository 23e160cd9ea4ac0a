import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the kernel says a process takes, in MB of 2^20 bytes. */
export interface Memory {
  readonly residentMb: number;
  /** The part of it that no file backs: what a memory limit cannot reclaim. */
  readonly anonymousMb: number;
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_EVERY_MS = 100;

/** CPU seconds of a process so far: all its threads, user and system. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** What a process takes now. */
export function memory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { residentMb: field('VmRSS'), anonymousMb: field('RssAnon') };
}

/** Follows the memory of a process until it is disposed of; the process may end before. */
export class MemoryPeak implements Disposable {
  residentMb = 0;
  anonymousMb = 0;
  readonly #end = new AbortController();

  constructor(pid: number) {
    void this.#follow(pid).catch(() => undefined);
  }

  async #follow(pid: number): Promise<void> {
    for (;;) {
      const now = memory(pid);
      this.residentMb = Math.max(this.residentMb, now.residentMb);
      this.anonymousMb = Math.max(this.anonymousMb, now.anonymousMb);
      await sleep(SAMPLE_EVERY_MS, undefined, { signal: this.#end.signal });
    }
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }
}
