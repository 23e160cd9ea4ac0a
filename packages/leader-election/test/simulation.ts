import { LeaderElector, type LeaseLock, type Step, type Term } from '../src/index.ts';
import {
  type LeaseFate,
  MemoryLeaseLock,
  MemoryLeaseStore,
  type Random,
  seededRandom,
  SimClock,
} from '@picluster/testkit';

/** Short times; leases are whole seconds. Clock rates may differ by 3 / 2. */
export const timings = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 500 };
const faultyMs = 30_000;
const calmMs = 15_000;
const electedWithinMs = 9_000;

export interface SimulationOptions {
  /** The slowest and fastest clock, in local seconds for each true one. Default: just within the tolerance. */
  readonly rates?: readonly [number, number];
  readonly machine?: Step;
  /** Broken on purpose: a process that is only frozen counts as dead. */
  readonly frozenCountsAsDead?: boolean;
}

export interface SimulationResult {
  /** Sentences, each a broken promise; empty when all was well. */
  readonly violations: readonly string[];
  readonly terms: number;
  readonly writes: number;
  /** How often a candidate was told that the holder is dead. */
  readonly deathsKnown: number;
}

/** One process with an elector: its own clock rate and wall clock; it can be frozen, cut off and killed. */
class SimProcess {
  readonly name: string;
  readonly stop: AbortController = new AbortController();
  readonly lock: MemoryLeaseLock;
  readonly rate: number;
  term: Term | undefined;
  dead = false;
  frozen = false;
  cutOff = false;
  wallMs: number;
  readonly #world: SimClock;
  #inbox: (() => void)[] = [];

  constructor(
    name: string,
    world: SimClock,
    store: MemoryLeaseStore,
    rate: number,
    wallMs: number,
  ) {
    this.name = name;
    this.#world = world;
    this.rate = rate;
    this.wallMs = wallMs;
    this.lock = new MemoryLeaseLock(store, world);
  }

  readonly clock = {
    nowMs: (): number => this.#world.nowMs() * this.rate,
    wallMs: (): number => this.wallMs + this.#world.nowMs(),
    timer: (ms: number, fire: () => void): Disposable => {
      let disposed = false;
      const timer = this.#world.timer(ms / this.rate, () => {
        this.#deliver(() => {
          if (!disposed) fire();
        });
      });
      return {
        [Symbol.dispose]: () => {
          disposed = true;
          timer[Symbol.dispose]();
        },
      };
    },
  };

  /** The lock as the process sees it: no answer reaches it while it is frozen, none after its death. */
  readonly gatedLock: LeaseLock = {
    description: 'simulated/lease',
    get: () => this.#gate(this.lock.get()),
    create: (record) => this.#gate(this.lock.create(record)),
    update: (record, version) => this.#gate(this.lock.update(record, version)),
  };

  thaw(): void {
    this.frozen = false;
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const happening of waiting) this.#deliver(happening);
  }

  #deliver(happening: () => void): void {
    if (this.dead) return;
    if (this.frozen) this.#inbox.push(happening);
    else happening();
  }

  #gate<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.#deliver(() => resolve(value)),
        (error: Error) => this.#deliver(() => reject(error)),
      );
    });
  }
}

class Simulation {
  readonly violations: string[] = [];
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #world = new SimClock();
  readonly #store = new MemoryLeaseStore();
  readonly #processes: SimProcess[] = [];
  #terms = 0;
  #deathsKnown = 0;
  #born = 0;
  #calm = false;
  /** How much goes wrong at random: many seeds are quiet, so that candidates get to wait out a whole lease. */
  readonly #noise: number;
  #outage: LeaseFate['outcome'];
  #tokenMax = -1;

  constructor(seed: number, options: SimulationOptions) {
    this.#random = seededRandom(seed);
    this.#options = options;
    this.#noise = this.#random() < 0.5 ? 0 : this.#random();
  }

  async run(): Promise<SimulationResult> {
    const electors = 3 + Math.floor(this.#random() * 3);
    for (let i = 0; i < electors; i++) this.#start(`p${i}`);
    while (this.#world.nowMs() < faultyMs) {
      await this.#world.advance(this.#random() * 1500);
      this.#disturb();
      this.#act();
    }
    await this.#calmDown();
    this.#checkHistory();
    return {
      violations: this.violations,
      terms: this.#terms,
      writes: this.#store.history.length,
      deathsKnown: this.#deathsKnown,
    };
  }

  #start(name: string): void {
    const [slowest, fastest] = this.#options.rates ?? [0.82, 1.2];
    const dice = this.#random();
    const between = slowest + this.#random() * (fastest - slowest);
    const rate = dice < 0.3 ? slowest : dice < 0.6 ? fastest : between;
    const wallMs = 1_750_000_000_000 + Math.floor((this.#random() - 0.5) * 1e8);
    const process = new SimProcess(name, this.#world, this.#store, rate, wallMs);
    process.lock.fate = () => this.#fate(process);
    const elector = new LeaderElector(
      {
        lock: process.gatedLock,
        clock: process.clock,
        random: this.#random,
        knownDead: async ({ holderIdentity }) => this.#knownDead(holderIdentity),
      },
      { identity: name, ...timings, firstTryDelayMs: this.#random() * 300 },
      this.#options.machine,
    );
    this.#born++;
    this.#processes.push(process);
    elector
      .run((term) => this.#lead(process, term), process.stop.signal)
      .catch((error: unknown) => this.#report(`${name} failed: ${String(error)}`));
  }

  /** What a candidate can know of a holder; some candidates are on another machine, and know nothing. */
  #knownDead(name: string): boolean {
    const dead = ({ dead: ended, frozen }: SimProcess): boolean =>
      ended || (frozen && this.#options.frozenCountsAsDead === true);
    const known =
      this.#random() < 0.5 &&
      this.#processes.filter((process) => process.name === name).every((each) => dead(each));
    if (known) this.#deathsKnown++;
    return known;
  }

  /** A new term: the one moment at which two can begin to lead at once. */
  #lead(process: SimProcess, term: Term): Promise<void> | void {
    this.#terms++;
    for (const other of this.#living()) {
      if (other === process) continue;
      if (other.term?.valid() === true)
        this.#report(`${process.name} leads while ${other.name} does`);
      if (!other.frozen && other.term?.signal.aborted === false) {
        this.#report(`${process.name} leads and the signal of ${other.name} has not aborted`);
      }
    }
    process.term = term;
    if (this.#random() < 0.3) return;
    const drainMs = this.#random() * 400;
    return new Promise((resolve) => {
      term.signal.addEventListener('abort', () => void process.clock.timer(drainMs, resolve));
    });
  }

  #act(): void {
    const leaders = this.#living().filter((process) => process.term?.valid() === true);
    if (leaders.length > 1)
      this.#report(`${leaders.map((leader) => leader.name).join()} lead at once`);
    for (const { term, name } of leaders) {
      const token = term?.token ?? -1;
      if (token < this.#tokenMax)
        this.#report(`${name} acts with token ${token} after ${this.#tokenMax}`);
      this.#tokenMax = Math.max(this.#tokenMax, token);
    }
  }

  #disturb(): void {
    const living = this.#living();
    // Half of what happens happens to the leader.
    const chosen = this.#random() < 0.5 ? this.#leaders() : living;
    const victim = chosen[Math.floor(this.#random() * chosen.length)] ?? living[0];
    if (victim === undefined) return this.#start(`q${this.#born}`);
    const dice = this.#random();
    if (dice < 0.08) victim.dead = true;
    else if (dice < 0.16) victim.stop.abort();
    else if (dice < 0.3) victim.frozen = true;
    else if (dice < 0.5) for (const process of living) process.thaw();
    else if (dice < 0.6) victim.cutOff = !victim.cutOff;
    else if (dice < 0.7) for (const process of living) process.cutOff = false;
    else if (dice < 0.75) this.#outage = this.#random() < 0.5 ? 'refused' : 'stuck';
    else if (dice < 0.85) this.#outage = undefined;
    // Somebody labels the Lease: a new version, the same record.
    else if (dice < 0.9) this.#store.put(this.#store.record);
    else if (dice < 0.95) victim.wallMs -= Math.floor(this.#random() * 10_000);
    // A restart, half of the time under a name that is or was in use.
    else this.#start(this.#random() < 0.5 ? victim.name : `q${this.#born}`);
  }

  #fate(process: SimProcess): LeaseFate {
    const usual = { requestMs: 1 + this.#random() * 30, answerMs: 1 + this.#random() * 30 };
    if (this.#calm) return usual;
    if (process.cutOff) return { outcome: this.#random() < 0.5 ? 'stuck' : 'silent' };
    if (this.#outage !== undefined) return { ...usual, outcome: this.#outage };
    if (this.#random() < 0.2) return { requestMs: 5, answerMs: this.#random() * 1000 };
    const dice = this.#random() / this.#noise;
    if (dice < 0.1) return { ...usual, outcome: 'refused' };
    if (dice < 0.2) return { ...usual, outcome: 'lost' };
    if (dice < 0.25) return { ...usual, outcome: 'silent' };
    if (dice < 0.3) return { ...usual, outcome: 'stuck' };
    if (dice < 0.4) return { requestMs: this.#random() * 3000, answerMs: this.#random() * 100 };
    return usual;
  }

  async #calmDown(): Promise<void> {
    this.#calm = true;
    for (const process of this.#living()) process.thaw();
    if (this.#living().every((process) => process.stop.signal.aborted)) this.#start('last');
    await this.#world.advance(electedWithinMs);
    const leader = this.#leaders()[0];
    for (let ms = electedWithinMs; ms < calmMs; ms += 500) {
      this.#act();
      if (leader === undefined || this.#leaders()[0] !== leader) {
        this.#report(`no steady leader ${ms} ms after the faults ended`);
        break;
      }
      await this.#world.advance(500);
    }
    for (const process of this.#living()) process.stop.abort();
    await this.#world.advance(timings.renewDeadlineMs * 2);
    if (this.#store.record?.holderIdentity !== '') this.#report('the lease was not released');
  }

  #checkHistory(): void {
    const { history } = this.#store;
    for (const [index, record] of history.entries()) {
      const before = history[index - 1];
      if (before === undefined) continue;
      const token = record.leaseTransitions;
      const changedHands =
        record.holderIdentity !== '' &&
        (record.holderIdentity !== before.holderIdentity ||
          record.acquireTime !== before.acquireTime);
      if (changedHands ? token <= before.leaseTransitions : token !== before.leaseTransitions) {
        this.#report(`write ${index}: token ${before.leaseTransitions} was followed by ${token}`);
      }
    }
  }

  #living(): SimProcess[] {
    return this.#processes.filter((process) => !process.dead);
  }

  #leaders(): SimProcess[] {
    return this.#living().filter((process) => process.term?.valid() === true);
  }

  #report(what: string): void {
    this.violations.push(`${(this.#world.nowMs() / 1000).toFixed(3)} s: ${what}`);
  }
}

/** Runs one simulation; the same seed and options always give the same result. */
export async function simulate(
  seed: number,
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  return new Simulation(seed, options).run();
}
