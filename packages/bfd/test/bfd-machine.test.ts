import { describe, expect, test } from 'vitest';
import { BFD_STATES, type BfdStateName } from '../src/index.ts';
import { BfdBench } from './bfd-bench.ts';

const benches: Record<BfdStateName, () => BfdBench> = {
  AdminDown: () => new BfdBench(),
  Down: () => new BfdBench().start(),
  Init: () => {
    const bench = new BfdBench().start();
    bench.hear('Down');
    return bench;
  },
  Up: () => new BfdBench().up(),
};

/** RFC 5880 §6.8.6: our state, the peer's, and what comes of it. */
const table: Record<BfdStateName, Record<BfdStateName | 'silence' | 'start' | 'stop', string>> = {
  AdminDown: {
    AdminDown: '',
    Down: '',
    Init: '',
    Up: '',
    silence: '',
    start: 'AdminDown → Down (0); send Down',
    stop: '',
  },
  Down: {
    AdminDown: '',
    Down: 'Down → Init (0); send Init',
    Init: 'Down → Up (0); send Up P',
    Up: '',
    silence: '',
    start: '',
    stop: 'Down → AdminDown (7); send AdminDown',
  },
  Init: {
    AdminDown: 'Init → Down (3); send Down',
    Down: '',
    Init: 'Init → Up (0); send Up P',
    Up: 'Init → Up (0); send Up P',
    silence: 'Init → Down (1); send Down',
    start: '',
    stop: 'Init → AdminDown (7); send AdminDown',
  },
  Up: {
    AdminDown: 'Up → Down (3); send Down',
    Down: 'Up → Down (3); send Down',
    Init: '',
    Up: '',
    silence: 'Up → Down (1); send Down',
    start: '',
    stop: 'Up → AdminDown (7); send AdminDown',
  },
};

describe.each(BFD_STATES)('in %s', (state) => {
  test('is where the table begins', () => expect(benches[state]().state.state).toBe(state));

  test.each(Object.entries(table[state]))('%s → "%s"', (event, expected) => {
    const bench = benches[state]();
    let effects: string[];
    if (event === 'start' || event === 'stop') {
      effects = bench.tell({ kind: event });
    } else if (event === 'silence') {
      bench.nowMs = bench.state.detectAtMs ?? bench.nowMs;
      effects = bench.tell({ kind: 'wake' });
    } else {
      effects = bench.hear(event as BfdStateName);
    }
    expect(effects.join('; ')).toBe(expected);
  });
});

describe('sending', () => {
  test('is slow, once a second, until the session is up', () => {
    const bench = new BfdBench({ transmitIntervalMs: 50 }).start();
    expect(bench.sent[0]).toMatchObject({ desiredMinTxUs: 1_000_000, yourDiscriminator: 0 });
    expect([bench.wake(), bench.nowMs]).toEqual([['send Down'], 1000]);
  });

  test('is at our interval or the peer’s, whichever is longer', () => {
    const bench = new BfdBench({ transmitIntervalMs: 100 }).up();
    bench.hear('Up', { requiredMinRxUs: 250_000 });
    bench.wake();
    const beganMs = bench.nowMs;
    bench.wake();
    expect(bench.nowMs - beganMs).toBe(250);
  });

  test('is jittered down to three quarters, and never whole where one miss counts', () => {
    const gapOf = (detectMultiplier: number, random: number): number => {
      const bench = new BfdBench({ detectMultiplier }).up();
      bench.nowMs = bench.state.sendAtMs ?? 0;
      bench.feed({ kind: 'wake' }, random);
      return (bench.state.sendAtMs ?? 0) - bench.nowMs;
    };
    expect([gapOf(3, 0), gapOf(3, 1), gapOf(1, 0), gapOf(1, 1)]).toEqual([225, 300, 225, 270]);
  });

  test('stops where the peer wants no packets, and goes on when it does', () => {
    const bench = new BfdBench().up();
    bench.hear('Up', { requiredMinRxUs: 0 });
    expect(bench.state.sendAtMs).toBeUndefined();
    bench.hear('Up', { requiredMinRxUs: 300_000 });
    expect(bench.state.sendAtMs).toBe(300);
  });

  test('of a passive side waits for the peer, and ends when it has vanished', () => {
    const bench = new BfdBench({ passive: true });
    expect(bench.tell({ kind: 'start' })).toEqual(['AdminDown → Down (0)']);
    expect(bench.state.wakeAtMs).toBeUndefined();
    expect(bench.hear('Down', { yourDiscriminator: 0 })).toEqual(['Down → Init (0)', 'send Init']);
    bench.nowMs = bench.state.detectAtMs ?? 0;
    expect(bench.tell({ kind: 'wake' })).toEqual(['Init → Down (1)']);
    expect(bench.state.wakeAtMs).toBeUndefined();
  });

  test('is soon when the peer wants it more often', () => {
    const bench = new BfdBench({ transmitIntervalMs: 100 }).up();
    bench.hear('Up', { requiredMinRxUs: 5_000_000 });
    bench.wake();
    expect((bench.state.sendAtMs ?? 0) - bench.nowMs).toBe(5000);
    // By a Poll Sequence: once it has our answer it counts on the new interval.
    bench.hear('Up', { requiredMinRxUs: 100_000, poll: true });
    expect((bench.state.sendAtMs ?? 0) - bench.nowMs).toBe(100);
  });
});

describe('the detection time', () => {
  const after = (bench: BfdBench): number => (bench.state.detectAtMs ?? 0) - bench.nowMs;

  test('is the peer’s multiplier times the longer of its interval and ours', () => {
    const bench = new BfdBench({ receiveIntervalMs: 200 }).up();
    bench.hear('Up', { detectMultiplier: 5, desiredMinTxUs: 400_000 });
    expect(after(bench)).toBe(2000);
    bench.hear('Up', { detectMultiplier: 5, desiredMinTxUs: 50_000 });
    expect(after(bench)).toBe(1000);
  });

  test('begins anew with each packet; 300 ms × 3 are 0.9 s', () => {
    const bench = new BfdBench().up();
    bench.nowMs = 500;
    bench.hear('Up');
    expect(bench.state.detectAtMs).toBe(1400);
  });

  test('is not wound up by a packet for another session', () => {
    const bench = new BfdBench().up();
    bench.nowMs = 500;
    expect(bench.hear('Down', { yourDiscriminator: 43 })).toEqual([]);
    expect(bench.state.detectAtMs).toBe(900);
  });

  test('when over in Down makes the peer a stranger', () => {
    const bench = new BfdBench().up();
    bench.hear('Down');
    bench.nowMs = bench.state.detectAtMs ?? 0;
    bench.tell({ kind: 'wake' });
    expect(bench.state.remote.discriminator).toBe(0);
  });
});

describe('a Poll Sequence', () => {
  test('of the peer is answered at once, whatever else is due', () => {
    expect(new BfdBench().up().hear('Up', { poll: true })).toEqual(['send Up F']);
  });

  test('of ours begins when the session is up, for then we send more often, and ends with the answer', () => {
    const bench = new BfdBench().start();
    expect(bench.hear('Init')).toEqual(['Down → Up (0)', 'send Up P']);
    expect(bench.wake()).toEqual(['send Up P']);
    bench.hear('Up', { final: true });
    expect(bench.wake()).toEqual(['send Up']);
  });

  test('comes before a slower sending and a shorter patience', () => {
    const bench = new BfdBench().up();
    const timings = { transmitIntervalMs: 1000, receiveIntervalMs: 100, detectMultiplier: 5 };
    bench.feed({ kind: 'change', timings });
    expect(bench.wake()).toEqual(['send Up P']);
    expect(bench.sent.at(-1)).toMatchObject({
      desiredMinTxUs: 1_000_000,
      requiredMinRxUs: 100_000,
      detectMultiplier: 5,
    });
    expect(bench.state).toMatchObject({ transmitIntervalMs: 300, receiveIntervalMs: 300 });
    bench.hear('Up', { final: true });
    expect(bench.state).toMatchObject({ transmitIntervalMs: 1000, receiveIntervalMs: 100 });
  });

  test('does not delay a faster sending and a longer patience', () => {
    const bench = new BfdBench().up();
    const timings = { transmitIntervalMs: 100, receiveIntervalMs: 1000, detectMultiplier: 3 };
    bench.feed({ kind: 'change', timings });
    expect(bench.state).toMatchObject({ transmitIntervalMs: 100, receiveIntervalMs: 1000 });
  });
});

describe('a stop', () => {
  test('is told until the peer must have heard, and then is over', () => {
    const bench = new BfdBench().up();
    expect(bench.tell({ kind: 'stop' })).toEqual(['Up → AdminDown (7)', 'send AdminDown']);
    const said = Array.from({ length: 3 }, () => bench.wake());
    expect(said.at(-1)).toEqual(['finished']);
    expect(said.slice(0, -1)).toEqual([['send AdminDown'], ['send AdminDown']]);
    expect(bench.state.wakeAtMs).toBeUndefined();
  });

  test('can be taken back', () => {
    const bench = new BfdBench().up();
    bench.feed({ kind: 'stop' });
    expect(bench.tell({ kind: 'start' })).toEqual(['AdminDown → Down (0)', 'send Down']);
  });
});
