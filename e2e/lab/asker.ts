import type { LabProcess, Processes } from './processes.ts';
import { ensureAsker } from './tools.ts';

/** Something heard about an address. Times are milliseconds of `nowMs()`: the machine's monotonic clock. */
export interface Heard {
  readonly kind: 'answer' | 'announcement';
  readonly atMs: number;
  readonly mac: string;
  /** For an answer: time since the last question, in milliseconds. */
  readonly afterAskMs: number;
}

/** A change of the answerer: `gapMs` between the last answer of the one and the first of the other. */
export interface Handover {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly gapMs: number;
}

/** The monotonic clock that the asker's times are of. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** What was asked and heard, and what follows from it. */
export class Recording {
  readonly questions: number[] = [];
  readonly heard: Heard[] = [];

  /** Takes a line of the asker's output. */
  add(line: string): void {
    const [kind, micros, mac] = line.split(' ');
    const atMs = Number(micros) / 1_000;
    if (kind === 'S') this.questions.push(atMs);
    if ((kind !== 'R' && kind !== 'A') || mac === undefined) return;
    const afterAskMs = atMs - (this.questions.at(-1) ?? atMs);
    this.heard.push({ kind: kind === 'R' ? 'answer' : 'announcement', atMs, mac, afterAskMs });
  }

  get answers(): readonly Heard[] {
    return this.heard.filter(({ kind }) => kind === 'answer');
  }

  get announcements(): readonly Heard[] {
    return this.heard.filter(({ kind }) => kind === 'announcement');
  }

  /** MAC addresses that answered, in the order of their first answer. */
  get answerers(): readonly string[] {
    return [...new Set(this.answers.map(({ mac }) => mac))];
  }

  /** Every moment at which the answerer changed. One that goes back and forth shows as many. */
  get handovers(): readonly Handover[] {
    const answers = this.answers;
    return answers.flatMap((answer, i) => {
      const before = answers[i - 1];
      if (before === undefined || before.mac === answer.mac) return [];
      return [
        { atMs: answer.atMs, from: before.mac, to: answer.mac, gapMs: answer.atMs - before.atMs },
      ];
    });
  }

  /**
   * The questions that more than one machine answered, and the answerers that came back after another had answered: empty
   * means that at no moment two answered.
   */
  get twoAnswered(): readonly { readonly atMs: number; readonly macs: readonly string[] }[] {
    const handovers = this.handovers;
    const back = handovers.filter(({ to }, i) =>
      handovers.slice(0, i).some(({ from }) => from === to),
    );
    return [
      ...this.#answeredTwice(),
      ...back.map(({ atMs, from, to }) => ({ atMs, macs: [from, to] })),
    ];
  }

  /** The longest time between two answers (or the first question and the first answer, the last answer and the last question). */
  get longestSilenceMs(): number {
    const times = [
      this.questions[0],
      ...this.answers.map(({ atMs }) => atMs),
      this.questions.at(-1),
    ];
    const known = times.filter((time) => time !== undefined);
    return Math.max(0, ...known.slice(1).map((time, i) => time - (known[i] ?? time)));
  }

  /** The first answer that `mac`, or any machine, gave after `sinceMs`. */
  firstAnswer(sinceMs: number = 0, mac?: string): Heard | undefined {
    return this.answers.find(
      (answer) => answer.atMs >= sinceMs && (mac === undefined || answer.mac === mac),
    );
  }

  #answeredTwice(): { atMs: number; macs: readonly string[] }[] {
    const answers = this.answers;
    let next = 0;
    return this.questions.flatMap((atMs, i) => {
      const endMs = this.questions[i + 1] ?? Infinity;
      const macs = new Set<string>();
      for (; next < answers.length && (answers[next]?.atMs ?? 0) < endMs; next += 1)
        macs.add(answers[next]?.mac ?? '');
      return macs.size > 1 ? [{ atMs, macs: [...macs] }] : [];
    });
  }
}

/** A recording that goes on until it is stopped, or its limit is reached. */
export class Recorder extends Recording {
  readonly #process: LabProcess;

  constructor(start: (onLine: (line: string) => void) => LabProcess) {
    super();
    this.#process = start((line) => this.add(line));
  }

  /** Resolves when the asker ended by itself, at its limit. */
  async finished(): Promise<this> {
    const { code } = await this.#process.exited;
    if (code !== 0 && code !== null)
      throw new Error(`the asker failed: ${this.#process.output(500)}`);
    return this;
  }

  /** Ends the asking, and gives what was heard. */
  async stop(): Promise<this> {
    await this.#process.stop();
    return this;
  }
}

/** How an address is asked for. */
export interface AskOptions {
  readonly intervalMs: number;
  /** The asker ends by itself after this time. */
  readonly limitMs: number;
  /** Ends at the first answer. */
  readonly first?: boolean;
}

let asked = 0;

/** Asks for an address by ARP or NDP from a namespace's `eth0`. */
export async function startAsking(
  processes: Processes,
  netns: string,
  address: string,
  options: AskOptions,
): Promise<Recorder> {
  const asker = await ensureAsker();
  const interval = String(Math.round(options.intervalMs * 1_000));
  const words = [
    'ask',
    'eth0',
    address,
    interval,
    String(options.limitMs),
    ...(options.first === true ? ['first'] : []),
  ];
  asked += 1;
  const name = `asker-${asked}-${address.replaceAll(':', '_')}`;
  return new Recorder((onLine) =>
    processes.start({ name, netns, command: [asker, ...words], onLine }),
  );
}
