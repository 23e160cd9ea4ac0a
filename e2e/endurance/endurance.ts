import { setTimeout as sleep } from 'node:timers/promises';
import { Draws } from '../chaos/draws.ts';
import { problemsNow } from './at-rest.ts';
import { exceeded, growthOf, type Bounds, type Course } from './bounds.ts';
import { Churn } from './churn.ts';
import { Grounds } from './grounds.ts';
import { BACK_AFTER_MS, SAID_AFTER_MS } from './reach.ts';
import { trouble, type Tally } from './troubles.ts';
import { Watchman, type ReadinessTally } from './watchman.ts';

/** How long, how hard, and what must hold. */
export interface EnduranceOptions {
  readonly seed: number;
  /** For configuration and tokens. */
  readonly folder: string;
  /** So many rounds come first, in which code is compiled and pools fill; what the daemons take in them does not count. */
  readonly warmUpRounds: number;
  /** And then so many: trouble, then rest. */
  readonly rounds: number;
  readonly troubleMs: number;
  /** After each trouble, first for so long: pauses between two tries end, and connections that nobody uses. */
  readonly calmMs: number;
  /** And then, measured, for so long. */
  readonly restMs: number;
  /** The pause before each restart of the API server, between these. */
  readonly restartEveryMs: readonly [least: number, most: number];
  readonly sampleEveryMs: number;
  /** Once, in the middle, the API server is away for so long that readiness must say so: {@link SAID_AFTER_MS} and some. */
  readonly longOutage: boolean;
  readonly bounds: Bounds;
  /** A command that becomes each daemon, such as `chrt --other 0`. */
  readonly under?: readonly string[];
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface EnduranceReport {
  /** Nothing: all bounds and promises hold. */
  readonly problems: readonly string[];
  readonly tally: Tally;
  readonly courses: ReadonlyMap<string, Course>;
  readonly readiness: ReadinessTally;
  /** How long after the trouble all was right, each time. */
  readonly settledMs: readonly number[];
  readonly tookMs: number;
  /** Where the logs are, if there were problems. */
  readonly logs: string | undefined;
}

/** Within so long all must be right after the trouble ends: the longest pause of a daemon between two tries is 15 s. */
const SETTLE_LIMIT_MS = 30_000;
const LONG_OUTAGE_MS = SAID_AFTER_MS + 10_000;
/** At the end nothing is done to anybody for so long: then each must say a few times that it is ready, however short the run was. */
const LAST_QUIET_MS = BACK_AFTER_MS + 5_000;
const STOP_LIMIT_MS = 8_000;

/** Has the daemons live through a year's trouble, and says what of it they did not bear. */
export async function endure(options: EnduranceOptions): Promise<EnduranceReport> {
  await using grounds = await Grounds.start(options.folder, options.under ?? []);
  const startedMs = performance.now();
  const course = new Endurance(grounds, options);
  await course.run();
  return course.report(performance.now() - startedMs);
}

class Endurance {
  readonly #grounds: Grounds;
  readonly #options: EnduranceOptions;
  readonly #draws: Draws;
  readonly #churn: Churn;
  readonly #watchman: Watchman;
  readonly #tally: Tally = new Map();
  readonly #problems: string[] = [];
  readonly #settledMs: number[] = [];

  constructor(grounds: Grounds, options: EnduranceOptions) {
    this.#grounds = grounds;
    this.#options = options;
    this.#draws = Draws.of(options.seed);
    this.#churn = new Churn(grounds.lab, this.#draws);
    this.#watchman = new Watchman(grounds);
  }

  async run(): Promise<void> {
    const { warmUpRounds, rounds, sampleEveryMs, longOutage } = this.#options;
    await this.#churn.begin();
    await this.#settle('the first Services');
    const over = new AbortController();
    const watching = this.#watchman.watch(sampleEveryMs, over.signal);
    try {
      for (let round = 1; round <= warmUpRounds; round++) {
        await this.#trouble(round);
        await this.#settle(`round ${round} of ${warmUpRounds} to warm up`);
      }
      this.#watchman.beginToCount();
      await this.#rest();
      for (let round = 1; round <= rounds; round++) {
        await this.#trouble(round);
        await this.#settle(`round ${round} of ${rounds}`);
        await this.#rest();
        if (longOutage && round === Math.ceil(rounds / 2)) await this.#longOutage();
      }
      await sleep(LAST_QUIET_MS);
    } finally {
      over.abort();
      await watching;
    }
    await this.#leave();
  }

  report(tookMs: number): EnduranceReport {
    const { courses, readiness, errors } = this.#watchman;
    const problems = [
      ...this.#problems,
      ...[...courses].flatMap(([name, course]) =>
        exceeded(growthOf(course), this.#options.bounds).map((text) => `${name}: ${text}`),
      ),
      ...readiness.lies,
      ...(readiness.asked.ready > 0 ? [] : ['nobody ever had to say that it is ready']),
      ...errors,
    ];
    return {
      problems,
      tally: this.#tally,
      courses,
      readiness,
      settledMs: this.#settledMs,
      tookMs,
      logs: problems.length > 0 ? this.#grounds.lab.keepLogs() : undefined,
    };
  }

  async #trouble(round: number): Promise<void> {
    const over = new AbortController();
    const { controllers, speakers } = this.#grounds;
    const spared = [controllers, ...speakers.map((speaker) => [speaker])];
    const cast = {
      grounds: this.#grounds,
      churn: this.#churn,
      spared: spared[round % spared.length] ?? [],
      restartEveryMs: this.#options.restartEveryMs,
    };
    const happening = trouble(cast, this.#draws, this.#tally, over.signal);
    await Promise.race([sleep(this.#options.troubleMs), happening]);
    over.abort();
    await happening;
  }

  async #rest(): Promise<void> {
    await sleep(this.#options.calmMs);
    await this.#watchman.rest(this.#options.restMs);
  }

  /** Waits until all is right again. */
  async #settle(what: string): Promise<void> {
    const { lab } = this.#grounds;
    await lab.waitFor('the cluster to be mended', async () => {
      await this.#churn.mend();
      return true;
    });
    const sinceMs = performance.now();
    let problems: readonly string[] = [];
    const right = async (): Promise<boolean> => {
      problems = await problemsNow(this.#grounds);
      return problems.length === 0;
    };
    try {
      await lab.waitFor('all to be right', right, SETTLE_LIMIT_MS);
    } catch (error) {
      const why = problems.length > 0 ? problems : [(error as Error).message];
      this.#problems.push(...why.map((problem) => `after ${what}: ${problem}`));
    }
    const tookMs = performance.now() - sinceMs;
    this.#settledMs.push(tookMs);
    this.#options.say(`${what}: right after ${(tookMs / 1000).toFixed(1)} s`);
  }

  /** Nobody reaches the API server for so long that readiness must say so. */
  async #longOutage(): Promise<void> {
    const { subjects } = this.#grounds;
    const cuts = subjects.map(({ reach }) => reach.cut());
    for (const { proxy } of subjects) proxy.unreachable(true);
    await sleep(LONG_OUTAGE_MS);
    for (const { proxy } of subjects) proxy.unreachable(false);
    for (const cut of cuts) cut[Symbol.dispose]();
    await this.#settle('the long outage');
  }

  /** Every daemon is the process that was started, and ends well when it is told to. */
  async #leave(): Promise<void> {
    for (const { name, daemon } of this.#grounds.subjects) {
      if (!daemon.running) {
        this.#problems.push(`${name} ended by itself: ${daemon.log(500)}`);
        continue;
      }
      const sinceMs = performance.now();
      const { code, signal } = await daemon.stop();
      const tookMs = performance.now() - sinceMs;
      if (code !== 0 || tookMs > STOP_LIMIT_MS)
        this.#problems.push(`${name}: SIGTERM ended it with ${signal ?? code} after ${tookMs} ms`);
    }
  }
}
