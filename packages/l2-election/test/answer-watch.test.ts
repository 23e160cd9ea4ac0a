import { beforeEach, describe, expect, test } from 'vitest';
import {
  type AnswerWatchEffect,
  type AnswerWatchInput,
  type AnswerWatchState,
  answerWatchRules,
  answerWatchStep,
  type ElectionState,
  type Entry,
  initialAnswerWatch,
  initialState,
  wiredTimings,
} from '../src/index.ts';
import { newAddress, newPeer } from '../src/election-state.ts';

const US = '0000000000000001';
const HOLDER = '0000000000000002';
const THIRD = '0000000000000003';
const ADDRESS = '192.0.2.1';
const V6 = '2001:db8::1';
const HOLDER_MAC = macOf(HOLDER);
const TERM = 4;

function macOf(node: string): string {
  return `02:00:00:00:00:0${node.slice(-1)}`;
}

let nowMs: number;
let macOfHolder: string;
let state: AnswerWatchState;
/** What each peer says of addresses. */
let said: Map<string, readonly Entry[]>;
let ours: Entry | undefined;
/** How long ago peers got a frame of ours. */
let ackedAgoMs: number;

beforeEach(() => {
  nowMs = 100_000;
  macOfHolder = HOLDER_MAC;
  state = initialAnswerWatch(nowMs);
  said = new Map([
    [HOLDER, [{ kind: 'hold', address: ADDRESS, term: TERM }]],
    [THIRD, []],
  ]);
  ours = undefined;
  ackedAgoMs = 50;
});

/** An election in which all hear each other at this moment. */
function election(): ElectionState {
  const begun = initialState({ node: US, boot: 1, timings: wiredTimings, nowMs: nowMs - 60_000 });
  const peers = new Map(
    Array.from(said, ([node, list]) => {
      const peer = newPeer(7, 0, 0);
      Object.assign(peer, {
        newest: 1000,
        evidence: 1000,
        mac: node === HOLDER ? macOfHolder : macOf(node),
        list,
        ageMs: 60_000,
      });
      Object.assign(peer, { evidenceAtMs: nowMs - 50, heardAtMs: nowMs - 50 });
      Object.assign(peer, { anchorMs: nowMs - 50, ackDirect: 900 });
      peer.ackDirectAtMs = nowMs - ackedAgoMs;
      peer.entries = new Map(list.map((entry) => [entry.address, [entry]]));
      return [node, peer];
    }),
  );
  const own = newAddress();
  if (ours !== undefined) Object.assign(own, { mode: 'hold', term: ours.term, candidacy: {} });
  return { ...begun, peers, addresses: new Map([[ADDRESS, own]]) };
}

type Fed = AnswerWatchInput extends infer One
  ? One extends AnswerWatchInput
    ? Omit<One, 'nowMs' | 'election'>
    : never
  : never;

function feed(input: Fed): readonly AnswerWatchEffect[] {
  const [next, effects] = answerWatchStep(state, {
    ...input,
    nowMs,
    election: election(),
  });
  state = next;
  return effects;
}

/** Looks at each wake-up until the next question; gives how long that took and what else was said. */
function untilAsked(limitMs: number = 60_000): { afterMs: number; others: AnswerWatchEffect[] } {
  const startMs = nowMs;
  const others: AnswerWatchEffect[] = [];
  while (nowMs - startMs <= limitMs) {
    const effects = feed({ kind: 'look' });
    others.push(...effects.filter(({ kind }) => kind !== 'ask'));
    if (effects.some(({ kind }) => kind === 'ask')) return { afterMs: nowMs - startMs, others };
    nowMs = state.wakeAtMs;
  }
  return { afterMs: Infinity, others };
}

/** The next question, answered like this after its wait. */
function ask(macs: readonly string[] | undefined, address: string = ADDRESS): AnswerWatchEffect[] {
  const { others } = untilAsked();
  nowMs += answerWatchRules.againMs;
  const effects = feed({ kind: 'heard', address, macs });
  // An asked address may be asked again within the same step.
  const again = effects.some(({ kind }) => kind === 'ask');
  if (again) state = { ...state, watched: unask(state, address), askedAtMs: -Infinity };
  return [...others, ...effects.filter(({ kind }) => kind !== 'ask')];
}

function unask(from: AnswerWatchState, address: string): AnswerWatchState['watched'] {
  const hold = from.watched.get(address);
  return hold === undefined
    ? from.watched
    : new Map(from.watched).set(address, { ...hold, asked: false });
}

function askInVain(times: number, address: string = ADDRESS): AnswerWatchEffect[] {
  return Array.from({ length: times }, () => ask([], address)).flat();
}

const kinds = (effects: readonly AnswerWatchEffect[]): string[] => [
  ...new Set(effects.map(({ kind }) => kind).filter((kind) => kind !== 'counted')),
];

describe('who asks', () => {
  test('waits for two seconds and its turn, and then asks every 10 s for each other node that could', () => {
    const { afterMs } = untilAsked();
    expect(afterMs).toBeGreaterThanOrEqual(2000);
    expect(afterMs).toBeLessThanOrEqual(22_000);
    nowMs += 250;
    expect(feed({ kind: 'heard', address: ADDRESS, macs: [HOLDER_MAC] })).toEqual([
      { kind: 'counted', outcome: 'right' },
    ]);
    expect(untilAsked().afterMs).toBe(20_000);
  });

  test('asks for nothing that nobody holds, that it holds itself, or that a node holds which does not hear it', () => {
    said.set(HOLDER, [{ kind: 'claim', address: ADDRESS, term: 1 }]);
    ours = { kind: 'hold', address: ADDRESS, term: TERM };
    expect(untilAsked().afterMs).toBe(Infinity);
  });

  test('asks anew, from nothing, when another holds it or under another term', () => {
    askInVain(5);
    expect(state.watched.get(ADDRESS)?.misses).toBe(5);
    said.set(HOLDER, [{ kind: 'hold', address: ADDRESS, term: TERM + 2 }]);
    nowMs += 1000;
    feed({ kind: 'look' });
    expect(state.watched.get(ADDRESS)).toMatchObject({ term: TERM + 2, misses: 0 });
  });

  test('takes no answer of the interface that the holder had before for a stranger’s', () => {
    untilAsked();
    macOfHolder = '02:00:00:00:00:22';
    nowMs += 250;
    expect(kinds(feed({ kind: 'heard', address: ADDRESS, macs: [HOLDER_MAC] }))).toEqual([]);
    nowMs += 1000;
    feed({ kind: 'look' });
    expect(state.watched.get(ADDRESS)).toMatchObject({ mac: macOfHolder, asked: false });
  });

  test('counts nothing where it could not ask, or the answer is to a question of before', () => {
    expect(ask(undefined)).toEqual([]);
    expect(feed({ kind: 'heard', address: ADDRESS, macs: [] })).toEqual([]);
    expect(state.watched.get(ADDRESS)?.misses).toBe(0);
  });
});

describe('who gets no answer from anybody', () => {
  test('goes back to its usual pace after twenty questions', () => {
    askInVain(answerWatchRules.missesMin);
    expect(untilAsked().afterMs).toBeGreaterThan(answerWatchRules.askEveryMs);
  });

  test('asks machines that certainly answer once a second at most, for however many addresses', () => {
    const addresses = Array.from({ length: 20 }, (_, index) => `192.0.2.${index + 1}`);
    said.set(
      HOLDER,
      addresses.map((address): Entry => ({ kind: 'hold', address, term: TERM })),
    );
    const controls: number[] = [];
    const waiting: { address: string; atMs: number }[] = [];
    for (const endMs = nowMs + 90_000; nowMs < endMs; nowMs += 10) {
      const due = waiting.findIndex(({ atMs }) => atMs <= nowMs);
      const [heard] = due < 0 ? [] : waiting.splice(due, 1);
      const effects = heard
        ? feed({ kind: 'heard', address: heard.address, macs: [] })
        : feed({ kind: 'look' });
      for (const effect of effects) {
        if (effect.kind === 'ask') {
          waiting.push({ address: effect.address, atMs: nowMs + effect.waitMs });
        } else if (effect.kind === 'control') controls.push(nowMs);
      }
    }
    expect(controls.length).toBeGreaterThan(10);
    expect(controls.every((atMs, index) => atMs - (controls[index - 1] ?? 0) >= 1000)).toBe(true);
  });
});

describe('a holder that does not answer', () => {
  test('is said to be silent after twenty questions in a row, if anybody answered meanwhile', () => {
    expect(kinds(askInVain(12))).toEqual(['control']);
    feed({ kind: 'control-heard', family: 4 });
    expect(kinds(askInVain(7))).toEqual([]);
    const effects = ask([]);
    expect(effects).toContainEqual({
      kind: 'fault',
      fault: 'silent',
      address: ADDRESS,
      node: HOLDER,
      mac: HOLDER_MAC,
      now: true,
      isTeller: true,
    });
    expect(effects).toContainEqual({
      kind: 'report',
      report: {
        node: US,
        boot: 1,
        seq: 0,
        holder: HOLDER,
        holds: [{ address: ADDRESS, term: TERM }],
      },
    });
  });

  test('is not, as long as no machine answers anything: an answer over the other family proves nothing', () => {
    feed({ kind: 'control-heard', family: 4 });
    nowMs += 1000;
    askInVain(12);
    feed({ kind: 'control-heard', family: 6 });
    expect(kinds(askInVain(12))).toEqual(['control']);
  });

  test('is not where heartbeats do not arrive either', () => {
    ackedAgoMs = 600;
    feed({ kind: 'control-heard', family: 4 });
    expect(kinds(askInVain(30))).toEqual([]);
    expect(state.watched.get(ADDRESS)?.misses).toBe(0);
  });

  test('begins anew with each answer', () => {
    askInVain(19);
    ask([HOLDER_MAC]);
    feed({ kind: 'control-heard', family: 4 });
    expect(kinds(askInVain(19))).not.toContain('fault');
  });

  test('is reported every second until it answers, and that is told too', () => {
    askInVain(12);
    feed({ kind: 'control-heard', family: 4 });
    askInVain(8);
    nowMs += 1000;
    expect(kinds(feed({ kind: 'look' }))).toContain('report');
    const over = ask([HOLDER_MAC]);
    expect(over).toContainEqual(expect.objectContaining({ fault: 'silent', now: false }));
    nowMs += 5000;
    expect(kinds(feed({ kind: 'look' }))).not.toContain('report');
  });

  test('is judged by the answers of the family in question', () => {
    said.set(HOLDER, [{ kind: 'hold', address: V6, term: TERM }]);
    askInVain(12, V6);
    feed({ kind: 'control-heard', family: 6 });
    expect(kinds(askInVain(8, V6))).toContain('report');
  });
});

describe('other answers', () => {
  const strayMac = macOf(THIRD);

  test('of a speaker that does not hold it count from the second on, until three in a row lack them', () => {
    expect(kinds(ask([HOLDER_MAC, strayMac]))).toEqual([]);
    const found = ask([HOLDER_MAC, strayMac]);
    expect(found).toContainEqual(
      expect.objectContaining({ fault: 'answers-too', node: THIRD, mac: strayMac, now: true }),
    );
    expect(kinds([...ask([HOLDER_MAC]), ...ask([HOLDER_MAC])])).toEqual([]);
    expect(ask([HOLDER_MAC])).toContainEqual(
      expect.objectContaining({ fault: 'answers-too', node: THIRD, now: false }),
    );
  });

  test('of a machine that is no speaker are a conflict, each time', () => {
    const foreign = { kind: 'foreign', address: ADDRESS, mac: '02:00:00:00:00:66' };
    expect(ask([HOLDER_MAC, foreign.mac])).toContainEqual(foreign);
    expect(ask([foreign.mac])).toContainEqual(foreign);
  });

  test('are told to people by the first of those that could', () => {
    said.set('0000000000000000', []);
    ask([strayMac]);
    expect(ask([strayMac])).toContainEqual(
      expect.objectContaining({ fault: 'answers-too', isTeller: false }),
    );
  });
});

describe('a report', () => {
  const report = {
    node: THIRD,
    boot: 7,
    seq: 1000,
    holder: HOLDER,
    holds: [{ address: ADDRESS, term: TERM }],
  };

  test('of another is no proof: who hears it asks at once for itself', () => {
    feed({ kind: 'look' });
    expect(kinds(feed({ kind: 'report', report }))).toEqual(['ask']);
  });

  describe('about us', () => {
    const aboutUs = { ...report, holder: US };
    beforeEach(() => {
      said = new Map([
        [HOLDER, []],
        [THIRD, []],
      ]);
      ours = { kind: 'hold', address: ADDRESS, term: TERM };
    });
    const told = (by: string, more: object = {}): readonly AnswerWatchEffect[] =>
      feed({ kind: 'report', report: { ...aboutUs, node: by, ...more } });

    test('moves the address when more than half of the others say so', () => {
      expect(kinds(told(THIRD))).toEqual([]);
      expect(kinds(told(THIRD))).toEqual([]);
      expect(told(HOLDER)).toEqual([
        { kind: 'set-aside', address: ADDRESS, tellers: 2, others: 2, except: [] },
      ]);
    });

    test('counts for three seconds', () => {
      told(THIRD);
      nowMs += 3001;
      expect(kinds(told(HOLDER))).toEqual([]);
    });

    test.each([
      ['of another boot of the reporter', { boot: 8 }],
      ['that is a recording', { seq: 900 }],
      ['about a hold of another term', { holds: [{ address: ADDRESS, term: TERM - 1 }] }],
      ['about what we do not hold', { holds: [{ address: '192.0.2.9', term: TERM }] }],
      ['of a node that we do not know', { node: '00000000000000ff' }],
    ])('changes nothing if it is one %s', (_what, more) => {
      told(HOLDER);
      expect(kinds(told(THIRD, more))).toEqual([]);
    });

    test('moves nothing to nodes that are said to be silent themselves, and says once that it stays', () => {
      ours = undefined;
      said.set(HOLDER, [{ kind: 'hold', address: ADDRESS, term: 2 }]);
      feed({ kind: 'look' });
      const before = { ...report, holds: [{ address: ADDRESS, term: 2 }] };
      feed({ kind: 'report', report: before });
      said.set(HOLDER, []);
      ours = { kind: 'hold', address: ADDRESS, term: TERM };
      told(THIRD);
      const moved = told(HOLDER);
      expect(moved).toContainEqual(
        expect.objectContaining({ kind: 'set-aside', except: [HOLDER] }),
      );
      said.delete(THIRD);
      nowMs += 10_000;
      const kept = { kind: 'kept', address: ADDRESS, tellers: 1, others: 1 };
      expect(told(HOLDER)).toContainEqual(kept);
      nowMs += 1000;
      expect(kinds(told(HOLDER))).not.toContain('kept');
    });

    test('makes us stand aside for five minutes, or until no other is there', () => {
      told(THIRD);
      told(HOLDER);
      ours = undefined;
      nowMs += 299_000;
      expect(kinds(feed({ kind: 'look' }))).not.toContain('back');
      nowMs += 1000;
      expect(feed({ kind: 'look' })).toContainEqual({ kind: 'back', address: ADDRESS });
      ours = { kind: 'hold', address: ADDRESS, term: TERM };
      nowMs += 1000;
      told(THIRD);
      told(HOLDER);
      ours = undefined;
      said.clear();
      nowMs += 1000;
      expect(feed({ kind: 'look' })).toContainEqual({ kind: 'back', address: ADDRESS });
    });

    test('is forgotten when we may not answer any more', () => {
      told(THIRD);
      told(HOLDER);
      feed({ kind: 'resigned', address: ADDRESS });
      nowMs += 300_000;
      expect(kinds(feed({ kind: 'look' }))).toEqual([]);
    });
  });
});
