import { SimClock } from '@picluster/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { Turns } from '../src/turns.ts';

let clock: SimClock;
let turns: Turns;
let ran: string[];

beforeEach(() => {
  clock = new SimClock();
  turns = new Turns({ clock });
  ran = [];
});

function set(name: string, ms: number): Disposable {
  return turns.timer(ms, () => void ran.push(name));
}

describe('a timer of turns', () => {
  test('runs once, in the first turn that ends after its time', async () => {
    set('one', 100);
    await clock.advance(99);
    turns.turned();
    expect(ran).toEqual([]);
    await clock.advance(51);
    expect(ran).toEqual([]);
    turns.turned();
    turns.turned();
    expect(ran).toEqual(['one']);
  });

  test('does not run when it was disposed of, be it by one that runs before it in the same turn', () => {
    set('gone', 0)[Symbol.dispose]();
    turns.timer(0, () => second[Symbol.dispose]());
    const second = set('second', 0);
    turns.turned();
    expect(ran).toEqual([]);
  });

  test('that is set in a turn waits for the next one', () => {
    turns.timer(0, () => void set('next', 0));
    turns.turned();
    expect(ran).toEqual([]);
    turns.turned();
    expect(ran).toEqual(['next']);
  });
});

describe('a sleep until a turn', () => {
  test('ends like a timer', async () => {
    const slept = turns.sleep(10, new AbortController().signal);
    await clock.advance(10);
    turns.turned();
    await expect(slept).resolves.toBeUndefined();
  });

  test('is given up with the reason of its signal, and leaves nothing behind', async () => {
    const end = new AbortController();
    const slept = turns.sleep(10, end.signal);
    end.abort(new Error('enough'));
    await expect(slept).rejects.toThrow('enough');
    await expect(turns.sleep(10, end.signal)).rejects.toThrow('enough');
  });
});
