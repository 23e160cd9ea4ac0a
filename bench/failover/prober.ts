import type { Lab } from '../../e2e/lab/lab.ts';
import type { LabProcess } from '../../e2e/lab/processes.ts';
import { waitFor } from '../../e2e/lab/wait-for.ts';
import { compiled } from './programs.ts';
import type { Heard, Recording } from './recording.ts';

class Recorded implements Recording {
  readonly address: string;
  readonly questions: number[] = [];
  readonly answers: Heard[] = [];
  readonly announcements: Heard[] = [];

  constructor(address: string) {
    this.address = address;
  }
}

/** How it is asked. */
export interface AskOptions {
  /** Each address is asked for once in this time. */
  readonly intervalMs: number;
  /** The prober ends by itself after this time. */
  readonly limitMs: number;
  /** File for a capture of all frames that reach the client. */
  readonly capture?: string;
  /** Put before the command: whatever runs so is what the waiting for a CPU is measured of. */
  readonly under?: readonly string[];
}

let started = 0;

/** Asks for several addresses from the client's place on the LAN until it is stopped. */
export class Prober {
  readonly recordings: readonly Recording[];
  /** The longest that the machine let an ordinary process wait for a CPU meanwhile, in milliseconds. */
  readonly machine: { stallMs: number };
  readonly #process: LabProcess;

  private constructor(
    recordings: readonly Recording[],
    machine: { stallMs: number },
    process: LabProcess,
  ) {
    this.recordings = recordings;
    this.machine = machine;
    this.#process = process;
  }

  /** Resolves when it is asking. */
  static async start(
    lab: Lab,
    addresses: readonly string[],
    { intervalMs, limitMs, capture = '-', under = [] }: AskOptions,
  ): Promise<Prober> {
    const recordings = addresses.map((address) => new Recorded(address));
    const words = ['eth0', String(intervalMs * 1_000), String(limitMs), capture, ...addresses];
    const machine = { stallMs: 0 };
    const [first = '', ...more] = [...under, await compiled('prober'), ...words];
    let ready = false;
    started += 1;
    const process = lab.startProcess({
      name: `prober-${started}`,
      netns: 'client',
      command: [first, ...more],
      onLine: (line) => {
        if (line === 'ready') ready = true;
        else if (line.startsWith('L ')) machine.stallMs = Math.max(machine.stallMs, lateMs(line));
        else take(recordings, line);
      },
    });
    await waitFor('the prober to ask', () => ready || !process.running);
    if (!process.running) throw new Error(`the prober ended: ${process.output(500)}`);
    return new Prober(recordings, machine, process);
  }

  /** Ends the asking, and gives what was heard. */
  async stop(): Promise<readonly Recording[]> {
    const { code, signal } = await this.#process.stop();
    if (code !== 0) throw new Error(`the prober ended with ${code ?? signal}`);
    return this.recordings;
  }
}

function lateMs(line: string): number {
  return Number(line.split(' ')[2]) / 1_000;
}

function take(recordings: readonly Recorded[], line: string): void {
  const [kind, micros, index, mac = ''] = line.split(' ');
  const recorded = recordings[Number(index)];
  if (recorded === undefined) throw new Error(`the prober said "${line}"`);
  const atMs = Number(micros) / 1_000;
  if (kind === 'S') recorded.questions.push(atMs);
  if (kind === 'R') recorded.answers.push({ atMs, mac });
  if (kind === 'A') recorded.announcements.push({ atMs, mac });
}
