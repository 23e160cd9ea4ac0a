import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  NO_SEARCH,
  ROUTER_SEARCH,
  routerSearchStep,
  type RouterSearch,
  type RouterSearchInput,
} from '../src/index.ts';

/** Runs the machine, and writes down what it wants done, each thing with its time. */
class Search {
  nowMs = 0;
  readonly done: string[] = [];
  router: string | undefined;
  #state: RouterSearch = NO_SEARCH;
  #wakeAtMs = Infinity;
  readonly #random: number;

  constructor(random: number = 0.5) {
    this.#random = random;
  }

  feed(input: RouterSearchInput): void {
    const at = { nowMs: this.nowMs, random: this.#random };
    const [state, effects] = routerSearchStep(this.#state, input, at);
    this.#state = state;
    for (const effect of effects) {
      if (effect.kind === 'wake-at') this.#wakeAtMs = effect.atMs;
      else this.done.push(`${effect.kind} ${this.nowMs}`);
      if (effect.kind === 'router') this.router = effect.address;
    }
  }

  hear(address: string): void {
    this.feed({ kind: 'heard', address });
  }

  /** Lets time pass until this moment. */
  until(ms: number): void {
    while (this.#wakeAtMs <= ms) {
      this.nowMs = this.#wakeAtMs;
      this.feed({ kind: 'wake' });
    }
    this.nowMs = ms;
  }

  /** The moments of one kind of thing that was done. */
  times(kind: string): number[] {
    return this.done
      .filter((each) => each.startsWith(`${kind} `))
      .map((each) => Number(each.split(' ')[1]));
  }
}

function begun(random?: number): Search {
  const search = new Search(random);
  search.feed({ kind: 'up' });
  return search;
}

describe('routers', () => {
  test('are asked at once, after 4 seconds, and then half as often each time', () => {
    const search = begun();
    search.until(125_000);
    expect(search.times('ask')).toEqual([500, 4500, 12_500, 28_500, 60_500, 124_500]);
  });

  test('are asked once an hour in the end', () => {
    const search = begun();
    search.until(100 * 3_600_000);
    const times = search.times('ask');
    const [last = 0, before = 0] = [times.at(-1), times.at(-2)];
    expect(last - before).toBe(ROUTER_SEARCH.QUESTION_MAX_MS);
  });

  test('are told of us while the link is up: three times soon, then every 7.5 to 10 seconds', () => {
    const search = begun(0);
    search.until(21_000);
    expect(search.times('advertise')).toEqual([0, 3000, 6000, 13_500, 21_000]);
    search.feed({ kind: 'down' });
    search.until(100_000);
    expect(search.times('advertise')).toHaveLength(5);
  });
});

describe('the first that speaks', () => {
  test('is the router; nobody is asked any more, and it is told of us at once', () => {
    const search = begun(0);
    search.until(10_000);
    search.hear('fe80::2');
    search.until(10_001);
    expect(search.router).toBe('fe80::2');
    expect(search.times('advertise').at(-1)).toBe(10_000);
    search.until(1_000_000);
    expect(search.times('ask')).toEqual([0, 3600]);
  });

  test('is told of us no sooner than 3 seconds after the last time', () => {
    const search = begun();
    search.until(7000);
    search.hear('fe80::2');
    search.until(9000);
    expect(search.times('advertise')).toEqual([0, 3000, 6000, 9000]);
  });

  test('stays for as long as the link is up, and whatever it says again', () => {
    const search = begun();
    search.hear('fe80::2');
    search.until(1_000_000);
    search.hear('fe80::2');
    expect(search.times('router')).toEqual([0]);
    search.feed({ kind: 'down' });
    expect(search.router).toBeUndefined();
    search.feed({ kind: 'up' });
    search.hear('fe80::3');
    expect(search.router).toBe('fe80::3');
  });
});

describe('another that speaks', () => {
  test('takes the place of one that gives no answer', () => {
    const search = begun();
    search.hear('fe80::2');
    search.until(20_000);
    search.hear('fe80::3');
    expect(search.times('ask')).toEqual([20_000]);
    search.until(23_999);
    expect(search.router).toBe('fe80::2');
    search.until(24_000);
    expect(search.router).toBe('fe80::3');
  });

  test('changes nothing while the first one answers, and makes us ask once a minute', () => {
    const search = begun();
    search.hear('fe80::2');
    for (let ms = 10_000; ms < 130_000; ms += 2000) {
      search.until(ms);
      search.hear('fe80::3');
      search.until(ms + 1000);
      search.hear('fe80::2');
    }
    expect(search.router).toBe('fe80::2');
    expect(search.times('ask')).toEqual([10_000, 72_000]);
  });
});

test('whatever happens, a search that is up wakes again, and one that is down never does', () => {
  const input = fc.oneof(
    fc.constantFrom<RouterSearchInput>({ kind: 'up' }, { kind: 'down' }, { kind: 'wake' }),
    fc
      .constantFrom('fe80::1', 'fe80::2', 'fe80::3')
      .map((address): RouterSearchInput => ({ kind: 'heard', address })),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(input, fc.nat(20_000))), (happenings) => {
      let state = NO_SEARCH;
      let [nowMs, atMs, isUp] = [0, Infinity, false];
      for (const [happening, later] of happenings) {
        // Nobody hears a link that is down.
        if (happening.kind === 'heard' && !isUp) continue;
        nowMs = happening.kind === 'wake' ? Math.max(nowMs, Math.min(atMs, 1e12)) : nowMs + later;
        const [next, effects] = routerSearchStep(state, happening, { nowMs, random: 0.5 });
        state = next;
        isUp = happening.kind === 'up' || (isUp && happening.kind !== 'down');
        for (const effect of effects) if (effect.kind === 'wake-at') atMs = effect.atMs;
        expect(atMs < Infinity).toBe(isUp);
      }
    }),
  );
});
