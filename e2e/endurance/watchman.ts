import { setTimeout as sleep } from 'node:timers/promises';
import type { Course, Rest } from './bounds.ts';
import type { Grounds, Subject } from './grounds.ts';
import type { Expectation } from './reach.ts';
import { LineCount, readinessOf, vitalsOf, type Vitals } from './vitals.ts';

/** How often `/readyz` was asked, by what it had to say, and how often that was not what it said. */
export interface ReadinessTally {
  readonly asked: Record<Expectation, number>;
  /** Wrong for a moment: a process that the machine let stand still listens for half a second before it is ready, and a new leader reads everything first. */
  moments: number;
  /** Wrong {@link LIE_TIMES} times in a row. */
  readonly lies: string[];
}

/** As often as a kubelet asks before it believes a no. */
const LIE_TIMES = 3;

const READINESS_EVERY_MS = 1_000;
const LIES_MAX = 20;

interface Watched {
  readonly subject: Subject;
  readonly lines: LineCount;
  readonly samples: Vitals[];
  readonly rests: Rest[];
  /** How often in a row `/readyz` said what it must not. */
  wrong: number;
}

/** Watches all daemons while things happen to them. */
export class Watchman {
  readonly readiness: ReadinessTally = {
    asked: { ready: 0, 'not ready': 0, either: 0 },
    moments: 0,
    lies: [],
  };
  readonly #watched: readonly Watched[];

  constructor({ subjects }: Grounds) {
    this.#watched = subjects.map((subject) => ({
      subject,
      lines: new LineCount(subject.daemon.logFile),
      samples: [],
      rests: [],
      wrong: 0,
    }));
  }

  /** Takes samples of each daemon, and asks whether it is ready, until the signal aborts. */
  async watch(sampleEveryMs: number, signal: AbortSignal): Promise<void> {
    const every = async (ms: number, look: (watched: Watched) => Promise<void>): Promise<void> => {
      while (!signal.aborted) {
        await Promise.all(this.#watched.map(look));
        await sleep(ms, undefined, { signal }).catch(() => undefined);
      }
    };
    await Promise.all([
      every(READINESS_EVERY_MS, (watched) => this.#askWhetherReady(watched)),
      every(sampleEveryMs, async ({ subject, lines, samples }) => {
        const vitals = await vitalsOf(subject, lines);
        if (vitals !== undefined) samples.push(vitals);
      }),
    ]);
  }

  /** What the daemons took until now does not count. */
  beginToCount(): void {
    for (const { samples } of this.#watched) samples.length = 0;
  }

  /** Lets `ms` pass in which nothing happens, and remembers what each daemon was before and after. */
  async rest(ms: number): Promise<void> {
    const look = async (): Promise<(Vitals | undefined)[]> =>
      await Promise.all(this.#watched.map(({ subject, lines }) => vitalsOf(subject, lines)));
    const before = await look();
    await sleep(ms);
    const after = await look();
    for (const [at, { rests }] of this.#watched.entries()) {
      const [begin, end] = [before[at], after[at]];
      if (begin !== undefined && end !== undefined) rests.push({ begin, end });
    }
  }

  /** What was seen of each daemon, by its name. */
  get courses(): ReadonlyMap<string, Course> {
    return new Map(
      this.#watched.map(({ subject, samples, rests }) => [subject.name, { samples, rests }]),
    );
  }

  /** What the daemons logged as errors, with their names. */
  get errors(): readonly string[] {
    return this.#watched.flatMap(({ subject, lines }) => {
      lines.now();
      return lines.errors.map((line) => `${subject.name}: ${line}`);
    });
  }

  async #askWhetherReady(watched: Watched): Promise<void> {
    const { subject } = watched;
    const { asked, lies } = this.readiness;
    const before = subject.reach.expectation;
    const answer = await readinessOf(subject);
    // What it had to say changed while it was asked: then both are right.
    const expected = before === subject.reach.expectation ? before : 'either';
    asked[expected] += 1;
    const said = answer?.ready === true ? 'ready' : 'not ready';
    if (expected === 'either' || said === expected) {
      watched.wrong = 0;
      return;
    }
    this.readiness.moments += 1;
    watched.wrong += 1;
    if (watched.wrong < LIE_TIMES || lies.length >= LIES_MAX) return;
    lies.push(`${subject.name} must be ${expected}, and says: ${answer?.words ?? 'no answer'}`);
  }
}
