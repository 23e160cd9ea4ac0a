// Shows two electors over one lock in memory: the lease is handed over when its leader stops, and taken when its leader falls silent.
import {
  LeaderElector,
  type LeaseLock,
  type LeaseRecord,
  type Term,
} from '@picluster/leader-election';

// The store: one record that can be compared and swapped. Twenty lines; put any database behind them.
let stored: { record: LeaseRecord; version: string } | undefined;
let writes = 0;
function write(record: LeaseRecord): { version: string } {
  stored = { record, version: String(++writes) };
  return stored;
}
class MemoryLock implements LeaseLock {
  readonly description = 'example/lease';
  cut = false; // as if the network cable were pulled
  async get(): Promise<typeof stored> {
    return this.cut ? silence : stored;
  }
  async create(record: LeaseRecord): Promise<{ version: string } | 'conflict'> {
    if (this.cut) return silence;
    return stored === undefined ? write(record) : 'conflict';
  }
  async update(record: LeaseRecord, seen: string): Promise<{ version: string } | 'conflict'> {
    if (this.cut) return silence;
    return stored?.version === seen ? write(record) : 'conflict';
  }
}
const silence = new Promise<never>(() => {});

const clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  timer(ms: number, fire: () => void): Disposable {
    const timeout = setTimeout(fire, ms);
    return { [Symbol.dispose]: () => clearTimeout(timeout) };
  },
};
// Far shorter than the defaults (15 s, 10 s, 2 s), so that the example is over soon.
const timings = { leaseDurationMs: 2000, renewDeadlineMs: 1500, retryPeriodMs: 200 };

/** Stands for election under a name; `leading` resolves with its next term. */
function stand(identity: string) {
  const lock = new MemoryLock();
  const stopper = new AbortController();
  const elector = new LeaderElector({ lock, clock, random: Math.random }, { identity, ...timings });
  const first = Promise.withResolvers<Term>();
  const over = elector.run((term) => {
    console.log(`${identity} leads, token ${term.token}`);
    first.resolve(term);
    // A real leader works here, asks term.valid() before each action, and sends term.token along with it.
    return new Promise<void>((resolve) => {
      term.signal.addEventListener('abort', () => {
        console.log(`${identity} leads no more: ${(term.signal.reason as Error).message}`);
        resolve();
      });
    });
  }, stopper.signal);
  return { lock, over, leading: first.promise, stop: () => stopper.abort() };
}

const anna = stand('anna');
await anna.leading;
const ben = stand('ben');

console.log('- anna is told to stop: she gives the lease up, and ben need not wait for its end');
anna.stop();
await anna.over;
await ben.leading;

console.log('- ben falls silent: his term ends before the lease does, then carla takes it');
const carla = stand('carla');
ben.lock.cut = true;
await carla.leading;

ben.stop();
carla.stop();
await Promise.all([ben.over, carla.over]);
console.log(`the lease is free, after ${stored?.record.leaseTransitions} hand-overs`);
