import { KubeError, systemClock, WorkQueue } from '@picluster/kube';
import { seededRandom, SimClock } from '@picluster/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLog } from './scripted-client.ts';

describe('WorkQueue', () => {
  let clock: SimClock;
  let log: RecordingLog;
  let stop: AbortController;
  let running: Promise<void> | undefined;

  beforeEach(() => {
    clock = new SimClock();
    log = new RecordingLog();
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await running;
    running = undefined;
    if (clock.pending > 0) throw new Error('an ended queue left a timer');
  });

  function make(options: ConstructorParameters<typeof WorkQueue>[1] = {}): WorkQueue {
    return new WorkQueue({ clock, random: seededRandom(7), log }, { name: 'services', ...options });
  }

  it('works on a key once however often it was added, in the order of adding', async () => {
    const queue = make();
    const worked: string[] = [];
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect(queue.size).toBe(3);
    running = queue.run(async (key) => void worked.push(key), stop.signal);
    await clock.advance(0);
    expect(worked).toEqual(['b', 'a', 'c']);
  });

  it('works on no key that was taken out of it, unless it is added again', async () => {
    const queue = make();
    const worked: string[] = [];
    for (const key of ['b', 'a', 'c']) queue.add(key);
    expect(queue.takeAll()).toEqual(['b', 'a', 'c']);
    queue.add('a');
    running = queue.run(async (key) => void worked.push(key), stop.signal);
    await clock.advance(0);
    expect(worked).toEqual(['a']);
  });

  it('works on a key again when it was added meanwhile, but never twice at a time', async () => {
    const queue = make({ concurrency: 3 });
    const starts: number[] = [];
    running = queue.run(async () => {
      starts.push(clock.nowMs());
      await clock.sleep(100);
    }, stop.signal);
    queue.add('a');
    await clock.advance(10);
    queue.add('a');
    queue.add('a');
    await clock.advance(89);
    expect(starts).toEqual([0]);
    await clock.advance(200);
    expect(starts).toEqual([0, 100]);
  });

  it('works on as many keys at a time as it may, and no more', async () => {
    const queue = make({ concurrency: 2 });
    let now = 0;
    let most = 0;
    running = queue.run(async () => {
      most = Math.max(most, ++now);
      await clock.sleep(10);
      now--;
    }, stop.signal);
    for (const key of 'abcdefg') queue.add(key);
    await clock.advance(40);
    expect([most, now, queue.size]).toEqual([2, 0, 0]);
  });

  it('holds nobody up for a key that is in work', async () => {
    const queue = make({ concurrency: 2 });
    const worked: string[] = [];
    running = queue.run(async (key) => {
      worked.push(key);
      await clock.sleep(key === 'slow' ? 1000 : 1);
    }, stop.signal);
    queue.add('slow');
    await clock.advance(1);
    queue.add('slow');
    queue.add('quick');
    await clock.advance(10);
    expect(worked).toEqual(['slow', 'quick']);
    await clock.advance(2000);
    expect(worked).toEqual(['slow', 'quick', 'slow']);
  });

  it('tries a failed key again, after delays that double up to the limit, and forgets at success', async () => {
    const queue = make({ backoffBaseMs: 10, backoffMaxMs: 1000 });
    const at: number[] = [];
    let failing = true;
    running = queue.run(async () => {
      at.push(clock.nowMs());
      if (failing) throw new Error('not yet');
    }, stop.signal);
    queue.add('a');
    await clock.until(() => at.length === 12);
    const gaps = at.slice(1).map((ms, i) => ms - (at[i] ?? 0));
    for (const [i, gap] of gaps.entries()) {
      const fullMs = Math.min(1000, 10 * 2 ** i);
      expect(gap).toBeGreaterThanOrEqual(fullMs / 2);
      expect(gap).toBeLessThanOrEqual(fullMs);
    }
    failing = false;
    await clock.until(() => at.length === 13);
    failing = true;
    queue.add('a');
    await clock.until(() => at.length === 15);
    expect((at[14] ?? 0) - (at[13] ?? 0)).toBeLessThanOrEqual(10);
    expect(log.lines.at(-1)).toMatchObject({
      level: 'warn',
      message: 'reconcile failed',
      fields: { queue: 'services', key: 'a', failures: 2 },
    });
  });

  it('survives work that throws before its first await', async () => {
    const queue = make();
    const worked: string[] = [];
    running = queue.run((key) => {
      worked.push(key);
      if (key === 'bad') throw new Error('at once');
      return Promise.resolve();
    }, stop.signal);
    queue.add('bad');
    queue.add('good');
    await clock.advance(1);
    expect(worked.slice(0, 2)).toEqual(['bad', 'good']);
  });

  it('waits as long as the server asks', async () => {
    const queue = make();
    const at: number[] = [];
    running = queue.run(async () => {
      at.push(clock.nowMs());
      if (at.length === 1)
        throw new KubeError('too-many-requests', 'later', { retryAfterMs: 3000 });
    }, stop.signal);
    queue.add('a');
    await clock.until(() => at.length === 2);
    expect(at).toEqual([0, 3000]);
  });

  it('works at once on a failed key that is added, whatever its delay', async () => {
    const queue = make({ backoffBaseMs: 10_000 });
    const at: number[] = [];
    running = queue.run(async () => {
      at.push(clock.nowMs());
      if (at.length === 1) throw new Error('no');
    }, stop.signal);
    queue.add('a');
    await clock.advance(5);
    queue.add('a');
    await clock.advance(0);
    expect(at).toEqual([0, 5]);
  });

  it('keeps the earliest of several delays of a key', async () => {
    const queue = make();
    const at: number[] = [];
    running = queue.run(async () => void at.push(clock.nowMs()), stop.signal);
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 900);
    await clock.advance(2000);
    expect(at).toEqual([100]);
    queue.addAfter('a', 0);
    await clock.advance(0);
    expect(at).toEqual([100, 2000]);
  });

  it('ends by finishing what it began and starting nothing more', async () => {
    const queue = make();
    const log_: string[] = [];
    let over = false;
    running = queue.run(async (key, signal) => {
      log_.push(`begin ${key}`);
      await clock.sleep(100);
      log_.push(`end ${key} ${signal.aborted}`);
      throw new Error('stopped');
    }, stop.signal);
    void running.then(() => (over = true));
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 50);
    await clock.advance(10);
    stop.abort();
    await clock.advance(80);
    expect(over).toBe(false);
    await clock.advance(20);
    expect(over).toBe(true);
    expect(log_).toEqual(['begin a', 'end a true']);
    expect(log.lines).toEqual([]);
  });

  it('lets the process breathe while it works on keys that never wait', async () => {
    let spentMs = 0;
    const busy = {
      nowMs: () => spentMs,
      timer: (ms: number, fire: () => void) => systemClock.timer(ms, fire),
    };
    const queue = new WorkQueue({ clock: busy, random: seededRandom(1) });
    for (let i = 0; i < 100; i++) queue.add(`key ${i}`);
    let worked = 0;
    const all = Promise.withResolvers<void>();
    running = queue.run(async () => {
      if (++worked === 100) all.resolve();
      spentMs++;
    }, stop.signal);
    await systemClock.sleep(0);
    expect(worked, 'a timer that was due had its turn').toBeLessThan(30);
    await all.promise;
    expect(queue.size).toBe(0);
  });

  it('loses no key and never overlaps one, for any order of adding, working and failing', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      afterMs: fc.nat(40),
      waitMs: fc.nat(30),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        async (steps, concurrency, seed) => {
          const time = new SimClock();
          const random = seededRandom(seed);
          const queue = new WorkQueue({ clock: time, random }, { concurrency });
          const end = new AbortController();
          const dirty = new Map<string, number>();
          const active = new Set<string>();
          const run = queue.run(async (key) => {
            expect(active.has(key)).toBe(false);
            active.add(key);
            const seen = dirty.get(key);
            await time.sleep(Math.floor(random() * 20));
            active.delete(key);
            if (random() < 0.3) throw new Error('bad luck');
            if (dirty.get(key) === seen) dirty.delete(key);
          }, end.signal);
          for (const [i, { key, afterMs, waitMs }] of steps.entries()) {
            dirty.set(key, i);
            queue.addAfter(key, afterMs);
            await time.advance(waitMs);
            // A change is always announced, as a reflector does; the delay may be merged with one that is set.
            dirty.set(key, i + 0.5);
            queue.add(key);
          }
          await time.advance(120_000);
          expect(dirty.size).toBe(0);
          end.abort();
          await run;
        },
      ),
      { numRuns: 60 },
    );
  });
});
